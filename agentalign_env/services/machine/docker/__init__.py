"""Containers: images of a registry, those on the machine, and what runs."""
