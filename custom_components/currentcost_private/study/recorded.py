"""What a recorder holds of a power, put on the grid of the wall clock."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .own_home import ENOUGH_DAYS, HOUR, known_days
from .series import DAY, ENOUGH, Series

type Floats = NDArray[np.float64]

LONGEST_HELD = 3600
"""Seconds that a value without a successor counts: whoever recorded may have been off."""


def wall_clock(times: Floats, offset: Callable[[float], float]) -> Floats:
    """Return UTC seconds as those of the wall clock.

    Args:
        times: UTC seconds.
        offset: seconds that the wall clock is ahead at a time (UTC s).
    """
    hours, which = np.unique(times // HOUR, return_inverse=True)
    ahead = np.array([offset(float(hour) * HOUR) for hour in hours])
    return times + (ahead[which] if len(times) else 0.0)


def of_changes(
    times: Floats, watts: Floats, *, step: int, since: int, until: int
) -> Series:
    """Return the means of values that each hold until the next one.

    Args:
        times: when they began, rising (s); the wall clock's.
        watts: the values; nan where nothing was known from then on.
        step: length of a step (s).
        since: local midnight of the first step (s).
        until: end of the last step (s), and of the last value at the latest.
    """
    edges = np.arange(since, until + 1, step, dtype=np.float64)
    if not len(times):
        return Series(since, step, np.full(len(edges) - 1, np.nan))
    # When the clock is set back, what comes twice counts once.
    rising = np.r_[True, times[1:] > np.maximum.accumulate(times)[:-1]]
    times, watts = times[rising], watts[rising]
    ends = np.minimum(np.r_[times[1:], until], times + LONGEST_HELD)
    held = np.where(np.isfinite(watts), np.maximum(ends - times, 0.0), 0.0)
    energy = held * np.nan_to_num(watts)
    # Each value's own span, then nothing until the next one begins.
    at = np.stack([times, times + held], axis=1).ravel()

    def between(amounts: Floats) -> Floats:
        before = np.cumsum(amounts) - amounts
        sums = np.stack([before, before + amounts], axis=1).ravel()
        return np.diff(np.interp(edges, at, sums))

    known = between(held)
    means = np.full(len(known), np.nan)
    np.divide(between(energy), known, where=known >= ENOUGH * step, out=means)
    return Series(since, step, means)


def of_means(
    times: Floats, watts: Floats, *, step: int, since: int, until: int
) -> Series:
    """Return means that are there already, the mean of those that come twice.

    Args:
        times: begin of each (s); the wall clock's.
        watts: the means.
        step: length of a step (s).
        since: local midnight of the first step (s).
        until: end of the last step (s).
    """
    length = (until - since) // step
    places = ((times - since) // step).astype(np.int64)
    inside = (places >= 0) & (places < length) & np.isfinite(watts)
    count = np.bincount(places[inside], minlength=length)
    total = np.bincount(places[inside], watts[inside], minlength=length)
    means = np.full(length, np.nan)
    np.divide(total, count, where=count > 0, out=means)
    return Series(since, step, means)


def finest(candidates: list[Series]) -> Series:
    """Return the first of these that has enough days, from its first one on.

    Raises:
        ValueError: none of them has.
    """
    for series in candidates:
        if known_days(series) >= ENOUGH_DAYS:
            first = int(np.isfinite(series.watts).argmax()) * series.step // DAY
            return series.between(series.start + first * DAY, series.start + 400 * DAY)
    raise ValueError("too little is known")


def completed(hours: Series, fine: Series) -> Series:
    """Return hours with those that only the finer series knows, from the first on."""
    known = fine.coarser(HOUR)
    watts = hours.watts.copy()
    first = (known.start - hours.start) // HOUR
    part = watts[first : first + len(known)]
    part[:] = np.where(np.isfinite(part), part, known.watts[: len(part)])
    start = int(np.isfinite(watts).argmax()) * HOUR // DAY
    return Series(hours.start + start * DAY, HOUR, watts[start * DAY // HOUR :])
