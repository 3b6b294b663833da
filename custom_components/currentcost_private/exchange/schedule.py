"""How a plan cuts time: into windows, one report each, and these into parts.

Windows are of a fixed length and aligned to UTC, or they are the days or months of a
time zone, so that every household and its provider cut at the same instants without
telling each other. All times are UTC seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from .errors import PlanError
from .window import Window, WindowKind

DAY: Final = 86_400
HOUR: Final = 3600
SHORTEST: Final = 10
_DAYS_OF_A_MONTH: Final = 365.2425 / 12
_HALF_A_YEAR: Final = 182 * DAY


class Period(StrEnum):
    """A window that a calendar cuts."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Windows and their parts.

    Attributes:
        window: a window's length in seconds, which divides a day; or a period.
        part: seconds of the parts that a window is measured in; divides the window,
            of a period an hour.
        zone: the IANA time zone of periods and of hours of the day.
    """

    window: int | Period
    part: int
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what can't be cut.

        Raises:
            PlanError: a value is out of its bounds; says which.
        """
        if type(self.part) is not int or type(self.zone) is not str:
            raise PlanError("the schedule's values are of the wrong types")
        if isinstance(self.window, Period):
            whole = HOUR
        elif type(self.window) is int and SHORTEST <= self.window <= DAY:
            whole = self.window
        else:
            raise PlanError("the plan's window can't be accepted")
        if whole == self.window and DAY % whole:
            raise PlanError("the plan's window does not divide a day")
        if not SHORTEST <= self.part <= whole or whole % self.part:
            raise PlanError("the parts do not divide the plan's window")
        _ = self.tzinfo

    @cached_property
    def tzinfo(self) -> ZoneInfo:
        """The time zone; raise PlanError if there is none of this name.

        Names such as `localtime` are no zones: they differ from machine to machine.
        """
        area, _, place = self.zone.partition("/")
        if self.zone != "UTC" and (not place or area in {"posix", "right"}):
            raise PlanError(f"there is no time zone {self.zone[:64]!r}")
        try:
            return ZoneInfo(self.zone)
        except (OSError, LookupError, ValueError) as err:
            raise PlanError(f"there is no time zone {self.zone[:64]!r}") from err

    @property
    def windows_a_day(self) -> float:
        """How many windows end in a day; of months the mean."""
        match self.window:
            case Period.DAY:
                return 1
            case Period.MONTH:
                return 1 / _DAYS_OF_A_MONTH
            case seconds:
                return DAY / seconds

    @property
    def longest(self) -> int:
        """Seconds of the longest window."""
        match self.window:
            case Period.DAY:
                return 25 * HOUR
            case Period.MONTH:
                return 31 * DAY + HOUR
            case seconds:
                return seconds

    def window_at(self, time: float) -> Window:
        """Return the window around a time; one on a boundary starts there."""
        if not isinstance(self.window, Period):
            start = int(time // self.window) * self.window
            return Window(WindowKind.INTERVAL, start, start + self.window)
        first = datetime.fromtimestamp(time, self.tzinfo).date()
        following = first + timedelta(days=1)
        if self.window is Period.MONTH:
            first = first.replace(day=1)
            following = (first + timedelta(days=31)).replace(day=1)
        return Window(
            WindowKind.PERIOD, self._midnight(first), self._midnight(following)
        )

    def windows(self, *, since: float, until: float) -> Iterator[Window]:
        """Yield the windows that lie whole within `since` and `until`."""
        window = self.window_at(since)
        if window.start < since:
            window = self.window_at(window.end)
        while window.end <= until:
            yield window
            window = self.window_at(window.end)

    def is_aligned(self, start: int, end: int) -> bool:
        """Return whether windows between two times are cut into whole parts.

        A zone that is half an hour beside UTC has days that begin within an hour of
        UTC. Looked at in summer and in winter.
        """
        halves = (start, min(start + _HALF_A_YEAR, end - 1))
        edges = [edge for time in halves for edge in self._edges(time)]
        return all(edge % self.part == 0 for edge in edges)

    def _edges(self, time: int) -> tuple[int, int]:
        window = self.window_at(time)
        return window.start, window.end

    def document(self) -> dict[str, Any]:
        """Return what stands in a plan's text."""
        return {"window": self.window, "part": self.part, "zone": self.zone}

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Schedule:
        """Read what `document` returns; raise LookupError, PlanError or ValueError."""
        window = document["window"]
        return cls(
            window=Period(window) if isinstance(window, str) else window,
            part=document["part"],
            zone=document["zone"],
        )

    def _midnight(self, day: date) -> int:
        return int(
            datetime(day.year, day.month, day.day, tzinfo=self.tzinfo).timestamp()
        )
