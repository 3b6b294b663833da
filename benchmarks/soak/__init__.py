"""A day compressed, with all that goes wrong: `python -m benchmarks.soak`."""
