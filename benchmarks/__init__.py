"""Benchmarks: one subject per file, run together by ``python -m benchmarks``."""
