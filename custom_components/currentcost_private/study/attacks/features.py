"""What is told of a window: itself, what is around it, its day, the clock.

An attacker has all of the past and all that came after, so windows of both directions
count, as do the same hour of the day before and after and the whole day.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..activity import activity_of
from ..series import DAY, Series
from ..views import View

type Floats = NDArray[np.float64]

STEPS = (60.0, 250.0, 700.0, 1400.0, 2200.0, 5000.0)
NEIGHBOURS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Features of windows, whole days of them.

    Attributes:
        start: local midnight of the first (s).
        step: length (s).
        values: shape (windows, features); nan where not known.
    """

    start: int
    step: int
    values: Floats


def windows_of(view: View, length: int) -> Windows:
    """Return the features of windows of a length (s), whatever a view's own."""
    fine = view.series.whole_days()
    work = max(fine.step, length)
    coarse = fine.coarser(work)
    mean = coarse.watts
    own = [mean, *_inside(fine, work)]
    columns = [*own, *_around(own, work), *_days(mean, work), *_ranks(mean)]
    columns += list(_states(view, coarse).T)
    values = np.repeat(np.stack(columns, axis=1), work // length, axis=0)
    times = coarse.start + length * np.arange(len(values))
    return Windows(
        coarse.start, length, np.concatenate([values, clock(times, work)], axis=1)
    )


def clock(times: NDArray[np.int64], work: int) -> Floats:
    """Return what the clock says, and where in its own window a shorter one lies."""
    hour = times % DAY / 3600
    weekday = (times // DAY + 3) % 7
    return np.stack([hour, weekday, weekday >= 5, times % work / work], axis=1).astype(
        np.float64
    )


def _inside(fine: Series, work: int) -> list[Floats]:
    """Return how the power goes inside windows; nothing where they are single values."""
    count = work // fine.step
    if count < 2:
        return []
    parts = fine.watts.reshape(-1, count)
    jumps = np.diff(fine.watts, prepend=np.nan).reshape(-1, count)
    known = np.isfinite(parts)
    empty = known.sum(axis=1) < 2
    filled = np.where(known, parts, np.where(empty, 0.0, np.nan)[:, None])
    filled[empty] = 0.0
    low, middle, high = (
        np.nanmin(filled, axis=1),
        np.nanmedian(filled, axis=1),
        np.nanmax(filled, axis=1),
    )
    steps = np.where(np.isfinite(jumps), jumps, 0.0)
    found = [
        low,
        middle,
        high,
        np.nanstd(filled, axis=1),
        np.abs(steps).sum(axis=1),
        steps.max(axis=1),
        -steps.min(axis=1),
        *(
            ((steps > a) & (steps <= b)).sum(axis=1).astype(float)
            for a, b in pairwise(STEPS)
        ),
    ]
    return [np.where(empty, np.nan, values) for values in found]


def shifted(values: Floats, by: int) -> Floats:
    """Return values of windows later (or before), nan over the ends."""
    moved = np.full_like(values, np.nan)
    if by == 0:
        return values
    if abs(by) < len(values):
        if by > 0:
            moved[:-by] = values[by:]
        else:
            moved[-by:] = values[:by]
    return moved


def _around(own: list[Floats], work: int) -> list[Floats]:
    """Return the windows before and after, hours around, and days around."""
    columns: list[Floats] = []
    for by in [*range(-NEIGHBOURS, 0), *range(1, NEIGHBOURS + 1)]:
        columns.append(shifted(own[0], by))
        if len(own) > 1 and abs(by) <= 4:
            columns.append(shifted(own[4], by))
            columns.append(shifted(own[1], by))
    sources = [own[0], *([own[4], own[3]] if len(own) > 1 else [])]
    for hours in (2, 5):
        reach = max(hours * 3600 // work, 1)
        for source in sources:
            columns += [_before(source, reach), _before(source[::-1], reach)[::-1]]
    day = DAY // work
    columns += [shifted(own[0], by) for by in (-7 * day, -day, day, 7 * day)]
    return columns


def _before(values: Floats, reach: int) -> Floats:
    """Return the means of the windows before each."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    end = np.arange(len(values))
    begin = np.maximum(end - reach, 0)
    seen = count[end] - count[begin]
    mean: Floats = np.divide(
        total[end] - total[begin],
        seen,
        where=seen > 0,
        out=np.full(len(values), np.nan),
    )
    return mean


def _days(mean: Floats, work: int) -> list[Floats]:
    """Return how the whole day was, for each of its windows."""
    day = mean.reshape(-1, DAY // work)
    parts = [
        day,
        *(
            day[:, h * 3600 // work : max(e * 3600 // work, h * 3600 // work + 1)]
            for h, e in ((1, 5), (6, 9), (9, 17), (17, 23))
        ),
    ]
    columns = [_means(part) for part in parts]
    spread = np.where(np.isfinite(day), day, -np.inf).max(axis=1)
    columns.append(np.where(np.isfinite(spread), spread, np.nan))
    return [np.repeat(column, day.shape[1]) for column in columns]


def _means(parts: Floats) -> Floats:
    known = np.isfinite(parts)
    count = known.sum(axis=1)
    means: Floats = np.divide(
        np.where(known, parts, 0.0).sum(axis=1),
        count,
        where=count > 0,
        out=np.full(len(parts), np.nan),
    )
    return means


def _ranks(mean: Floats) -> list[Floats]:
    """Return where each value stands among all of the household's, 0 to 1."""
    known = np.isfinite(mean)
    ordered = np.sort(mean[known])
    ranks = np.full(len(mean), np.nan)
    if len(ordered):
        left = np.searchsorted(ordered, mean[known], side="left")
        right = np.searchsorted(ordered, mean[known], side="right")
        ranks[known] = (left + right) / (2 * len(ordered))
    return [ranks]


def _states(view: View, coarse: Series) -> Floats:
    """Return what the attack without truth thinks of each window, shape (windows, 3)."""
    activity = activity_of(view)
    states = np.full((len(coarse), 3), np.nan)
    times = coarse.times
    step = activity.step
    if step >= coarse.step:
        at = (times - activity.start) // step
        inside = (at >= 0) & (at < len(activity.states))
        states[inside] = activity.states[at[inside]]
    else:
        shares = coarse.step // step
        whole = (activity.start - coarse.start) // step
        padded = np.full((len(coarse) * shares, 3), np.nan)
        padded[whole : whole + len(activity.states)] = activity.states
        states = padded.reshape(len(coarse), shares, 3).mean(axis=1)
    return states
