"""Code lengths: how few bits a series can be written down in.

No code is shorter than the entropy on average, whatever the household does, so each
length is an upper bound of what a series gives away; a code that learns comes close to
it as the series grows.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .entropy import Symbols, joined, relabelled

type Bits = NDArray[np.float64]

_LN2 = float(np.log(2))
_ROUNDS = 40
_FITTED = 200_000
"""Readings, evenly spread, that weights are fitted to at most."""
_PRIOR = 0.5
"""Weight of what a context has not seen yet, in sightings."""


def tree_length(symbols: Symbols, alphabet: int, contexts: Sequence[Symbols]) -> float:
    """Return bits by context tree weighting over symbols from 0 to the alphabet's last.

    Contexts are known before a symbol is, the most telling one first; a tree of each
    depth, weighted by half a node, with Dirichlet(1/2) estimators at its nodes.

    Source: F. Willems, Y. Shtarkov, T. Tjalkens, "The context-tree weighting method:
    basic properties", IEEE Trans. Inf. Theory 41 (1995), eq. 4, 11 (binary there).
    """
    highest = len(symbols) + 1
    rising = np.concatenate(([0.0], np.cumsum(np.log(np.arange(highest) + 0.5))))
    whole = np.concatenate(
        ([0.0], np.cumsum(np.log(np.arange(highest) + alphabet / 2)))
    )
    node = np.zeros(len(symbols), dtype=np.int64)
    estimates, parents = [], []
    for depth in range(len(contexts) + 1):
        if depth:
            deeper = joined([node, contexts[depth - 1]])
            parent = np.zeros(int(deeper.max(initial=-1)) + 1, dtype=np.int64)
            parent[deeper] = node
            parents.append(parent)
            node = deeper
        count = np.bincount(node)
        pairs, seen = np.unique(node * alphabet + symbols, return_counts=True)
        met = np.bincount(pairs // alphabet, weights=rising[seen], minlength=len(count))
        estimates.append(met - whole[count])
    weighted = estimates.pop()
    while parents:
        estimate = estimates.pop()
        below = np.bincount(parents.pop(), weights=weighted, minlength=len(estimate))
        weighted = np.logaddexp(estimate, below) - _LN2
    return float(-weighted.sum() / _LN2)


def mixed_length(
    symbols: Symbols, alphabet: int, orders: Sequence[Sequence[Symbols]]
) -> float:
    """Return bits by several trees at once, each with contexts in an order of its own.

    Also weighs in that nothing can be foretold: never above n log2(alphabet) by more
    than the bits that tell one model among them.
    """
    lengths = [tree_length(symbols, alphabet, contexts) for contexts in orders]
    lengths.append(len(symbols) * float(np.log2(alphabet)))
    nats = -_LN2 * np.array(lengths)
    best = nats.max()
    mixed = best + np.log(np.exp(nats - best).sum())
    return float((np.log(len(lengths)) - mixed) / _LN2)


def before(symbols: Symbols, steps: int, nothing: int) -> Symbols:
    """Return what came so many steps earlier; "nothing" ahead of the first symbol."""
    return np.concatenate(
        (
            np.full(min(steps, len(symbols)), nothing),
            symbols[: max(-steps, -len(symbols))],
        )
    )


def reading_bits(watts: NDArray[np.float64], hours: Symbols) -> Bits:
    """Return the bits of each reading, shape (steps,), rounded to 1 W; nan is one too.

    A mixture of eight predictors that learn as they go: frequencies of values, of
    values after one or two others, of differences, and of ranges of either in which
    all values are alike. Weights are fitted to the series afterwards and paid for, half
    a log2 of its length each. So it is a code that somebody could use, and its length
    an upper bound: a better predictor would need fewer bits, none is known to.

    Args:
        watts: shape (steps,).
        hours: hour of the day of each, or any other thing known beforehand.
    """
    known = np.isfinite(watts)
    absent = (~known).astype(np.int64)
    presence = _learnt(absent, joined([before(absent, 1, 2), before(absent, 2, 2)]), 2)
    bits = -np.log2(presence)
    values = np.floor(np.clip(watts[known], -1e7, 1e7) + 0.5).astype(np.int64)
    if not len(values):
        return bits
    values -= values.min()
    size = int(values.max()) + 1
    chances = _predictions(values, size, hours[known])
    some = chances[:, :: -(-len(values) // _FITTED)]
    weights = np.full(len(chances), 1 / len(chances))
    for _ in range(_ROUNDS):
        shares = weights[:, np.newaxis] * some
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    telling = (len(chances) - 1) / 2 * np.log2(len(values)) / len(values)
    bits[known] += telling - np.log2(weights @ chances)
    return bits


def _predictions(values: Symbols, size: int, hours: Symbols) -> NDArray[np.float64]:
    """Return each predictor's probability of each value, shape (predictors, values)."""
    last, earlier = before(values, 1, 0), before(values, 2, 0)
    change, last_change = values - last + size, last - earlier
    level = _range_of(last, size)[0]
    moved = _range_of(np.abs(last_change), size)[0]
    state = joined([level, moved])
    step, alike = _range_of(np.abs(values - last), size)
    step = 2 * step + (values < last)
    into, alike_there = _range_of(values, size)
    nothing = np.zeros(len(values), dtype=np.int64)
    ranges = 2 * (int(_range_of(np.array([size]), size)[0][0]) + 1)
    return np.stack(
        [
            _learnt(values, nothing, size),
            _learnt(values, last, size),
            _learnt(values, joined([last, earlier]), size),
            _learnt(change, nothing, 2 * size),
            _learnt(change, state, 2 * size),
            _learnt(step, state, ranges) / alike,
            _learnt(into, joined([level, hours]), ranges) / alike_there,
            _learnt(into, hours, ranges) / alike_there,
        ]
    )


def _learnt(symbols: Symbols, contexts: Symbols, alphabet: int) -> NDArray[np.float64]:
    """Return each symbol's probability from what its context had seen before it."""
    seen = _times_before(joined([contexts, symbols]))
    total = _times_before(relabelled(contexts))
    return (seen + _PRIOR / alphabet) / (total + _PRIOR)


def _times_before(labels: Symbols) -> Symbols:
    """Return how often each label occurred ahead of its place."""
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 1))
    times = np.empty(len(labels), dtype=np.int64)
    times[order] = np.arange(len(labels)) - first[labels[order]]
    return times


def _range_of(values: Symbols, size: int) -> tuple[Symbols, Symbols]:
    """Return the range of each number from 0 on, eight to an octave, and its width."""
    edges = np.unique(
        np.concatenate(
            (np.arange(9), np.floor(2 ** np.arange(3, np.log2(size + 8) + 1, 1 / 8)))
        ).astype(np.int64)
    )
    index = np.searchsorted(edges, values, side="right") - 1
    return index, np.diff(np.append(edges, 2 * edges[-1]))[index]
