"""A world's machine in a container: its files, processes and repositories there, and what changed back in the world."""
