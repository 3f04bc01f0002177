"""The owner's computer beyond its files: git, containers, packages, processes, network and other machines."""
