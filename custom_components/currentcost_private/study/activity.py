"""Away, asleep or awake at home: told from power alone, by a hidden Markov model.

Nobody tells an attacker the truth. As in Chen et al. 2013 ("Non-intrusive occupancy
monitoring using smart meters", BuildSys) the night is the reference: people sleep then,
so its power is what a home draws when nobody does anything. Instead of fixed thresholds
the power of a window (its mean, and how far it ranges) is one of some symbols, buckets
are symbols already, and how often each comes in a quiet or an active home is learned
(Baum-Welch, with the night's and the evening's frequencies as the prior). How likely
people go to bed, get up, leave and return at an hour is assumed beforehand.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .appliances import BY_HAND, events_of
from .hidden import Floats, posteriors
from .series import DAY, Series
from .views import View

AWAY, ASLEEP, AWAKE = range(3)
HOUR = 3600
WINDOW = 1800
ROUNDS = 8
EVIDENCE = 0.75
"""What an hour tells counts as this much of what it would if hours were independent."""
WEIGHT = 40.0
"""Windows that the prior of a state's symbols counts as."""
UNATTENDED = np.array([0.1, 0.2, 1.0])
"""How likely what looks like a hand's work is when away, asleep and awake."""


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What was probably going on, window by window.

    Attributes:
        start: local time of the first window's begin (s).
        step: length of a window (s).
        states: shape (windows, 3); probability of AWAY, ASLEEP, AWAKE.
        known: shape (windows,); whether anything was seen of the window.
    """

    start: int
    step: int
    states: Floats
    known: NDArray[np.bool_]

    @property
    def times(self) -> NDArray[np.int64]:
        """Begin of each window, shape (windows,)."""
        return self.start + self.step * np.arange(len(self.states), dtype=np.int64)


def activity_of(view: View) -> Activity:
    """Return what somebody who sees a view would think was going on."""
    series, symbols, count = symbols_of(view)
    hours = series.times % DAY / HOUR
    likelihoods = _prior(symbols, hours, count)
    moves = _moves(hours, series.step / HOUR)
    start = np.array([0.2, 0.6, 0.2])
    weight = min(EVIDENCE * series.step / HOUR, 1.0)
    known = symbols >= 0
    hands = np.where(_by_hand(view, series)[:, None], UNATTENDED, 1.0)
    states = np.empty((len(symbols), 3))
    prior = likelihoods
    for _ in range(ROUNDS):
        seen = np.where(known[:, None], likelihoods.T[symbols] ** weight, 1.0)
        states = posteriors(start, moves, seen * hands)
        quiet = np.bincount(symbols[known], 1 - states[known, AWAKE], minlength=count)
        awake = np.bincount(symbols[known], states[known, AWAKE], minlength=count)
        counted = np.stack([quiet, quiet, awake]) + WEIGHT * prior
        likelihoods = counted / counted.sum(axis=1, keepdims=True)
    return Activity(series.start, series.step, states, known)


def _by_hand(view: View, windows: Series) -> NDArray[np.bool_]:
    """Return in which windows something was switched on that nobody leaves alone."""
    seen = np.zeros(len(windows), dtype=np.bool_)
    starts = [event.start for event in events_of(view) if event.kind in BY_HAND]
    seen[(np.array(starts, dtype=np.int64) - windows.start) // windows.step] = True
    return seen


def symbols_of(view: View) -> tuple[Series, NDArray[np.int64], int]:
    """Return the windows, a symbol for each (-1: nothing known) and how many exist."""
    if view.buckets is not None:
        return view.series, view.buckets, len(view.bounds) + 1
    fine = view.series.whole_days()
    step = window_of(fine.step)
    coarse = fine.coarser(step)
    known = np.isfinite(coarse.watts)
    night = known & (coarse.times % DAY < 5 * HOUR) & (coarse.times % DAY >= HOUR)
    mean, _ = _binned(coarse.watts, night, known, 7)
    if step == fine.step:
        return coarse, mean, 7
    spread, _ = _binned(_ranges(fine, step), night, known, 5)
    return coarse, np.where(known, mean * 5 + spread, -1), 35


def window_of(step: int) -> int:
    """Return the shortest length (s) of windows, from half an hour on, for a step."""
    return next(
        length
        for length in range(step, DAY + 1, step)
        if length >= WINDOW and DAY % length == 0
    )


def _ranges(fine: Series, step: int) -> Floats:
    """Return how far the power ranges in each window, W; 0 where it isn't known."""
    parts = fine.watts.reshape(-1, step // fine.step)
    known = np.isfinite(parts)
    high = np.where(known, parts, -np.inf).max(axis=1)
    low = np.where(known, parts, np.inf).min(axis=1)
    return np.where(known.any(axis=1), high - low, 0.0)


def _binned(
    values: Floats, night: NDArray[np.bool_], known: NDArray[np.bool_], count: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return values as numbers from 0 to count - 1; -1 where not known.

    The lower bins hold what the night shows, the upper ones what it seldom does.
    """
    if not known.any():
        return np.full(len(values), -1), np.array([])
    reference = values[night] if night.any() else values[known]
    usual = np.quantile(reference, [0.3, 0.6, 0.85][: count // 2])
    above = values[known & (values > usual[-1])]
    more = (
        np.quantile(above, np.linspace(0.25, 0.9, count - 1 - len(usual)))
        if len(above)
        else []
    )
    edges = np.array([*usual, *more])
    bins = np.searchsorted(edges, np.where(known, values, 0.0))
    return np.where(known, bins, -1), edges


def _prior(symbols: NDArray[np.int64], hours: Floats, count: int) -> Floats:
    """Return how likely each symbol is when away, asleep and awake, shape (3, count)."""
    night = symbols[(symbols >= 0) & (hours >= 1) & (hours < 5)]
    evening = symbols[(symbols >= 0) & (hours >= 17) & (hours < 22)]
    quiet = np.bincount(night, minlength=count) + 0.5
    quiet = quiet / quiet.sum()
    busy = np.bincount(evening, minlength=count) + 0.5
    busy = np.maximum(busy / busy.sum() - 0.4 * quiet, 0.02 / count)
    return np.stack([quiet, quiet, busy / busy.sum()])


def _moves(hours: Floats, length: float) -> Floats:
    """Return the probability of moves into windows of a length (h), (windows, 3, 3)."""
    hour = hours.astype(np.int64)
    rates = np.zeros((24, 3, 3))
    rates[:, AWAKE, AWAY] = 0.02
    rates[6:22, AWAKE, AWAY] = 0.12
    rates[7:10, AWAKE, AWAY] = 0.25
    rates[:, AWAY, AWAKE] = 0.04
    rates[7:15, AWAY, AWAKE] = 0.15
    rates[15:23, AWAY, AWAKE] = 0.3
    rates[[21, 22, 23, 0, 1, 2, 3, 4], AWAKE, ASLEEP] = [
        0.1,
        0.5,
        0.8,
        1,
        1,
        1,
        0.7,
        0.3,
    ]
    rates[:, ASLEEP, AWAKE] = [
        0.03,
        0.03,
        0.03,
        0.04,
        0.08,
        0.25,
        0.7,
        1,
        1,
        1,
        1,
        1,
        *[2] * 9,
        0.3,
        0.1,
        0.05,
    ]
    rates[[22, 23, 0, 1], AWAY, ASLEEP] = 0.01
    rates[5:12, ASLEEP, AWAY] = 0.03
    moves = 1 - np.exp(-rates * length)
    moves[:, range(3), range(3)] = 1 - moves.sum(axis=2)
    moves = np.maximum(moves, 1e-6)
    scaled: Floats = (moves / moves.sum(axis=2, keepdims=True))[hour]
    return scaled
