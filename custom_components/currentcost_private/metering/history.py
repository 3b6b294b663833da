"""What a display remembers, as bins of energy on the UTC time line.

A display's history comes in parts, each of which counts its bins back from the moment
at which it was sent. Here each part is placed by the display's clock, and what was heard
before stays: so parts may come in any order, twice, or not at all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Self

from .history_clock import DAY, HOUR, MeterClock

# A clock that is corrected moves the ends of bins by some minutes at most.
SAME: Final = 900.0
MOST_VOTES: Final = 3


class Grain(StrEnum):
    """How long a bin is; the finest comes first."""

    TWO_HOURLY = "two_hourly"
    DAILY = "daily"
    MONTHLY = "monthly"
    """30 days, whatever the calendar says."""

    @property
    def hours(self) -> int:
        """The length of a bin."""
        return _HOURS[self]


_HOURS: Final = {Grain.TWO_HOURLY: 2, Grain.DAILY: 24, Grain.MONTHLY: 720}

CAPACITY: Final = {Grain.TWO_HOURLY: 372, Grain.DAILY: 90, Grain.MONTHLY: 84}
"""Bins that a display keeps: 31 days, 90 days, 84 times 30 days."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of a part."""

    sensor: int
    grain: Grain
    index: int
    """As it was sent: 4, 6, ... for two hours; 1, 2, ... for the others."""
    energy: float
    """kWh; negative where the display's memory overflowed."""


@dataclass(slots=True)
class Bin:
    """Energy between two moments in UTC seconds."""

    start: float
    end: float
    energy: float
    """kWh, as it was sent."""
    votes: int = 1
    """How often it was heard, less what spoke against it; 0: nobody knows."""

    def is_same(self, other: Bin) -> bool:
        """Whether both are the same bin, by clocks that differ a little."""
        return (
            abs(self.start - other.start) <= SAME and abs(self.end - other.end) <= SAME
        )

    def vote(self, energy: float) -> None:
        """Hear the bin again: a value that damage made is outvoted by the true one."""
        if self.votes == 0:
            self.energy = energy
        self.votes = (
            min(self.votes + 1, MOST_VOTES) if self.energy == energy else self.votes - 1
        )


@dataclass(slots=True)
class Track:
    """The bins of one sensor and one grain, oldest first, without overlap."""

    capacity: int
    bins: list[Bin] = field(default_factory=list)

    def take(self, heard: Bin) -> None:
        """Add a bin, unless it lies across others: what was placed first stays."""
        place = bisect_left(self.bins, heard.start, key=lambda known: known.start)
        for known in self.bins[max(place - 1, 0) : place + 2]:
            if known.is_same(heard):
                known.vote(heard.energy)
                return
            if min(known.end, heard.end) - max(known.start, heard.start) > SAME:
                return
        self.bins.insert(place, heard)
        del self.bins[: -self.capacity]

    def unbroken(self) -> int:
        """Return how many bins there are before the first hole, from the newest on."""
        count = 0
        for older, newer in zip(
            reversed([None, *self.bins[:-1]]), reversed(self.bins), strict=True
        ):
            if newer.votes == 0:
                break
            count += 1
            if older is None or newer.start - older.end > SAME:
                break
        return count


@dataclass(slots=True)
class Memory:
    """What was heard of a display's memory, of all sensors."""

    tracks: dict[tuple[int, Grain], Track] = field(default_factory=dict)
    newest: dict[Grain, float] = field(default_factory=dict)
    """End of the newest bin that the display had, UTC seconds."""
    days: int | None = None
    """Days since the display's memory was cleared, as it says itself."""

    def take(
        self,
        entries: Iterable[Entry],
        *,
        heard: float,
        days: int | None,
        clock: MeterClock,
    ) -> None:
        """Place a part that was heard at a UTC time; the clock must be known."""
        self.days = days
        ends = _Ends(clock, heard, days)
        for entry in entries:
            span = ends.span(entry.grain, entry.index)
            if span is None:
                continue
            self.newest[entry.grain] = ends.span(entry.grain, FIRST[entry.grain])[1]  # type: ignore[index]  # it has an older one
            key = entry.sensor, entry.grain
            track = self.tracks.setdefault(key, Track(CAPACITY[entry.grain]))
            track.take(Bin(*span, entry.energy))

    def bins(self, sensor: int, grain: Grain) -> Sequence[Bin]:
        """Return what was heard of a sensor, oldest first."""
        track = self.tracks.get((sensor, grain))
        return track.bins if track else ()

    def is_complete(self, sensor: int) -> bool:
        """Whether all was heard that the display has of a sensor."""
        return self.days is not None and all(
            self._is_complete(sensor, grain, self.days) for grain in Grain
        )

    def _is_complete(self, sensor: int, grain: Grain, days: int) -> bool:
        expected = _expected(grain, days)
        if expected <= 0:
            return True
        track = self.tracks.get((sensor, grain))
        return (
            track is not None
            and track.unbroken() >= expected
            and track.bins[-1].end >= self.newest[grain] - SAME
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, for a file in JSON."""
        return {
            "days": self.days,
            "newest": dict(self.newest),
            "tracks": [
                [
                    sensor,
                    grain,
                    [[item.start, item.end, item.energy, item.votes] for item in bins],
                ]
                for (sensor, grain), bins in (
                    (key, track.bins) for key, track in self.tracks.items()
                )
            ],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        return cls(
            tracks={
                (sensor, Grain(grain)): Track(
                    CAPACITY[Grain(grain)], [Bin(*item) for item in bins]
                )
                for sensor, grain, bins in data["tracks"]
            },
            newest={Grain(grain): end for grain, end in data["newest"].items()},
            days=data["days"],
        )


FIRST: Final = {Grain.TWO_HOURLY: 4, Grain.DAILY: 1, Grain.MONTHLY: 1}
"""The index of each grain's newest complete bin."""


def _expected(grain: Grain, days: int) -> int:
    """Return how many bins a display has at least, so many days after it was wiped.

    From real meters: 213 two-hourly and 18 daily bins on day 19, 266 and 22 on day 23,
    26 monthly ones on day 788.
    """
    least = {
        Grain.TWO_HOURLY: 12 * (days - 2),
        Grain.DAILY: days - 1,
        Grain.MONTHLY: (days - 2) // 30,
    }
    return min(least[grain], CAPACITY[grain])


class _Ends:
    """The ends of a display's bins at one moment, newest first."""

    def __init__(self, clock: MeterClock, now: float, days: int | None) -> None:
        self._two_hourly = _Lazy(clock.passings(now, step=2 * HOUR, phase=HOUR))
        self._daily = _Lazy(clock.passings(now, step=DAY, phase=23 * HOUR))
        # Found with three dumps of real meters: on day 36, 64 and 788 the block that
        # is running held 4, 2 and 6 complete days.
        self._running = None if days is None else (days - 2) % 30

    def span(self, grain: Grain, index: int) -> tuple[float, float] | None:
        """Return the beginning and end of a bin, None if it can't be placed."""
        match grain:
            case Grain.TWO_HOURLY:
                ends, newer, older = self._two_hourly, index // 2 - 2, index // 2 - 1
            case Grain.DAILY:
                ends, newer, older = self._daily, index - 1, index
            case Grain.MONTHLY:
                if self._running is None:
                    return None
                ends = self._daily
                older = self._running + 30 * index
                newer = older - 30
        end, start = ends[newer], ends[older]
        return None if end is None or start is None else (start, end)


class _Lazy:
    """The first items of an endless sequence, as far as they were asked for."""

    def __init__(self, source: Iterable[float]) -> None:
        self._source = iter(source)
        self._known: list[float] = []

    def __getitem__(self, index: int) -> float | None:
        if (missing := index + 1 - len(self._known)) > 0:
            self._known += islice(self._source, missing)
        return self._known[index] if index < len(self._known) else None
