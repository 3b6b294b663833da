"""What the rest of a bill will bring, hour by hour.

The days are forecast as `past` says, and their hours have the shares that the hours of
workdays or weekends had lately.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from .days import Day, local_days
from .past import WINDOW, Past
from .week import day_of, midnight

PROFILE_HALF_LIFE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of the hours to come."""

    hours: Mapping[int, float]
    """By the start of the hour (UTC seconds)."""

    factors: tuple[float, float] | None
    """The 80 % range of their sum, as factors of it; None with too little history."""


def forecast(
    hours: Mapping[int, float], *, now: int, end: int, zone: tzinfo
) -> Forecast | None:
    """Return what is expected of the hours from `now` to `end` (UTC seconds).

    `now` is the end of the last hour that is known. `hours` are amounts by the start of
    their hour. Returns None with fewer than five known days within the last sixty.
    """
    today, last = day_of(now, zone), day_of(end - 1, zone)
    first = day_of(min(hours, default=now), zone)
    past = Past(local_days(hours, first=first, last=today, zone=zone))
    totals = past.expected(len(past.days), last + 1 - today)
    if totals is None:
        return None
    shares = _shares(past.days[-WINDOW:])
    expected: dict[int, float] = {}
    for ordinal, total in enumerate(totals, today):
        expected |= _spread(ordinal, total, shares, zone)
    return Forecast(
        hours={hour: value for hour, value in expected.items() if now <= hour < end},
        factors=past.factors(last + 1 - today),
    )


def _shares(days: Sequence[Day]) -> dict[bool, list[float]]:
    """Return the part of a day that each local hour has, for weekends and workdays.

    Each kind of day has the weight of a week of the other one in it, so that the first
    weekend doesn't stand alone.
    """
    weights = {kind: [1e-9] * 24 for kind in (False, True)}
    for age, day in enumerate(reversed(days)):
        if day.total is None or day.total <= 0 or day.flat:
            continue
        weight = 0.5 ** (age / PROFILE_HALF_LIFE)
        own = day.weekday >= 5
        for hour, value in day.hours.items():
            part = max(value, 0.0) / day.total
            weights[own][hour] += weight * part
            weights[not own][hour] += weight * part / 4
    return {
        kind: [part / sum(parts) for part in parts] for kind, parts in weights.items()
    }


def _spread(
    ordinal: int, total: float, shares: Mapping[bool, Sequence[float]], zone: tzinfo
) -> dict[int, float]:
    """Return a day's total over its hours, which are those of UTC."""
    start, end = midnight(ordinal, zone), midnight(ordinal + 1, zone)
    parts = shares[(ordinal + 6) % 7 >= 5]
    by_hour = {
        hour: parts[datetime.fromtimestamp(hour, zone).hour]
        for hour in range(-(-start // 3600) * 3600, end, 3600)
    }
    whole = sum(by_hour.values())
    return {hour: total * part / whole for hour, part in by_hour.items()}
