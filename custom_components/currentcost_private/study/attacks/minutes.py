"""What is told of a minute: the power, how it steps around it, and the pulse it is in.

The windows of neural disaggregation (Kelly and Knottenbelt 2015, Zhang et al. 2018) reach
as far; here the steps in them are named, as Hart 1992 does, and trees learn the rest.
"""

import numpy as np

from ..appliances import pulses
from ..series import DAY, Series
from .features import Floats, Windows, clock, shifted

NEAR = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)
BANDS = ((1, 5), (5, 15), (15, 30), (30, 60), (60, 120))


def minutes_of(series: Series) -> Windows:
    """Return the features of each minute of whole days; steps are up to a minute."""
    whole = series.coarser(60).whole_days()
    watts = whole.watts
    above = watts - _lowest(watts, 20)
    columns = [watts, above, watts - _lowest(watts, 90)]
    columns += [shifted(watts, sign * by) - watts for by in NEAR for sign in (-1, 1)]
    jumps = np.abs(np.diff(watts, prepend=np.nan))
    kinds = (
        np.nan_to_num(watts),
        (jumps > 1000).astype(float),
        ((jumps > 300) & (jumps <= 1000)).astype(float),
        ((jumps > 25) & (jumps <= 300)).astype(float),
    )
    sums = [np.concatenate([[0.0], np.cumsum(kind)]) for kind in kinds]
    columns += [
        _band(total, *band, sign)
        for total in sums
        for band in BANDS
        for sign in (-1, 1)
    ]
    columns += [
        _highest(above, first, last, sign)
        for first, last in BANDS[:4]
        for sign in (-1, 1)
    ]
    columns += list(_in_pulses(watts).T)
    values = np.column_stack([*columns, clock(whole.times, 60)[:, :3]])
    return Windows(whole.start, 60, values)


def _lowest(watts: Floats, reach: int) -> Floats:
    """Return the lowest known power within minutes before and after."""
    filled = np.where(np.isfinite(watts), watts, np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(filled, reach, constant_values=np.inf), 2 * reach + 1
    )
    lowest = windows.min(axis=1)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _highest(values: Floats, first: int, last: int, sign: int) -> Floats:
    """Return the highest known value from minutes on to others, before or after."""
    filled = np.where(np.isfinite(values), values, 0.0)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(filled, last), last - first + 1
    ).max(axis=1)
    begin = last + first if sign > 0 else 0
    highest: Floats = windows[begin : begin + len(values)]
    return highest


def _band(total: Floats, first: int, last: int, sign: int) -> Floats:
    """Return means of minutes from the first to the last away, from a running sum."""
    at = np.arange(len(total) - 1)
    low, high = (first, last) if sign > 0 else (-last, -first)
    begin = np.clip(at + low, 0, len(at))
    end = np.clip(at + high + 1, 0, len(at))
    means: Floats = (total[end] - total[begin]) / (last - first + 1)
    return means


def _in_pulses(watts: Floats) -> Floats:
    """Return of the pulse that a minute is in: W, length, place, gaps to like ones."""
    found = pulses(watts)
    values = np.zeros((len(watts), 6))
    for pulse in sorted(found, key=lambda pulse: -pulse.minutes):
        inside = np.arange(pulse.start, pulse.end)
        values[inside, 0] = pulse.watts
        values[inside, 1] = pulse.minutes
        values[inside, 2] = inside - pulse.start
    starts = np.array([pulse.start for pulse in found], dtype=np.int64)
    sizes = np.array([pulse.watts for pulse in found])
    lengths = np.array([pulse.minutes for pulse in found])
    for number, pulse in enumerate(found):
        near = slice(max(number - 12, 0), number + 13)
        like = (np.abs(sizes[near] - pulse.watts) < 0.1 * pulse.watts) & (
            lengths[near] > 4
        )
        gaps = starts[near][like] - pulse.start
        before, after = gaps[gaps < 0], gaps[gaps > 0]
        within = slice(pulse.start, pulse.end)
        values[within, 3] = -before.max() if len(before) else DAY // 60
        values[within, 4] = after.min() if len(after) else DAY // 60
        values[within, 5] = len(gaps[np.abs(gaps) < 120])
    return values
