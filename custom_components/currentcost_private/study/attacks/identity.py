"""Whose month is this? A household's signature, and the one that it is nearest to.

After Buchmann, Boehm, Burghardt and Kessler 2013 ("Re-identification of smart meter
data", Personal and Ubiquitous Computing 17), who compare features of households; here
with how one level follows another, which steps come how often, and the night's cycles.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..scores import Floats, Marks
from ..series import DAY
from ..views import View

LEVELS = (100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)
JUMPS = np.geomspace(20, 10_000, 15)
CHUNKS = 4
"""Parts of a period: how much they differ says how much a household varies."""


def signatures(view: View, period: slice) -> Floats:
    """Return the signatures of parts of a period of days, shape (parts, features).

    Args:
        view: whole days are counted from its first midnight.
        period: which of its days.
    """
    whole = view.series.whole_days()
    values = whole.days()
    if view.buckets is not None:
        before = (view.series.start - whole.start) // whole.step
        marks = np.full(len(whole), np.nan)
        marks[before : before + len(view.buckets)] = np.where(
            view.buckets < 0, np.nan, view.buckets
        )
        values = marks.reshape(values.shape)
    first = whole.start // DAY
    weekend = (first + np.arange(len(values)) + 3) % 7 >= 5
    known = np.isfinite(values).mean(axis=1) >= 0.5
    days = np.arange(len(values))[period]
    days = days[known[days]]
    return np.array(
        [
            _signature(values[part], weekend[part], whole.step, len(view.bounds))
            for part in np.array_split(days, CHUNKS)
            if len(part)
        ]
    )


def nearest(known: Sequence[Floats], asked: Sequence[Floats]) -> NDArray[np.int64]:
    """Return which of the known households each asked one is taken for.

    Linear discriminants with shrinkage (Ledoit and Wolf 2004) or the nearest mean of
    scaled features, whichever tells the parts of the known periods apart better.
    """
    owner = np.repeat(np.arange(len(known)), [len(each) for each in known])
    part = np.concatenate([np.arange(len(each)) for each in known])
    values = np.concatenate(known)
    left = part == part.max()
    best = max(
        (_by_discriminants, _by_distance),
        key=lambda method: float(
            (
                method(values[~left], owner[~left], values[left]).argmax(axis=1)
                == owner[left]
            ).mean()
        ),
    )
    taken = [best(values, owner, each).sum(axis=0).argmax() for each in asked]
    return np.array(taken, dtype=np.int64)


def _by_discriminants(
    values: Floats, owner: NDArray[np.int64], asked: Floats
) -> Floats:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-3
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    with threadpool_limits(1):
        model.fit((values - mean) / spread, owner)
        chances: Floats = model.predict_log_proba((asked - mean) / spread)
    floored: Floats = np.maximum(chances, -50.0)
    return floored


def _by_distance(values: Floats, owner: NDArray[np.int64], asked: Floats) -> Floats:
    """Return minus the distances, features weighted by how households differ in them."""
    means = np.array([values[owner == each].mean(axis=0) for each in np.unique(owner)])
    within = np.sqrt(((values - means[owner]) ** 2).mean(axis=0)) + 1e-3
    apart: Floats = np.abs((asked[:, None, :] - means[None]) / within)
    nearness: Floats = -np.minimum(apart, 8).sum(axis=2)
    return nearness


def _signature(days: Floats, weekend: Marks, step: int, bounds: int) -> Floats:
    """Return the features of some days, shape (days, steps)."""
    level = days if bounds else np.log1p(days)
    hours = level.reshape(len(days), 24, -1)
    parts = [
        _mean(hours[~weekend], (0, 2)),
        _mean(hours[weekend], (0, 2)),
        _mean((hours - _mean(hours, (0, 2))[:, None]) ** 2, (0, 2)),
        np.nanquantile(level, [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]),
        _follows(days, bounds),
    ]
    if not bounds and step <= 900:
        jumps = np.abs(np.diff(days.ravel()))
        counts = np.histogram(jumps[np.isfinite(jumps)], JUMPS)[0] / len(days)
        parts.append(np.sqrt(counts))
    if not bounds and step <= 60:
        night = days[:, : 5 * 3600 // step]
        shares = np.histogram(night[np.isfinite(night)], np.arange(0, 520, 20))[0]
        parts += [np.sqrt(shares / max(shares.sum(), 1)), _cycles(night, step)]
    signature: Floats = np.nan_to_num(np.concatenate(parts))
    return signature


def _mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=axes)
    total = np.where(known, values, 0.0).sum(axis=axes)
    means: Floats = total / np.maximum(count, 1)
    return means


def _follows(days: Floats, bounds: int) -> Floats:
    """Return how often one level follows another."""
    flat = days.ravel()
    known = np.isfinite(flat[1:]) & np.isfinite(flat[:-1])
    levels = (
        np.nan_to_num(flat) if bounds else np.searchsorted(LEVELS, np.nan_to_num(flat))
    )
    count = bounds + 1 if bounds else len(LEVELS) + 1
    pairs = levels[:-1].astype(np.int64) * count + levels[1:].astype(np.int64)
    table = np.bincount(pairs[known], minlength=count * count)
    shares: Floats = np.sqrt(table / max(table.sum(), 1))
    return shares


def _cycles(night: Floats, step: int) -> Floats:
    """Return the autocorrelation of nights at 5 to 120 minutes: the fridge's cycle."""
    flat = np.nan_to_num(night - _mean(night, (1,))[:, None]).clip(-150, 150)
    power = max(float((flat**2).mean()), 1e-6)
    lags = np.arange(300, 7201, 300) // step
    return np.array([(flat[:, :-lag] * flat[:, lag:]).mean() / power for lag in lags])
