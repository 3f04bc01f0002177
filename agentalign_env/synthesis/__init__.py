"""Synthesis: making sets of instructions, and the quality control over them."""
