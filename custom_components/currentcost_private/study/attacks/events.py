"""Runs of an appliance told, against those that were."""

import numpy as np
from numpy.typing import NDArray

from ..scores import Floats, Marks

TOLERANCE = 5
"""Minutes by which the begin of a run may be told wrong."""
PAUSES = {"washing machine": 45, "dishwasher": 60, "oven": 15, "tumble dryer": 20}
"""Minutes without heating inside one run; 3 for other kinds."""
BLOCK = 3 * 1440


def event_counts(truth: Marks, told: Marks, kind: str) -> Floats:
    """Return runs that were found, invented and missed, by blocks of three days.

    Args:
        truth: shape (minutes,).
        told: shape (minutes,).
        kind: of appliance; it says how long a run may pause.

    Returns:
        Shape (blocks, 4): true and false positives, false negatives, and 0.
    """
    pause = PAUSES.get(kind, 3)
    were, said = runs(truth, pause), runs(told, pause)
    counts = np.zeros((len(truth) // BLOCK + 1, 4))
    next_ = 0
    for start, end in were.tolist():
        while next_ < len(said) and _before(said[next_], start, end):
            counts[said[next_, 0] // BLOCK, 1] += 1
            next_ += 1
        found = next_ < len(said) and _same(said[next_], start, end)
        counts[start // BLOCK, 0 if found else 2] += 1
        next_ += found
    for start in said[next_:, 0].tolist():
        counts[start // BLOCK, 1] += 1
    used: Floats = counts[counts.sum(axis=1) > 0]
    return used


def _before(run: NDArray[np.int64], start: int, end: int) -> bool:
    return not _same(run, start, end) and bool(run[0] < start)


def _same(run: NDArray[np.int64], start: int, end: int) -> bool:
    """Return whether runs begin together or share half of the longer one."""
    shared = min(run[1], end) - max(run[0], start)
    longer = max(run[1] - run[0], end - start)
    return bool(abs(run[0] - start) <= TOLERANCE or shared > longer / 2)


def runs(marks: Marks, pause: int) -> NDArray[np.int64]:
    """Return begin and end of runs, pauses up to some minutes bridged, (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.pad(marks, 1).astype(np.int8))).reshape(-1, 2)
    if not len(edges):
        return edges
    apart = edges[1:, 0] - edges[:-1, 1] > pause
    begins = edges[np.concatenate([[True], apart]), 0]
    ends = edges[np.concatenate([apart, [True]]), 1]
    return np.stack([begins, ends], axis=1)
