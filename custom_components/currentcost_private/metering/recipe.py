"""Recipes: which numbers a program is given of a window that is cut into parts.

A part is a stretch of the window, of the same length as all others and aligned to UTC.
It belongs to the local day and the local hour in which it starts; on the days when the
clocks change, an hour of the clock may have no parts, or twice as many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from string import digits
from typing import Final
from zoneinfo import ZoneInfo

from .samples import Sums


class Quantity(StrEnum):
    """What is measured of a stretch of time; the values are properties of `Sums`."""

    MEAN_POWER = "mean_power"
    LAST_POWER = "last_power"
    PEAK_POWER = "peak_power"
    ENERGY = "energy"

    def of(self, sums: Sums) -> float | None:
        """Return the quantity in W or Wh, None if too little is covered."""
        value: float | None = getattr(sums, self)
        return value


class Take(StrEnum):
    """How the numbers of a window come from its parts."""

    WHOLE = "whole"
    """One number, of the window as a whole."""

    EACH = "each"
    """The number of each part in turn, in certain hours or all; none may be missing."""

    DAYS = "days"
    """Each local day's highest number in turn, 0 for a day that has none."""

    HIGHEST_DAYS = "highest_days"
    """The highest of the days' numbers, highest first."""

    BANDS = "bands"
    """The energy in each price band; what a gap hid is not guessed."""


# The most numbers there may be: for EACH, the quarters of a day of 25 hours.
MOST: Final[Mapping[Take, int]] = {
    Take.WHOLE: 1,
    Take.EACH: 100,
    Take.DAYS: 31,
    Take.HIGHEST_DAYS: 31,
    Take.BANDS: len(digits),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How `count` numbers, in W or Wh, are taken from a window.

    `hours` keeps EACH to the parts that start in the local hours `first` to `last`,
    without `last`. `bands` holds the seven days of a week from Monday, each a string of
    24 digits: the index of each local hour's band. Whatever goes by the clock needs a
    `zone`. Raises ValueError for what makes no sense together.
    """

    quantity: Quantity
    take: Take
    count: int
    zone: ZoneInfo | None = None
    hours: tuple[int, int] | None = None
    bands: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check everything."""
        if not 1 <= self.count <= MOST[self.take]:
            raise ValueError(f"{self.take} takes 1 to {MOST[self.take]} numbers")
        by_clock = self.take in {Take.DAYS, Take.HIGHEST_DAYS, Take.BANDS}
        if self.zone is None and (by_clock or self.hours is not None):
            raise ValueError("days and hours are those of a time zone")
        if self.hours is not None:
            if self.take is not Take.EACH:
                raise ValueError(f"{self.take} does not go by hours")
            first, last = self.hours
            if not 0 <= first < last <= 24:
                raise ValueError("hours are two of 0 to 24, the first before the last")
        if (self.bands is not None) != (self.take is Take.BANDS):
            raise ValueError("price bands are for the take of that name")
        if self.bands is not None:
            if self.quantity is not Quantity.ENERGY:
                raise ValueError("only energy adds up")
            if [len(day) for day in self.bands] != [24] * 7:
                raise ValueError("price bands are those of seven days of 24 hours")
            if not set().union(*self.bands) <= set(digits[: self.count]):
                raise ValueError(f"price bands are digits below {self.count}")

    def needs(self, start: int) -> bool:
        """Return whether the part at `start` (UTC s) lies in the hours, if any."""
        if self.hours is None:
            return True
        first, last = self.hours
        return first <= self._local(start).hour < last

    def band(self, start: int) -> int:
        """Return the band of the part at `start` (UTC s); raise ValueError if none."""
        if self.bands is None:
            raise ValueError("a recipe without price bands")
        time = self._local(start)
        return int(self.bands[time.weekday()][time.hour])

    def day(self, time: int) -> int:
        """Return the number of the local day around `time` (UTC s), counted from 1."""
        return self._local(time).toordinal()

    def _local(self, time: int) -> datetime:
        return datetime.fromtimestamp(time, self.zone)
