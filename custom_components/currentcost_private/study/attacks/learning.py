"""Attacks that learn from days whose truth is known."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..scores import Marks

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

type Floats = NDArray[np.float64]
type Values = NDArray[np.float64] | NDArray[np.float32]

ROWS = 24_000
"""Most examples that one model is fitted on: more take time and teach nothing."""


def fitted(values: Values, truth: Marks, *, seed: int = 0) -> ClassifierMixin:
    """Return gradient boosted trees (Friedman 2001) that tell the truth's probability."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    values, truth = sample(values, truth, seed)
    # Trees can't be fitted to what is never known.
    values = np.where(np.isfinite(values).any(axis=0), values, values.dtype.type(0))
    model = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=100,
        max_leaf_nodes=24,
        min_samples_leaf=15,
        l2_regularization=1.0,
        max_features=0.4,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):
        return model.fit(values, truth)


def told(model: ClassifierMixin, values: Values) -> Floats:
    """Return the probability of the truth for each row."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with threadpool_limits(1):
        probabilities = model.predict_proba(values)
    classes = list(model.classes_)
    if True not in classes:
        return np.zeros(len(values))
    column: Floats = probabilities[:, classes.index(True)]
    return column


def sample(values: Values, truth: Marks, seed: int) -> tuple[Values, Marks]:
    """Return at most so many rows, by chance."""
    if len(values) <= ROWS:
        return values, truth
    chosen = np.random.default_rng(seed).choice(len(values), ROWS, replace=False)
    return values[chosen], truth[chosen]
