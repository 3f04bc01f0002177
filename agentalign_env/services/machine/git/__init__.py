"""Git: repositories whose pointers are files, commits and contents in tables, and hosts to clone from."""
