"""Hours of energy as local days, with a mark on those whose hours nobody measured.

A store may hold a day, or a month, as equal hours: the meter's own history is as coarse
as that, and so is what came out of an outage. Such days are *flat*. One flat day among
others is an outage and counts as unknown; days in a row that are the same to the last
digit are *coarse*: their level is right, and their differences are missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from math import isclose
from typing import Final

from .week import midnight

# Less than this part of a day's hours doesn't tell the day.
ENOUGH: Final = 0.75
# Fewer equal days in a row than these may be what was measured.
RUN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day (a proleptic Gregorian ordinal)."""

    ordinal: int

    total: float | None = None
    """What the whole day has; its unknown hours are taken to be like the others."""

    hours: Mapping[int, float]
    """By local hour: the mean where the clock showed one twice."""

    flat: bool = False
    coarse: bool = False

    @property
    def weekday(self) -> int:
        """0 to 6, Monday being 0."""
        return (self.ordinal + 6) % 7


def local_days(
    hours: Mapping[int, float], *, first: int, last: int, zone: tzinfo
) -> list[Day]:
    """Return the local days from `first` to `last`, without `last`.

    `hours` are amounts by the start of their hour (UTC seconds); what is not there is
    unknown.
    """
    by_day: dict[int, list[tuple[int, float]]] = {}
    for hour, value in hours.items():
        local = datetime.fromtimestamp(hour, zone)
        by_day.setdefault(local.toordinal(), []).append((local.hour, value))
    days = [_day(number, by_day.get(number, []), zone) for number in range(first, last)]
    return _marked(days)


def _day(ordinal: int, values: Sequence[tuple[int, float]], zone: tzinfo) -> Day:
    length = (midnight(ordinal + 1, zone) - midnight(ordinal, zone)) / 3600
    by_hour: dict[int, list[float]] = {}
    for hour, value in values:
        by_hour.setdefault(hour, []).append(value)
    hours = {hour: sum(found) / len(found) for hour, found in by_hour.items()}
    if not values or len(values) < ENOUGH * length:
        return Day(ordinal=ordinal, hours=hours)
    amounts = [value for _, value in values]
    total = sum(amounts) / len(amounts) * length
    flat = total > 0 and isclose(min(amounts), max(amounts), rel_tol=1e-9)
    return Day(ordinal=ordinal, total=total, hours=hours, flat=flat)


def _marked(days: Sequence[Day]) -> list[Day]:
    """Return the days with the coarse ones marked, and outages without a total."""
    marked: list[Day] = []
    for flat, group in groupby(days, key=lambda day: day.flat):
        run = list(group)
        if not flat:
            marked.extend(run)
        elif len(run) == 1 and 0 < len(marked) < len(days) - 1:
            marked.append(Day(ordinal=run[0].ordinal, hours={}))
        else:
            for _, same in groupby(run, key=_level):
                equal = list(same)
                marked.extend(
                    _coarse(day) if len(equal) >= RUN else day for day in equal
                )
    return marked


def _level(day: Day) -> str:
    """Return a flat day's hourly amount, to the digits that sums keep."""
    return f"{next(iter(day.hours.values())):.9g}"


def _coarse(day: Day) -> Day:
    return Day(
        ordinal=day.ordinal, total=day.total, hours=day.hours, flat=True, coarse=True
    )
