"""Times functions and describes the machine they ran on."""

from collections.abc import Callable
import os
from pathlib import Path
import platform
import statistics
from time import perf_counter


def median_time(function: Callable[[], object], *, runs: int) -> tuple[float, float]:
    """Return the median and the 90th percentile of the run times, in seconds."""
    for _ in range(max(3, runs // 20)):
        function()
    times = []
    for _ in range(runs):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return statistics.median(times), statistics.quantiles(times, n=10)[-1]


def machine() -> str:
    """Return processor, cores and Python in one line."""
    processor = platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"
