"""How well attacks do on every view, against what chance and a clock would tell.

The first days train, the later ones test; which attack is taken, and from which
probability on it says yes, is settled on the training days alone (`attacks.contest`).
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import re

import numpy as np
from numpy.typing import NDArray

from .activity import ASLEEP, AWAY, activity_of, symbols_of
from .appliances import events_of
from .attacks import thresholds
from .attacks.contest import ONE, OTHER, TEST, Fine, Sample, compete
from .attacks.events import event_counts
from .attacks.features import windows_of
from .attacks.minutes import minutes_of
from .bounds import even_bounds
from .ladder import FIXED, Given, ladder
from .scores import SCORES, Marks, counted, f1, interval, mcc
from .series import DAY, ENOUGH, Series
from .simulated import Home
from .views import View, bucket_view

type Floats = NDArray[np.float64]

TRAINING = 0.6
HOME = "occupied"
STATES = {HOME: 900, "asleep": 900}
LEAST = 100.0
"""W above the quiet minutes around, below which no appliance is looked for."""
IDLE = 0.03
"""Share of quiet minutes that are looked at nevertheless."""
_APPLIANCE = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Household:
    """Readings and the truth behind them.

    Attributes:
        source: what it is called in tables; households of one source are one sample.
        series: what the meter shows.
        truth: for each secret, shape (steps,): "occupied", "asleep", and appliances.
    """

    source: str
    series: Series
    truth: Mapping[str, Marks]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        attack: the secret that is attacked.
        method: how.
        view: on what.
        source: in whose readings.
        metric: "MCC", "F1", "balanced accuracy", "accuracy", ...
        value: what it reaches.
        low: lower end of 95 % confidence.
        high: upper end.
        majority: what always saying the same reaches.
        clock: what somebody reaches who has only the clock and the training days' truth.
        n: of how many windows (or events, households) it is.
    """

    attack: str
    method: str
    view: str
    source: str
    metric: str
    value: float
    low: float
    high: float
    majority: float
    clock: float
    n: int


def asked_of(secret: str) -> int:
    """Return the length (s) of what is asked about: an appliance ran within the hour."""
    return STATES.get(secret, _APPLIANCE)


def household_of(home: Home, source: str = "simulator") -> Household:
    """Return a simulated home as a household."""
    truth = {"occupied": home.occupied, "asleep": home.asleep, **home.appliances}
    return Household(source, home.series, truth)


def evaluate(
    households: Sequence[Household],
    *,
    secrets: Sequence[str] = (),
    views: Sequence[str] = (),
    given: Given = (),
    seed: int = 0,
    workers: int = 1,
) -> list[Row]:
    """Return how well each secret of the households can be told from each view.

    Args:
        households: those of one source are learned from together, and each other's
            days too, as a provider could that knows the truth of a few homes.
        secrets: those to attack; all that there are if empty.
        views: names of those to attack; all of the ladder if empty.
        given: plans to attack besides.
        seed: for what is drawn by chance.
        workers: processes that share the views.
    """
    tasks: list[_Task] = []
    for source in dict.fromkeys(household.source for household in households):
        group = [household for household in households if household.source == source]
        names = dict.fromkeys(name for household in group for name in household.truth)
        wanted = [name for name in names if not secrets or name in secrets]
        for length in dict.fromkeys(asked_of(name) for name in wanted):
            same = [name for name in wanted if asked_of(name) == length]
            tasks += [
                _Task(group, same, length, number, given, seed)
                for number, view in enumerate(ladder(group[0].series, given))
                if not views or view.name in views
            ]
    if workers <= 1:
        return [row for task in tasks for row in _attacked(task)]
    with ProcessPoolExecutor(workers) as pool:
        return [row for rows in pool.map(_attacked, tasks) for row in rows]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One view of the households of one source, and secrets of one length of window."""

    group: Sequence[Household]
    secrets: Sequence[str]
    length: int
    view: int
    given: Given
    seed: int


def _attacked(task: _Task) -> list[Row]:
    """Return the rows of one view."""
    group, length = task.group, task.length
    seen = [ladder(household.series, task.given)[task.view] for household in group]
    roles = [_roles(household.series, length) for household in group]
    features = [windows_of(view, length).values for view in seen]
    symbols = [
        _symbols(view, length, len(role))
        for view, role in zip(seen, roles, strict=True)
    ]
    fine = [_fine_features(view, length) for view in seen]
    coarse = [_coarser(view, length) for view in seen]
    rows: list[Row] = []
    for secret in task.secrets:
        stays = secret in STATES
        truths = [_truth(household, secret, length) for household in group]
        owners = [n for n, truth in enumerate(truths) if truth.any()]
        if not owners:
            continue
        samples = [
            Sample(
                length,
                features[n],
                symbols[n],
                truths[n],
                roles[n],
                _weekend(group[n], roles[n], length),
                None if stays else _fine(fine[n], group[n], secret),
                None if stays else coarse[n],
            )
            for n in owners
        ]
        verdict = compete(samples, stays=stays, seed=task.seed)
        names = secret, verdict.method, seen[0].name, group[0].source
        rows += _rows(names, samples, verdict.told, verdict.clock)
        for method, told in _untrained(secret, length, [seen[n] for n in owners]):
            names = secret, method, seen[0].name, group[0].source
            rows += _rows(names, samples, told, verdict.clock)
        if verdict.fine and seen[0].series.step <= 60:
            names = secret, "boosted trees on steps", seen[0].name, group[0].source
            rows += _by_minute(names, samples, verdict.fine)
    return rows


def _fine_features(view: View, length: int) -> tuple[int, Fine] | None:
    """Return a view's own windows where they are shorter, without truth, and their step."""
    if length <= STATES[HOME] or view.series.step >= length:
        return None
    if view.buckets is not None or view.series.step > 60:
        windows = windows_of(view, view.series.step)
        possible = np.isfinite(windows.values[:, 0])
    else:
        windows = minutes_of(view.series)
        idle = np.random.default_rng(0).random(len(windows.values)) < IDLE
        possible = np.isfinite(windows.values[:, 0])
        possible &= (windows.values[:, 1] > LEAST) | idle
    values = windows.values[possible].astype(np.float32)
    nothing = np.zeros(len(possible), dtype=bool)
    return windows.step, Fine(values, np.flatnonzero(possible), nothing)


def _coarser(view: View, length: int) -> Floats | None:
    """Return the features of buckets that whoever sees long windows can make of them."""
    if view.buckets is not None or view.series.step < STATES[HOME]:
        return None
    bounds = even_bounds(view.series.watts, max(FIXED) + 1)
    return windows_of(bucket_view(view.series, view.series.step, bounds), length).values


def kind_of(name: str) -> str:
    """Return the kind of appliance that a column is named after, as events have it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", name).strip().lower()


def _fine(
    fine: tuple[int, Fine] | None, household: Household, secret: str
) -> Fine | None:
    """Return shorter windows with their truth."""
    if fine is None:
        return None
    step, windows = fine
    return replace(windows, truth=_truth(household, secret, step))


def _untrained(
    secret: str, length: int, views: Sequence[View]
) -> Iterator[tuple[str, list[Marks]]]:
    """Yield the attacks that need no truth."""
    if secret not in STATES:
        if views[0].series.step <= 120 and views[0].buckets is None:
            yield (
                "steps matched (Hart 1992), untrained",
                [_ran(secret, view, length) for view in views],
            )
        return
    found = []
    for view in views:
        activity = activity_of(view)
        state = activity.states[:, AWAY if secret == HOME else ASLEEP]
        marks = state < 0.5 if secret == HOME else state > 0.5
        found.append(_on_grid(marks, activity.start, activity.step, length))
    yield "hidden Markov, untrained", found
    if secret == HOME:
        yield (
            "night's thresholds (Chen et al. 2013)",
            [thresholds.occupied(view, length) for view in views],
        )


def _ran(kind: str, view: View, length: int) -> Marks:
    """Return the windows in which an appliance ran, by its steps alone."""
    whole = view.series.whole_days()
    marks = np.zeros(len(whole) * whole.step // length, dtype=bool)
    for event in events_of(view):
        if event.kind == kind_of(kind):
            first = (event.start - whole.start) // length
            marks[first : (event.end - whole.start) // length + 1] = True
    return marks


def _on_grid(marks: Marks, start: int, step: int, length: int) -> Marks:
    """Return marks of steps as of windows of whole days."""
    count = max(step // length, 1)
    repeated = np.repeat(marks, count)
    before = start % DAY // length
    after = -(before + len(repeated)) % (DAY // length)
    return np.pad(repeated, (before, after))


def _rows(
    names: tuple[str, str, str, str],
    samples: Sequence[Sample],
    told: Sequence[Marks],
    clock: Sequence[Marks],
) -> Iterator[Row]:
    """Yield the figures of one attack on one view."""
    tests = [sample.role == TEST for sample in samples]
    truth = np.concatenate([s.truth[t] for s, t in zip(samples, tests, strict=True)])
    said = np.concatenate([x[t] for x, t in zip(told, tests, strict=True)])
    by_clock = np.concatenate([x[t] for x, t in zip(clock, tests, strict=True)])
    blocks = _blocks(samples, tests)
    counts, clocked = counted(truth, said, blocks), counted(truth, by_clock, blocks)
    secret, method, view, source = names
    constant = [
        counted(truth, np.full(len(truth), always), blocks).sum(axis=0)
        for always in (False, True)
    ]
    for metric, score in SCORES.items():
        low, high = interval(counts, score)
        yield Row(
            attack=secret,
            method=method,
            view=view,
            source=source,
            metric=metric,
            value=float(score(counts.sum(axis=0))),
            low=low,
            high=high,
            majority=max(float(score(each)) for each in constant),
            clock=float(score(clocked.sum(axis=0))),
            n=len(truth),
        )


def _by_minute(
    names: tuple[str, str, str, str], samples: Sequence[Sample], told: Sequence[Marks]
) -> Iterator[Row]:
    """Yield the figures that the literature on disaggregation gives."""
    secret, method, view, source = names
    minutes, events = [], []
    for number, (sample, marks) in enumerate(zip(samples, told, strict=True)):
        if sample.fine is None:
            continue
        tested = np.repeat(sample.role == TEST, len(marks) // len(sample.role))
        truth = sample.fine.truth
        blocks = np.arange(len(marks)) // (3 * 1440) + 10_000 * number
        minutes.append(counted(truth[tested], marks[tested], blocks[tested]))
        events.append(event_counts(truth & tested, marks & tested, kind_of(secret)))
    for metric, score, parts in (
        ("F1 by minute", f1, minutes),
        ("MCC by minute", mcc, minutes),
        ("F1 of runs", f1, events),
    ):
        counts = np.concatenate(parts)
        total = counts.sum(axis=0)
        low, high = interval(counts, score)
        n = int(total.sum()) if "runs" not in metric else int(total[0] + total[2])
        yield Row(
            attack=secret,
            method=method,
            view=view,
            source=source,
            metric=metric,
            value=float(score(total)),
            low=low,
            high=high,
            majority=0.0,
            clock=0.0,
            n=n,
        )


def _blocks(samples: Sequence[Sample], tests: Sequence[Marks]) -> NDArray[np.int64]:
    """Return what is drawn together: a household of many, else three days of one."""
    blocks = []
    for number, (sample, test) in enumerate(zip(samples, tests, strict=True)):
        day = np.flatnonzero(test) * sample.step // DAY
        blocks.append(number * 10_000 + day // (10_000 if len(samples) >= 10 else 3))
    return np.concatenate(blocks)


def _roles(series: Series, length: int) -> NDArray[np.int64]:
    """Return for which part windows of whole days are used; -1 where little is known."""
    days = series.days()
    known = np.isfinite(days).reshape(len(days), DAY // length, -1).mean(axis=2)
    usable = np.flatnonzero(known.mean(axis=1) >= ENOUGH)
    trained = round(len(usable) * TRAINING)
    day_role = np.full(len(days), -1)
    day_role[usable] = TEST
    day_role[usable[:trained]] = np.where(np.arange(trained) // 3 % 2, OTHER, ONE)
    role = np.repeat(day_role, DAY // length)
    role[known.ravel() < ENOUGH] = -1
    return role


def _truth(household: Household, secret: str, length: int) -> Marks:
    """Return the secret for windows of whole days: a state's most, a run's any."""
    series = household.series
    marks = household.truth.get(secret, np.zeros(len(series), dtype=bool))
    whole = Series(series.start, series.step, marks.astype(float)).days().ravel()
    shares = np.nan_to_num(whole).reshape(-1, length // series.step).mean(axis=1)
    holds: Marks = shares > (0.5 if secret in STATES else 0)
    return holds


def _symbols(view: View, length: int, windows: int) -> NDArray[np.int64]:
    """Return a view's symbols for windows of whole days."""
    series, symbols, _ = symbols_of(view)
    if series.step < length:
        symbols = symbols[:: length // series.step]
    padded = np.repeat(symbols, max(series.step // length, 1))
    before = series.start % DAY // length
    return np.pad(padded, (before, windows - before - len(padded)), constant_values=-1)


def _weekend(household: Household, role: NDArray[np.int64], length: int) -> Marks:
    first = household.series.start // DAY
    day = first + np.arange(len(role)) * length // DAY
    weekend: Marks = (day + 3) % 7 >= 5
    return weekend
