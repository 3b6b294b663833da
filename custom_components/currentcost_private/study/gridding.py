"""Samples at any times, on a regular grid, and without what was never measured."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .columns import Unreadable
from .series import Series

HOLD: Final = 30.0
"""Seconds that a sample holds, as the integration has it."""
STEPS: Final = (1, 2, 3, 5, 6, 8, 10, 12, 15, 20, 30, 60)
COARSEST: Final = 90.0
MOST_STEPS: Final = 400_000_000
STUCK: Final = 2 * 3600
"""Seconds of exactly one power after which nobody believes that it was measured."""
_CLIPPED: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Power at times; nan where it is known to be unknown.

    Attributes:
        times: shape (samples,), local time (s), in any order.
        watts: shape (samples,).
        appliances: shape (samples,) each.
    """

    times: NDArray[np.float64]
    watts: NDArray[np.float64]
    appliances: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Gridded:
    """A series, and what was found odd on the way.

    Attributes:
        series: the house's power.
        appliances: W, on the same grid; nan where unknown.
        spacing: usual time between two samples (s).
        zeros: samples of 0 W that were taken for no data.
        stuck: times (start, end) of one and the same power, taken for no data.
        clipped: the power (W) that higher ones were cut off at; None if none were.
        negative: samples below 0 W.
        repeated: samples whose time another one has.
    """

    series: Series
    appliances: dict[str, NDArray[np.float64]]
    spacing: float
    zeros: int
    stuck: tuple[tuple[int, int], ...]
    clipped: float | None
    negative: int
    repeated: int


def gridded(samples: Samples, *, keep_zeros: bool = False) -> Gridded:
    """Put samples on a grid of about their own spacing; see `Gridded`.

    A sample holds until the next one, but at most 30 s, or 1.5 times the usual spacing
    if that is longer.

    Raises:
        Unreadable: they are more than 90 s apart, or reach over too long a time.
    """
    times = samples.times
    order = np.argsort(times, kind="stable") if (np.diff(times) < 0).any() else None
    sorted_times = times if order is None else times[order]
    keep = np.append(np.diff(sorted_times) > 0, [True])
    chosen = np.flatnonzero(keep) if order is None else order[keep]
    repeated = len(times) - len(chosen)
    times, watts = times[chosen], samples.watts[chosen]
    gaps = np.diff(times)
    spacing = float(np.median(gaps)) if len(gaps) else COARSEST + 1
    if spacing > COARSEST:
        raise Unreadable(
            f"The readings are {spacing:.0f} s apart; a study needs them from every "
            "second to every minute."
        )
    step = max(each for each in STEPS if each == 1 or each <= spacing * 1.1)
    if (times[-1] - times[0]) / step > MOST_STEPS:
        raise Unreadable("The times reach over too many years: is one of them wrong?")
    zero = (watts == 0) & (not keep_zeros)
    watts = np.where(zero, np.nan, watts)
    start = int(times[0] // step * step)
    length = int((times[-1] - start) // step) + 1
    grid = _Grid(start, step, length, times, max(HOLD, 1.5 * spacing))
    mean = grid.means(watts)
    stuck = _stuck(mean, start, step)
    for since, until in stuck:
        mean[(since - start) // step : (until - start) // step] = np.nan
    return Gridded(
        series=Series(start, step, mean),
        appliances={
            name: grid.means(each[chosen])
            for name, each in samples.appliances.items()
            if np.isfinite(each).any()
        },
        spacing=spacing,
        zeros=int(zero.sum()),
        stuck=stuck,
        clipped=_clipped(watts),
        negative=int((watts < 0).sum()),
        repeated=repeated,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Steps that samples are put into.

    Attributes:
        start: local time (s).
        step: length of a step (s).
        length: number of steps.
        times: shape (samples,), ascending; no two alike.
        hold: longest time that a sample holds (s).
    """

    start: int
    step: int
    length: int
    times: NDArray[np.float64]
    hold: float

    def means(self, watts: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return means weighted by time; nan where under half of a step is known."""
        since = self.times - self.start
        place = (since // self.step).astype(np.int64)
        if 2 * self.step > self.hold and (since % self.step == 0).all():
            mean = np.full(self.length, np.nan)
            mean[place] = watts
            return mean
        known = np.isfinite(watts)
        until = np.minimum(np.append(since[1:], np.inf), since + self.hold)[known]
        since, place = since[known], place[known]
        power = watts[known].astype(np.float64)
        weight, energy = np.zeros(self.length), np.zeros(self.length)
        while len(place):
            share = np.minimum(until, (place + 1) * self.step) - since
            weight += np.bincount(place, share, self.length)
            energy += np.bincount(place, share * power, self.length)
            place = place + 1
            since = place * float(self.step)
            more = (until > since) & (place < self.length)
            place, since = place[more], since[more]
            until, power = until[more], power[more]
        enough = weight >= self.step / 2
        means = np.full(self.length, np.nan)
        np.divide(energy, weight, where=enough, out=means)
        return means


def _stuck(
    watts: NDArray[np.float64], start: int, step: int
) -> tuple[tuple[int, int], ...]:
    """Return the times in which one and the same power was written for hours."""
    same = np.pad(np.diff(watts) == 0, 1).astype(np.int8)
    runs = np.flatnonzero(np.diff(same)).reshape(-1, 2)
    return tuple(
        (start + int(first) * step, start + (int(last) + 1) * step)
        for first, last in runs
        if (last + 1 - first) * step >= STUCK
    )


def _clipped(watts: NDArray[np.float64]) -> float | None:
    """Return a highest power that is more frequent than all just below it."""
    highest = float(np.nanmax(watts, initial=0))
    at = int((watts == highest).sum())
    below = int(((watts < highest) & (watts > 0.97 * highest)).sum())
    return highest if at >= _CLIPPED and at > below else None
