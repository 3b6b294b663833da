"""What a provider sees of a household: readings, coarser ones, or buckets.

An attack takes a view and knows no more than it shows. Every view is power over time, so
the same attack runs on all of them; of a bucket it knows a typical power, which is all
that its bounds say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .series import Series


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A series as somebody else sees it.

    Attributes:
        name: for tables, such as "raw", "15 min", "buckets, 60 min".
        series: what is seen, W; of a bucket its typical power.
        bounds: the upper bounds (W) of the buckets but the last; empty for readings.
        buckets: shape (steps,); from 0 for the lowest power, -1 where nothing was
            reported; None for readings.
    """

    name: str
    series: Series
    bounds: tuple[float, ...] = ()
    buckets: NDArray[np.int64] | None = None


def raw_view(series: Series) -> View:
    """Return the readings themselves."""
    return View("raw", series)


def coarse_view(series: Series, step: int) -> View:
    """Return means of a step (s)."""
    return View(length_of(step), series.coarser(step))


def bucket_view(series: Series, window: int, bounds: Sequence[float]) -> View:
    """Return the buckets of windows (s), which are [0, t1], (t1, t2], ..., (tn, oo).

    Readings are rounded to whole watts first, as a report does (`measure`), and a
    bucket's typical power is its middle, the open one's as far above its bound as the
    middle of the one below lies under it.
    """
    means = series.coarser(window)
    known = np.isfinite(means.watts)
    whole = np.floor(np.where(known, means.watts, 0.0) + 0.5)
    buckets = np.where(known, np.searchsorted(bounds, whole, side="left"), -1)
    edges = (0.0, *bounds)
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    width = edges[-1] - edges[-2] if bounds else 0.0
    typical = np.array([*middles, edges[-1] + width / 2, np.nan])
    return View(
        f"buckets, {length_of(window)}",
        Series(means.start, window, typical[buckets]),
        tuple(map(float, bounds)),
        buckets.astype(np.int64),
    )


def length_of(seconds: int) -> str:
    """Return a length of time in words."""
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
