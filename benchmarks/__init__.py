"""What things cost, measured: `.venv/bin/python -m benchmarks.NAME`."""
