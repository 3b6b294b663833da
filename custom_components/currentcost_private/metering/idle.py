"""What always runs, and what runs when nobody should be using anything.

**Base load** of a day: of each of the 14 days that end with it, the hour with the lowest
energy; the median of these. One night with a guest, or one hour in which the meter was
lost, doesn't move it.

**Left on**: the energy above the base load in quiet hours, which are those in which the
home sleeps or is empty. A fridge comes and goes, so an hour counts only when it is above
the base load by a half of it and by 50 Wh; then all that is above the base load counts.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from statistics import median
from typing import Final

from .days import Day, local_days
from .week import MINUTES_OF_WEEK, day_of, minute_of_week

DAYS: Final = 14
LEAST_DAYS: Final = 3
MARGIN: Final = 0.5
LEAST_MARGIN: Final = 0.05
"""kWh in an hour."""


def base_load(days: Sequence[Day]) -> float | None:
    """Return the base load (kWh in an hour) at the end of the days, None if unknown.

    Unknown with fewer than three days that have their hours, and where half of the days
    have an hour without any energy: such a meter counts in steps that are too coarse.
    """
    lowest = [
        min(day.hours.values())
        for day in days[-DAYS:]
        if day.total is not None and not day.flat
    ]
    if len(lowest) < LEAST_DAYS:
        return None
    return median(lowest) or None


class Idle:
    """What the hours (kWh by their start, UTC seconds) tell about quiet times."""

    def __init__(
        self, hours: Mapping[int, float], quiet: frozenset[int], *, zone: tzinfo
    ) -> None:
        """Take all hours that are known, and the minutes of the week that are quiet."""
        self._hours = hours
        self._quiet = quiet
        self._zone = zone

    def left_on(self, start: int, end: int) -> float | None:
        """Return the energy (kWh) left on from `start` to `end`, None if unknown.

        Unknown as long as the base load of each of the days is.
        """
        zone = self._zone
        first, last = day_of(start, zone), day_of(end - 1, zone) + 1
        days = local_days(self._hours, first=first - DAYS, last=last, zone=zone)
        bases = {
            day: base_load(days[: day - first + DAYS + 1]) for day in range(first, last)
        }
        if not any(bases.values()):
            return None
        return sum(
            _above(energy, base)
            for hour, energy in self._hours.items()
            if start <= hour < end
            and (base := bases[day_of(hour, zone)]) is not None
            and self._is_quiet(hour)
        )

    def _is_quiet(self, hour: int) -> bool:
        """Return whether all of an hour is quiet."""
        first = minute_of_week(hour, self._zone)
        return all(
            (first + minute) % MINUTES_OF_WEEK in self._quiet for minute in range(60)
        )


def _above(energy: float, base: float) -> float:
    """Return what counts of an hour's energy."""
    above = energy - base
    return above if above >= max(MARGIN * base, LEAST_MARGIN) else 0.0
