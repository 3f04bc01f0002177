"""Processes and the units that start them."""
