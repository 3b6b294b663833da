"""How wrong the forecast of a bill is, and how often its range holds the real bill.

`python -m benchmarks.forecast FOLDER_OR_FILE ...` goes through each month of each file
as if it were a bill: at day 5, 10, 15 and 20 the forecast sees the hours before that day
and nothing else. Beside it stands the naive "so far / days x length". A bill with a tenth
of its hours unknown or more is left out.

Months of one house are few, so each billing day from 1 to 28 is tried as well; these
bills overlap and count for less than their number. Simulated households come on top
(`--simulated 0` leaves them out).
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Final

from currentcost_metering import HISTORY
from currentcost_metering.forecast import forecast
from currentcost_metering.tariff import Bill, bill_at

from .households import HOUR, Hours, read, simulate
from .timing import machine, median_time

DAY: Final = 86_400
TOLD_AT: Final = (5, 10, 15, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A forecast and what became of it; all as parts of the real bill."""

    day: int
    forecast: float
    naive: float
    range: tuple[float, float] | None


def main() -> None:
    """Go through the files and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER_OR_FILE")
    parser.add_argument("--simulated", type=int, default=20)
    options = parser.parse_args()
    houses = {path.name: read(path) for path in sorted(_files(options.paths))}
    simulated = [simulate(seed) for seed in range(options.simulated)]
    _print(
        "Calendar months", [told for hours in houses.values() for told in tell(hours)]
    )
    for name, hours in houses.items():
        _print(f"{name}, calendar months", list(tell(hours)))
    every_day = {
        name: [told for day in range(1, 29) for told in tell(hours, billing_day=day)]
        for name, hours in houses.items()
    }
    for name, told in every_day.items():
        _print(f"{name}, each billing day", told)
    _print("All files, each billing day", list(chain(*every_day.values())))
    if simulated:
        _print(
            f"{len(simulated)} simulated households, calendar months",
            [told for hours in simulated for told in tell(hours)],
        )
    _print_time()


def tell(hours: Hours, *, billing_day: int = 1) -> Iterator[Told]:
    """Yield what was told of each bill of a house."""
    time = min(hours)
    while (bill := bill_at(time, billing_day=billing_day, zone=UTC)).start <= max(
        hours
    ):
        yield from _tell(hours, bill)
        time = bill.end


def _tell(hours: Hours, bill: Bill) -> Iterator[Told]:
    real = _amount(hours, bill.start, bill.end)
    if real is None:
        return
    for day in TOLD_AT:
        now = bill.start + day * DAY
        so_far = _amount(hours, bill.start, now)
        known = {hour: energy for hour, energy in hours.items() if hour < now}
        found = forecast(known, now=now, end=bill.end, zone=UTC)
        if so_far is None or found is None:
            continue
        rest = sum(found.hours.values())
        yield Told(
            day=day,
            forecast=(so_far + rest) / real,
            naive=so_far / day * bill.days / real,
            range=found.factors
            and (
                (so_far + rest * found.factors[0]) / real,
                (so_far + rest * found.factors[1]) / real,
            ),
        )


def _amount(hours: Hours, start: int, end: int) -> float | None:
    """Return the energy of a stretch, its unknown hours being like the others."""
    known = [hours[hour] for hour in range(start, end, HOUR) if hour in hours]
    length = (end - start) // HOUR
    return None if len(known) <= 0.9 * length else fmean(known) * length


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from path.glob("*_1min_*.csv.gz")
            yield from path.glob("*twohourly*.csv")
        else:
            yield path


def _print_time() -> None:
    """Print how long one forecast takes."""
    hours = simulate(0, days=HISTORY // DAY)
    now = max(hours) + HOUR
    median, _ = median_time(
        lambda: forecast(hours, now=now, end=now + 25 * DAY, zone=UTC), runs=20
    )
    print(
        f"\nOne forecast from {len(hours)} hours: {median * 1000:.0f} ms, {machine()}"
    )


def _print(title: str, told: list[Told]) -> None:
    print(f"\n{title}\n")
    print("| day | bills | naive | forecast | with a range | held | mean width |")
    print("|---|---|---|---|---|---|---|")
    for day in TOLD_AT:
        of_day = [item for item in told if item.day == day]
        if not of_day:
            continue
        ranges = [item.range for item in of_day if item.range]
        held = sum(low <= 1 <= high for low, high in ranges)
        print(
            f"| {day} | {len(of_day)}",
            f"{fmean(abs(item.naive - 1) for item in of_day):.1%}",
            f"{fmean(abs(item.forecast - 1) for item in of_day):.1%}",
            len(ranges),
            f"{held / len(ranges):.0%}" if ranges else "-",
            f"{fmean(high - low for low, high in ranges):.0%} |" if ranges else "- |",
            sep=" | ",
        )


if __name__ == "__main__":
    main()
