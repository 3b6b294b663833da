"""A day compressed: a home, its meter and its provider, and all that goes wrong.

A real Home Assistant, the simulated meter on a pseudo-terminal and the provider's
service run as processes on a clock that is faster than the real one; cables are pulled,
networks cut, processes killed, clocks set, disks filled, on a schedule that a seed
chooses. At the end every window has to be accounted for, once, the same on both sides,
and nothing may have grown.

    python -m benchmarks.soak [--hours 24] [--speed 60] [--seed 1] [--folder build/soak]

It needs a C compiler (see `fast_clock.c`) and the Home Assistant of `script/setup`.
"""

import argparse
from pathlib import Path
import sys

from demo.errors import DemoError

from .day import run_day
from .report import Day, write_report


def main() -> int:
    """Run a day and return the exit status: 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description="A day compressed, with faults."
    )
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--speed", type=float, default=60.0, help="times the real one")
    parser.add_argument("--seed", type=int, default=1, help="chooses the faults")
    parser.add_argument("--window", type=int, default=300, help="seconds")
    parser.add_argument("--folder", type=Path, default=Path("build/soak"))
    options = vars(parser.parse_args())
    folder = options.pop("folder")
    status = 1
    try:
        found = run_day(Day(**options), folder)
    except* DemoError as errors:
        print(*errors.exceptions, sep="\n", file=sys.stderr)
    else:
        print(write_report(found))
        status = 1 if found.broken else 0
    return status


if __name__ == "__main__":
    sys.exit(main())
