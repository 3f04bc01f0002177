"""Other packages doing the same work in the same process: run by ``make bench-peers``, see benchmarks/README.md."""
