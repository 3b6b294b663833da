"""Energy by the hour, from the rows of a store that has gaps."""

from collections.abc import Iterable
from typing import Final

HOUR: Final = 3600


def hours_of(rows: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Return energy by the start of each hour (UTC seconds).

    A row is the start of an hour and what was counted since the row before it, oldest
    first. After a gap it holds the energy of the whole gap, which is spread evenly.
    """
    hours: dict[int, float] = {}
    end: int | None = None
    for start, energy in rows:
        first = start if end is None else min(end, start)
        count = (start - first) // HOUR + 1
        for hour in range(first, start + HOUR, HOUR):
            hours[hour] = energy / count
        end = start + HOUR
    return hours


def since(start: int, now: float, energy: float) -> dict[int, float]:
    """Return energy that was used from `start` to `now`, spread evenly over its hours.

    `start` is the start of an hour (UTC seconds).
    """
    length = max(now - start, 1.0)
    hours = range(start, max(int(now), start + 1), HOUR)
    return {
        hour: energy * min(now - hour, HOUR) / length if len(hours) > 1 else energy
        for hour in hours
    }


def counted(before: float, after: float) -> float:
    """Return what a counter counted between two readings.

    A drop of more than a tenth is a counter that began anew, as in Home Assistant's
    statistics; a smaller one is a correction, and counts for nothing.
    """
    if after < 0.9 * before:
        return after
    return max(after - before, 0.0)
