"""How good an attack is: against always saying the same, with what chance allows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Marks = NDArray[np.bool_]
type Score = Callable[[Floats], Floats]
"""From counts of true and false positives, false and true negatives, (..., 4)."""

RESAMPLED = 500


def mcc(counts: Floats) -> Floats:
    """Return Matthews' correlation (Matthews 1975); 0 where either side is constant."""
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    below = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    score: Floats = np.divide(
        tp * tn - fp * fn, below, out=np.zeros_like(below), where=below > 0
    )
    return score


def f1(counts: Floats) -> Floats:
    """Return the harmonic mean of precision and recall; 0 where nothing is positive."""
    tp, fp, fn, _ = np.moveaxis(counts, -1, 0)
    below = 2 * tp + fp + fn
    score: Floats = np.divide(2 * tp, below, out=np.zeros_like(below), where=below > 0)
    return score


def balanced(counts: Floats) -> Floats:
    """Return the mean of how many of either kind were told right."""
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    half = np.full_like(tp, 0.5)
    yes = np.divide(tp, tp + fn, out=half.copy(), where=tp + fn > 0)
    no = np.divide(tn, tn + fp, out=half.copy(), where=tn + fp > 0)
    score: Floats = (yes + no) / 2
    return score


def accuracy(counts: Floats) -> Floats:
    """Return the share that was told right."""
    tp, _, _, tn = np.moveaxis(counts, -1, 0)
    total = counts.sum(axis=-1)
    score: Floats = np.divide(tp + tn, total, out=np.zeros_like(total), where=total > 0)
    return score


SCORES: dict[str, Score] = {
    "MCC": mcc,
    "F1": f1,
    "balanced accuracy": balanced,
    "accuracy": accuracy,
}


def counted(truth: Marks, told: Marks, blocks: NDArray[np.int64]) -> Floats:
    """Return the four counts of each block, shape (blocks, 4)."""
    kinds = np.where(truth, np.where(told, 0, 2), np.where(told, 1, 3))
    _, block = np.unique(blocks, return_inverse=True)
    count = int(block.max()) + 1 if len(block) else 0
    tallies = np.bincount(block * 4 + kinds, minlength=count * 4)
    return tallies.reshape(-1, 4).astype(np.float64)


def interval(counts: Floats, score: Score, seed: int = 0) -> tuple[float, float]:
    """Return the middle 95 % of a score when blocks are drawn again (Kuensch 1989)."""
    rng = np.random.default_rng(seed)
    if not len(counts):
        return 0.0, 0.0
    drawn = rng.integers(0, len(counts), (RESAMPLED, len(counts)))
    low, high = np.quantile(score(counts[drawn].sum(axis=1)), [0.025, 0.975])
    return float(low), float(high)


def best_threshold(
    truth: Marks, probability: Floats, *, factor: float = np.inf
) -> tuple[float, float]:
    """Return the threshold on a probability that gives the best MCC, and that MCC.

    With a factor it says yes at most so many times as often, or seldom, as is true.
    """
    if truth.all() or not truth.any():
        return 0.5, 0.0
    order = np.argsort(-probability, kind="stable")
    ranked = truth[order].astype(np.float64)
    tp = np.cumsum(ranked)
    said = np.arange(1, len(ranked) + 1)
    yes = tp[-1]
    counts = np.stack([tp, said - tp, yes - tp, len(ranked) - said - yes + tp], axis=-1)
    values = mcc(counts)
    ends = np.append(np.diff(probability[order]) < 0, True)
    values[~ends] = -1
    fair = (said <= yes * factor) & (said * factor >= yes)
    if (fair & ends).any():
        values[~fair] = -1
    at = int(values.argmax())
    follows = (
        probability[order][at + 1] if at + 1 < len(order) else probability.min() - 1e-9
    )
    return float((probability[order][at] + follows) / 2), float(values[at])
