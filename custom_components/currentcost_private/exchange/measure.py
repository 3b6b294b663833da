"""What a household measures in a window, and how it becomes its input."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
import math
from typing import Any, Final

from .errors import PlanError
from .schedule import HOUR, Period, Schedule

MAX_WIDTH: Final = 32
_HOURS: Final = 24
_WEEKDAYS: Final = 7
_DAYS: Final = 31
_MOST_NUMBERS: Final = 100


class Measure(StrEnum):
    """A number that says something of a stretch of time."""

    MEAN_POWER = "mean_power"
    LAST_POWER = "last_power"
    PEAK_POWER = "peak_power"
    ENERGY = "energy"

    @property
    def unit(self) -> str:
        """W for a power, Wh for an energy."""
        return "Wh" if self is Measure.ENERGY else "W"


class Take(StrEnum):
    """Which stretches of a window are measured."""

    WHOLE = "whole"
    """The whole window: one number."""
    EACH = "each"
    """Each part in turn; in a day, each that begins between two hours."""
    DAYS = "days"
    """Each day of a month in turn: the highest of its parts, 0 where there is none."""
    HIGHEST_DAYS = "highest_days"
    """The highest of these, the highest one first."""
    BANDS = "bands"
    """The parts of each price band together."""


@dataclass(frozen=True, kw_only=True)
class HouseholdInput:
    """Numbers that the household puts in.

    Attributes:
        name: a program's parameter; empty where there is no program.
        meaning: of the parameter, in words.
        measure: what is measured.
        width: bits of each number.
        take: of which stretches of the window.
        count: how many numbers these are.
        hours: of the day, local time, from the first to before the second; with EACH.
        bands: for each weekday from Monday on 24 digits, the price band of each hour,
            local time; with BANDS.
    """

    name: str = ""
    meaning: str = ""
    measure: Measure
    width: int
    take: Take = Take.WHOLE
    count: int = 1
    hours: tuple[int, int] | None = None
    bands: tuple[str, ...] | None = None

    def check(self, schedule: Schedule) -> None:
        """Refuse what the schedule's windows can't give.

        Raises:
            PlanError: says what is wrong.
        """
        if type(self.width) is not int or not 2 <= self.width <= MAX_WIDTH:
            raise PlanError("the width of a measure can't be accepted")
        if self.hours is not None and (
            self.take is not Take.EACH or not _are_hours(self.hours)
        ):
            raise PlanError("the hours of a measure can't be accepted")
        if (self.bands is not None) != (self.take is Take.BANDS):
            raise PlanError("price bands go with the measure that takes them")
        given = self._numbers(schedule)
        fewer = self.take is Take.HIGHEST_DAYS
        if not (1 <= self.count <= given if fewer else self.count == given) or (
            self.count > _MOST_NUMBERS
        ):
            raise PlanError(
                f"windows of this plan don't give {self.count} numbers of a measure"
            )

    def _numbers(self, schedule: Schedule) -> int:
        """Return how many numbers a window gives, 0 if none are taken in this way."""
        match self.take, schedule.window:
            case Take.WHOLE, _:
                return 1
            case Take.EACH, int(seconds) if self.hours is None:
                return seconds // schedule.part
            case Take.EACH, Period.DAY if self.hours is not None:
                return (self.hours[1] - self.hours[0]) * HOUR // schedule.part
            case Take.DAYS | Take.HIGHEST_DAYS, Period.MONTH:
                return _DAYS
            case Take.BANDS, _ if self.measure is Measure.ENERGY:
                return _bands(self.bands or ()) if HOUR % schedule.part == 0 else 0
        return 0

    def document(self) -> dict[str, Any]:
        """Return what a plan's text says of it; the count is the program's."""
        return {key: item for key, item in asdict(self).items() if key != "count"}

    @classmethod
    def of_document(cls, document: Mapping[str, Any], *, count: int) -> HouseholdInput:
        """Read what `document` returns; the program says how many numbers these are.

        Raises:
            LookupError, TypeError, ValueError: not such a document.
        """
        hours, bands = document["hours"], document["bands"]
        return cls(
            name=document["name"],
            meaning=document["meaning"],
            measure=Measure(document["measure"]),
            width=document["width"],
            take=Take(document["take"]),
            count=count,
            hours=None if hours is None else (hours[0], hours[1]),
            bands=None if bands is None else tuple(bands),
        )


def encode_measure(value: float, width: int) -> int:
    """Return a measure (W or Wh) as the household's input of `width` bits.

    Rounded half up. What is negative or above 2^width - 2 becomes 2^width - 1,
    which the policy of a range keeps above the last threshold: bucket 0.
    """
    outside = (1 << width) - 1
    if not math.isfinite(value):
        return outside
    rounded = math.floor(value + 0.5)
    return rounded if 0 <= rounded < outside else outside


def _are_hours(hours: tuple[int, int]) -> bool:
    first, last = hours
    return type(first) is type(last) is int and 0 <= first < last <= _HOURS


def _bands(bands: tuple[str, ...]) -> int:
    """Return how many price bands there are; raise PlanError if it is no table."""
    if len(bands) != _WEEKDAYS or not all(
        type(day) is str and len(day) == _HOURS and day.isascii() and day.isdigit()
        for day in bands
    ):
        raise PlanError("price bands are 24 digits for each of 7 weekdays")
    return 1 + max(int(digit) for day in bands for digit in day)
