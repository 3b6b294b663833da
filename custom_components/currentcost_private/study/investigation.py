"""A study of households: what every view gives away, in bits and to attacks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .disclosure import Disclosure, disclosure
from .evaluation import STATES, Household, Row, asked_of, evaluate
from .gridding import Gridded
from .ladder import ladder
from .outlook import foresee, identify
from .series import DAY, ENOUGH, Series
from .sharing import Shared, shared_information

RUNNING_SHARE = 0.05
RUNNING_WATTS = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Investigation:
    """What was found; by the names of views.

    Attributes:
        disclosures: bits a day, of the first household's `recorded_days`.
        shared: for each secret and view, what they have in common; means of households.
        rows: what attacks reach; empty without a truth.
    """

    disclosures: Mapping[str, Disclosure]
    shared: Mapping[tuple[str, str], Shared]
    rows: Sequence[Row]


def recorded_household(
    source: str, grid: Gridded, *, days: int | None = None
) -> Household:
    """Return a recorded household; its truth is which appliances ran.

    One runs above 5 % of its usual highest power, and above 15 W: below is standby. Its
    unknown power counts as none.

    Args:
        source: what it is called.
        grid: what was recorded.
        days: only so many from the first one on.
    """
    series, steps = grid.series, len(grid.series)
    if days is not None:
        series = series.between(series.start, series.start + days * DAY)
        steps = len(series)
    truth: dict[str, NDArray[np.bool_]] = {}
    for name, watts in grid.appliances.items():
        drawing = watts[np.isfinite(watts) & (watts > RUNNING_WATTS)]
        if not len(drawing):
            continue
        least = max(RUNNING_WATTS, RUNNING_SHARE * float(np.quantile(drawing, 0.99)))
        runs = np.nan_to_num(watts[:steps]) > least
        if runs.any():
            truth[name] = runs
    return Household(source, series, truth)


def recorded_days(series: Series) -> Series:
    """Return the days of which at least half was measured, one after the other.

    What wasn't recorded gave nothing away, and would count as reports that are missing.
    """
    days = series.days()
    kept = days[np.isfinite(days).mean(axis=1) >= ENOUGH]
    return Series(series.whole_days().start, series.step, kept.ravel())


def investigate(
    households: Sequence[Household],
    *,
    windows: Sequence[int] = (),
    bounds: Sequence[float] = (),
    seed: int = 0,
    workers: int = 1,
    told: Callable[[str], None] = lambda _: None,
) -> Investigation:
    """Study households of one source.

    Args:
        households: one at least.
        windows: of a plan (s).
        bounds: its thresholds (W); none: only those that every study looks at.
        seed: of all that chance decides.
        workers: processes that run the attacks; 0 for no attacks.
        told: hears what is being done.
    """
    given = [(window, tuple(bounds)) for window in windows] if bounds else []
    told("How much information is in it ...")
    first = recorded_days(households[0].series)
    disclosures = {view.name: disclosure(view) for view in ladder(first, given)}
    told("What it shares with each secret ...")
    shares: dict[tuple[str, str], list[Shared]] = {}
    for household in households:
        seen = ladder(household.series, given)
        for secret, marks in household.truth.items():
            step = asked_of(secret)
            truth = windows_of_truth(
                household.series, marks, step, any_of=secret not in STATES
            )
            for view in seen:
                found = shared_information(view, truth, step=step, seed=seed)
                shares.setdefault((secret, view.name), []).append(found)
    rows: list[Row] = []
    if workers and any(household.truth for household in households):
        told("Attacks ...")
        rows = evaluate(households, given=given, seed=seed, workers=workers)
        rows += foresee(households)
        if len(households) > 1:
            rows += identify(households)
    return Investigation(
        disclosures, {key: _mean(values) for key, values in shares.items()}, rows
    )


def windows_of_truth(
    series: Series, marks: NDArray[np.bool_], step: int, *, any_of: bool
) -> NDArray[np.int64]:
    """Return a secret for windows (s) from the first midnight on; -1 where unmeasured.

    True where it is for most of the window, or for any part of it.
    """
    known = np.isfinite(series.watts)
    whole = Series(
        series.start, series.step, np.where(known, marks, np.nan).astype(np.float64)
    )
    parts = whole.days().reshape(-1, max(step // series.step, 1))
    measured = np.isfinite(parts)
    share = np.nansum(parts, axis=1) / np.maximum(measured.sum(axis=1), 1)
    yes = share > 0 if any_of else share > 0.5
    return np.where(measured.mean(axis=1) >= ENOUGH, yes, -1).astype(np.int64)


def _mean(values: Sequence[Shared]) -> Shared:
    """Return the mean over households; of their p values the median."""
    return Shared(
        windows=sum(each.windows for each in values),
        secret=float(np.mean([each.secret for each in values])),
        bits=float(np.mean([each.bits for each in values])),
        chance=float(np.mean([each.chance for each in values])),
        p_value=float(np.median([each.p_value for each in values])),
    )
