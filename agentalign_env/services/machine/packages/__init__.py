"""Packages: registries to install from, and what is installed."""
