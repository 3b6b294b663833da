"""Whoever does more than the night shows is up: Chen et al. 2013.

"Non-intrusive occupancy monitoring using smart meters" (BuildSys 2013): the highest
mean, deviation and range of the power at night stand for an empty home's, and a window
that exceeds one of them has somebody in it; at night people are at home. Highest is
what four nights of five stay below.
"""

import numpy as np

from ..scores import Marks
from ..series import DAY
from ..views import View
from .features import windows_of

MERGED = 3600
"""Two busy windows this close (s) make what lies between busy too."""


def occupied(view: View, length: int) -> Marks:
    """Return whether somebody is at home, for windows of a length (s) of whole days."""
    windows = windows_of(view, length)
    hour = np.arange(len(windows.values)) * length % DAY / 3600
    inside = view.series.step < length
    columns = windows.values[:, [0, 4, 3] if inside else [0]].copy()
    if inside:
        columns[:, 2] -= windows.values[:, 1]
    night = (hour >= 1) & (hour < 4)
    known = np.isfinite(columns).all(axis=1)
    if not (night & known).any():
        return np.ones(len(hour), dtype=bool)
    nights = np.where((night & known)[:, None], columns, -np.inf)
    highest = nights.reshape(-1, DAY // length, columns.shape[1]).max(axis=1)
    usual = np.quantile(highest[np.isfinite(highest).all(axis=1)], 0.8, axis=0)
    busy: Marks = known & np.greater(columns, usual).any(axis=1)
    reach = MERGED // length
    near: Marks = (
        np.convolve(busy, np.ones(2 * reach + 1), mode="same")[: len(busy)] > 0
    )
    away: Marks = (
        np.convolve(~near, np.ones(2 * reach + 1), mode="same")[: len(busy)] > 0
    )
    merged: Marks = busy | ~away
    merged |= (hour < 6) | (hour >= 23)
    return merged
