"""Times functions and describes the machine they ran on."""

from collections.abc import Callable, Mapping
import gc
from importlib.metadata import version
import os
from pathlib import Path
import platform
import statistics
from time import perf_counter

from cryptography.hazmat.backends.openssl import backend


def median_time(function: Callable[[], object], *, runs: int) -> tuple[float, float]:
    """Return the median and the 90th percentile of the run times, in seconds."""
    times = times_of({"": function}, runs=runs)[""]
    return statistics.median(times), statistics.quantiles(times, n=10)[-1]


def times_of(
    functions: Mapping[str, Callable[[], object]],
    *,
    runs: int,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, list[float]]:
    """Return the run times of functions, in seconds; they take turns.

    So whatever else the machine does at a time, it does to all of them.
    """
    for function in functions.values():
        for _ in range(max(3, runs // 20)):
            function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            for name, function in functions.items():
                start = clock()
                function()
                times[name].append(clock() - start)
    finally:
        gc.enable()
    return times


def machine() -> str:
    """Return processor, cores and Python in one line."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def environment() -> dict[str, str]:
    """Return what figures depend on: machine and versions."""
    packages = ("cryptography", "PyNaCl", "numpy", "homeassistant")
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory()}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "OpenSSL": backend.openssl_version_text(),
        **{package: version(package) for package in packages},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 2**30:.0f} GiB"
