"""People stay in or out for a while: states that follow on one another, learned."""

import numpy as np
from numpy.typing import NDArray

from ..hidden import posteriors
from ..scores import Marks
from ..series import DAY

type Floats = NDArray[np.float64]

EVIDENCE = (0.15, 0.4)
"""Windows near one another say much the same, so each counts for a part."""


def smoothed(
    probability: Floats,
    usual: Floats,
    truth: Marks,
    learned: Marks,
    *,
    step: int,
    weight: float,
) -> Floats:
    """Return probabilities of windows (one household's, in order) as a sequence's.

    Args:
        probability: shape (windows,); that the secret holds, by the window's features.
        usual: shape (windows,); that it does at such a time.
        truth: shape (windows,); only read where `learned`.
        learned: shape (windows,); whose truth is known.
        step: length of a window (s).
        weight: how much of the evidence of each window counts.
    """
    moves = _moves(truth, learned, step)
    p = np.clip(probability, 1e-4, 1 - 1e-4)
    u = np.clip(usual, 0.02, 0.98)
    odds = np.stack([(1 - p) / (1 - u), p / u], axis=1) ** weight
    odds[~np.isfinite(odds).all(axis=1)] = 1.0
    holds: Floats = posteriors(np.array([0.5, 0.5]), moves, odds)[:, 1]
    return holds


def by_symbols(
    symbols: NDArray[np.int64], truth: Marks, learned: Marks, step: int
) -> Floats:
    """Return the probability of a secret from symbols alone, -1 where there is none.

    A hidden Markov model: how often each symbol comes in either state at four times of
    the day, and how often the state changes at each hour, counted where truth is known.
    """
    count = int(symbols.max(initial=0)) + 1
    quarter = np.arange(len(symbols)) * step % DAY * 4 // DAY
    counts = np.ones((4, 2, count)) * 0.5
    usable = learned & (symbols >= 0)
    np.add.at(
        counts, (quarter[usable], truth[usable].astype(int), symbols[usable]), 1.0
    )
    counts += 2 * counts.sum(axis=0) / counts.sum()
    likelihoods = counts / counts.sum(axis=2, keepdims=True)
    seen = likelihoods[quarter, :, np.maximum(symbols, 0)]
    seen[symbols < 0] = 1.0
    moves = _moves(truth, learned, step)
    holds: Floats = posteriors(np.array([0.5, 0.5]), moves, seen)[:, 1]
    return holds


def _moves(truth: Marks, learned: Marks, step: int) -> Floats:
    """Return how likely a state follows another at each window, shape (windows, 2, 2)."""
    hour = np.arange(len(truth)) * step % DAY * 24 // DAY
    now = truth.astype(int)
    both = learned[1:] & learned[:-1]
    counts = np.zeros((24, 2, 2))
    np.add.at(counts, (hour[1:][both], now[:-1][both], now[1:][both]), 1.0)
    overall = counts.sum(axis=0) + np.array([[2.0, 0.2], [0.2, 2.0]])
    prior = overall / overall.sum(axis=1, keepdims=True)
    counts = counts + np.roll(counts, 1, axis=0) / 2 + np.roll(counts, -1, axis=0) / 2
    counts += 8 * prior
    moves: Floats = (counts / counts.sum(axis=2, keepdims=True))[hour]
    return moves
