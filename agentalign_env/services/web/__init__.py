"""Web: pages to search and read, and the servers that answer HTTP requests."""
