"""Thresholds of buckets, none closer to the one before than a policy accepts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NARROWEST = 100.0
"""W; what `currentcost-provider` promises by default."""


def apart(
    wished: Sequence[float], narrowest: float = NARROWEST, step: float = 1.0
) -> tuple[float, ...]:
    """Return thresholds (W) in whole steps, moved up where they would be too close."""
    bounds: list[float] = []
    for bound in wished:
        lowest = (bounds[-1] if bounds else 0.0) + narrowest
        bounds.append(max(round(float(bound) / step) * step, lowest))
    return tuple(bounds)


def even_bounds(
    watts: NDArray[np.float64],
    buckets: int,
    narrowest: float = NARROWEST,
    step: float = 1.0,
) -> tuple[float, ...]:
    """Return thresholds that make each bucket as frequent, as far as they may.

    They would tell most of these windows (W, nan where nothing is known).
    """
    known = watts[np.isfinite(watts)]
    shares = np.arange(1, buckets) / buckets
    wished = np.quantile(known, shares) if len(known) else shares * 1000
    return apart(wished.tolist(), narrowest, step)
