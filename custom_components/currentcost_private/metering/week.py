"""Times of the week by the local clock, to the minute."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

MINUTES_OF_DAY: Final = 1440
MINUTES_OF_WEEK: Final = 7 * MINUTES_OF_DAY
EVERY_DAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSpan:
    """From `start` to `end` (minutes after midnight) on some days, Monday being 0.

    A span that ends at or before its start goes past midnight, and belongs to the days
    on which it begins: equal times are 24 hours. Raises ValueError for other numbers.
    """

    start: int
    end: int
    days: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        """Check everything."""
        if not all(0 <= time < MINUTES_OF_DAY for time in (self.start, self.end)):
            raise ValueError("a time of day is 0 to 1439 minutes after midnight")
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError("days are some of 0 to 6")

    def minutes(self) -> frozenset[int]:
        """Return the minutes of the week, from Monday's midnight, that lie in it."""
        length = (self.end - self.start) % MINUTES_OF_DAY or MINUTES_OF_DAY
        return frozenset(
            (day * MINUTES_OF_DAY + self.start + minute) % MINUTES_OF_WEEK
            for day in self.days
            for minute in range(length)
        )


def minutes_of(spans: Iterable[WeekSpan]) -> frozenset[int]:
    """Return the minutes of the week that lie in any of the spans."""
    return frozenset().union(*(span.minutes() for span in spans))


def minute_of_week(time: int, zone: tzinfo) -> int:
    """Return the local minute of the week at `time` (UTC seconds)."""
    local = datetime.fromtimestamp(time, zone)
    return local.weekday() * MINUTES_OF_DAY + local.hour * 60 + local.minute


def midnight(day: int, zone: tzinfo) -> int:
    """Return when a local day (a proleptic Gregorian ordinal) begins, in UTC seconds.

    Where the clock skips midnight, the day begins at the time that comes after it.
    """
    return int(datetime.fromordinal(day).replace(tzinfo=zone).timestamp())


def day_of(time: int, zone: tzinfo) -> int:
    """Return the local day (a proleptic Gregorian ordinal) at `time` (UTC seconds)."""
    return datetime.fromtimestamp(time, zone).toordinal()
