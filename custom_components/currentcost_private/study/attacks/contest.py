"""Which of the attacks that learn does best, settled before the test days are looked at.

The training days are halved, blocks of days in turn; each half is told by what was
learned from the other. The attack, and the probability from which it says yes, that give
the best correlation there are learned again from all training days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..scores import Marks, best_threshold
from ..series import DAY
from .learning import fitted, told
from .sequences import EVIDENCE, by_symbols, smoothed

type Floats = NDArray[np.float64]

ONE, OTHER, TEST = range(3)
FOLDS = 4
FACTOR = 2.0
"""An attack says yes at most so many times as often as is true, or as seldom."""


@dataclass(frozen=True, slots=True, eq=False)
class Fine:
    """A sample's own, shorter windows; an appliance ran in one if it did in a part.

    Attributes:
        values: shape (rows, features); of those in which something may run.
        rows: shape (rows,); which of all windows * parts those are.
        truth: shape (windows * parts,).
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int64]
    truth: Marks


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One household as one view shows it, and one secret; whole days of windows.

    Attributes:
        step: length of a window (s).
        values: shape (windows, features).
        symbols: shape (windows,); -1 where nothing is known.
        truth: shape (windows,).
        role: shape (windows,); ONE half of the training days, the OTHER, TEST, or -1.
        weekend: shape (windows,).
        fine: shorter windows, if the view has them and they tell more.
        coarse: shape (windows, features); of a coarser view that can be made of this
            one, where little is to be learned from and less detail may mislead less.
    """

    step: int
    values: Floats
    symbols: NDArray[np.int64]
    truth: Marks
    role: NDArray[np.int64]
    weekend: Marks
    fine: Fine | None = None
    coarse: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What the best attack says, and what the clock says: (windows,) for each sample.

    Attributes:
        method: the attack.
        told: whether it says that the secret holds.
        clock: whether the clock does.
        fine: whether the shorter windows say so; empty where there are none.
    """

    method: str
    told: list[Marks]
    clock: list[Marks]
    fine: list[Marks] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Probabilities of all samples' windows by attack, and of the shorter windows."""

    windows: dict[str, Floats]
    fine: Floats | None


def compete(samples: Sequence[Sample], *, stays: bool, seed: int = 0) -> Verdict:
    """Return what the attack says that did best on training days.

    Args:
        samples: households that are learned from, and attacked, together.
        stays: whether the secret lasts for hours, so that a sequence tells more.
        seed: for what is drawn by chance.
    """
    truth = np.concatenate([sample.truth for sample in samples])
    role = np.concatenate([sample.role for sample in samples])
    halves = [
        _told(samples, [s.role == half for s in samples], stays=stays, seed=seed)
        for half in (ONE, OTHER)
    ]
    trained = (role == ONE) | (role == OTHER)
    best, method, threshold = -2.0, "", 0.5
    for name, one in halves[0].windows.items():
        crossed = np.where(role == OTHER, one, halves[1].windows[name])
        at, score = best_threshold(truth[trained], crossed[trained], factor=FACTOR)
        if score > best:
            best, method, threshold = score, name, at
    learned = [(s.role == ONE) | (s.role == OTHER) for s in samples]
    final = _told(samples, learned, stays=stays, seed=seed, only=method)
    usual = np.concatenate(usual_of(samples, learned))
    clock, _ = best_threshold(truth[trained], usual[trained])
    ends = np.cumsum([len(sample.truth) for sample in samples])[:-1]
    return Verdict(
        method.split(" /")[0],
        np.split(final.windows[method] > threshold, ends),
        np.split(usual > clock, ends),
        _fine_verdict(samples, halves, final),
    )


def _fine_verdict(
    samples: Sequence[Sample], halves: list[_Told], final: _Told
) -> list[Marks]:
    """Return what the shorter windows say."""
    fine = [sample.fine for sample in samples if sample.fine is not None]
    one, other = (half.fine for half in halves)
    if not fine or one is None or other is None or final.fine is None:
        return []
    truth = np.concatenate([each.truth for each in fine])
    role = np.concatenate([_repeated(s.role, s) for s in samples])
    trained = (role == ONE) | (role == OTHER)
    crossed = np.where(role == OTHER, one, other)
    threshold, _ = best_threshold(truth[trained], crossed[trained], factor=FACTOR)
    ends = np.cumsum([len(each.truth) for each in fine])[:-1]
    return np.split(final.fine > threshold, ends)


def _told(
    samples: Sequence[Sample],
    learned: list[Marks],
    *,
    stays: bool,
    seed: int,
    only: str = "",
) -> _Told:
    """Return what each attack gives that has learned from some windows' truth."""
    usual = usual_of(samples, learned)
    truth = np.concatenate([sample.truth for sample in samples])
    chosen = np.concatenate(learned)
    ends = np.cumsum([len(sample.truth) for sample in samples])[:-1]
    clock = np.concatenate(usual)
    used = np.concatenate([sample.role >= 0 for sample in samples])
    found: dict[str, Floats] = {}
    values = np.concatenate(
        [np.column_stack([s.values, u]) for s, u in zip(samples, usual, strict=True)]
    )

    def learned_from(features: Floats) -> Floats:
        model = fitted(features[chosen], truth[chosen], seed=seed)
        probability = clock.copy()
        probability[used] = told(model, features[used])
        return probability

    if "boosted" in (only or "boosted"):
        found["boosted trees"] = learned_from(values)
    coarse = [each.coarse for each in samples if each.coarse is not None]
    if len(coarse) == len(samples) and "coarser" in (only or "coarser"):
        found["boosted trees, coarser"] = learned_from(
            np.column_stack([np.concatenate(coarse), clock])
        )
        if "boosted trees" in found:
            found["boosted trees, also coarser"] = np.sqrt(
                found["boosted trees"] * found["boosted trees, coarser"]
            )
    fine = _fine(samples, learned, seed)
    if fine is not None:
        parts = np.split(
            fine, np.cumsum([len(s.fine.truth) for s in samples if s.fine])[:-1]
        )
        short = np.concatenate(
            [
                p.reshape(len(s.truth), -1).max(axis=1)
                for p, s in zip(parts, samples, strict=True)
            ]
        )
        for name in [name for name in found if name.startswith("boosted")]:
            found[f"{name} twice"] = np.sqrt(found[name] * short)
        found["boosted trees on steps"] = short
    for name in [name for name in found if name == "boosted trees"]:
        found[f"{name} and clock"] = np.sqrt(found[name] * clock)
    found["clock"] = clock
    if not stays:
        return _Told(found, fine)
    for name in [name for name in found if name.startswith("boosted")]:
        for weight in EVIDENCE:
            smooth = [
                smoothed(p, u, s.truth, known, step=s.step, weight=weight)
                for s, u, p, known in zip(
                    samples, usual, np.split(found[name], ends), learned, strict=True
                )
            ]
            found[f"{name}, hidden Markov /{weight}"] = np.concatenate(smooth)
    found["hidden Markov over symbols"] = np.concatenate(
        [
            by_symbols(s.symbols, s.truth, known, s.step)
            for s, known in zip(samples, learned, strict=True)
        ]
    )
    return _Told(found, fine)


def _repeated[T: np.generic](values: NDArray[T], sample: Sample) -> NDArray[T]:
    """Return values of windows for each of their parts."""
    parts = len(sample.fine.truth) // len(sample.truth) if sample.fine else 1
    return np.repeat(values, parts)


def _fine(samples: Sequence[Sample], learned: list[Marks], seed: int) -> Floats | None:
    """Return the probability of each shorter window; 0 where nothing can run."""
    fine = [sample.fine for sample in samples if sample.fine is not None]
    if len(fine) < len(samples):
        return None
    values = np.concatenate([each.values for each in fine])
    truth = np.concatenate([each.truth[each.rows] for each in fine])
    known = np.concatenate(
        [
            _repeated(marks, sample)[each.rows]
            for marks, sample, each in zip(learned, samples, fine, strict=True)
        ]
    )
    offsets = np.cumsum([0, *(len(each.truth) for each in fine)])
    rows = np.concatenate(
        [each.rows + offset for each, offset in zip(fine, offsets[:-1], strict=True)]
    )
    probability = np.zeros(int(offsets[-1]))
    if truth[known].any():
        probability[rows] = told(fitted(values[known], truth[known], seed=seed), values)
    return probability


def usual_of(samples: Sequence[Sample], learned: list[Marks]) -> list[Floats]:
    """Return how often the secret holds at a time of a work day or weekend.

    The training days of the same household, drawn towards those of all; what somebody
    knows who has no meter at all. For a training day itself only the days of other
    quarters count, so that a model can't read the truth off it.
    """
    quarters = [
        _quarters(sample, known) for sample, known in zip(samples, learned, strict=True)
    ]
    tables = [
        np.stack(
            [_table(sample, known & (quarter != left)) for left in range(-1, FOLDS)]
        )
        for sample, known, quarter in zip(samples, learned, quarters, strict=True)
    ]
    hits, days = np.sum([table[0] for table in tables], axis=0)
    shared = (hits + 0.5) / (days + 1)
    result = []
    for sample, quarter, table in zip(samples, quarters, tables, strict=True):
        slot = _slot(sample)
        hits, days = table[quarter + 1, 0, slot], table[quarter + 1, 1, slot]
        result.append((hits + 2 * shared[slot]) / (days + 2))
    return result


def _quarters(sample: Sample, known: Marks) -> NDArray[np.int64]:
    """Return which quarter of the training days a window is of, -1 for other days."""
    day = np.arange(len(known)) * sample.step // DAY
    numbers = np.unique(day[known])
    place = np.searchsorted(numbers, day) * FOLDS // max(len(numbers), 1)
    return np.where(known, np.minimum(place, FOLDS - 1), -1)


def _slot(sample: Sample) -> NDArray[np.int64]:
    """Return the time of a work day, or after those of a weekend, of each window."""
    per_day = DAY // sample.step
    return np.arange(len(sample.truth)) % per_day + per_day * sample.weekend


def _table(sample: Sample, known: Marks) -> Floats:
    """Return hits and days, with half of the neighbours', (2, times of both kinds)."""
    per_day = DAY // sample.step
    slot = _slot(sample)[known]
    counts = np.stack(
        [
            np.bincount(slot, sample.truth[known], minlength=2 * per_day),
            np.bincount(slot, minlength=2 * per_day).astype(float),
        ]
    )
    by_day = counts.reshape(2, 2, per_day)
    near = np.roll(by_day, 1, axis=2) + np.roll(by_day, -1, axis=2)
    table: Floats = (by_day + near / 2).reshape(2, -1)
    return table
