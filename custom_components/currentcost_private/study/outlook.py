"""Who is it, and when will they get up tomorrow: what a record of weeks gives away."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .attacks.identity import nearest, signatures
from .evaluation import TRAINING, Household, Row
from .findings import Moment, find
from .ladder import ladder
from .scores import Floats, Marks
from .series import DAY
from .views import View

CLOSE = 1800
"""A time told this exactly (s) counts as told."""
RESAMPLED = 500


def identify(households: Sequence[Household], views: Sequence[str] = ()) -> list[Row]:
    """Return how often a household's later days are recognised among all households'.

    The first half of each household's days has a name, the second half has none. Needs
    the extra `study`.
    """
    ladders = [ladder(household.series) for household in households]
    rows = []
    for number, first in enumerate(ladders[0]):
        if views and first.name not in views:
            continue
        seen = [steps[number] for steps in ladders]
        counts = [len(view.series.days()) // 2 for view in seen]
        known = [signatures(v, slice(n)) for v, n in zip(seen, counts, strict=True)]
        asked = [
            signatures(v, slice(n, None)) for v, n in zip(seen, counts, strict=True)
        ]
        right = nearest(known, asked) == np.arange(len(households))
        rows.append(
            _row(
                (
                    "which household",
                    "signatures",
                    first.name,
                    "all households",
                    "recognised",
                ),
                right.astype(float),
                majority=1 / len(households),
                clock=1 / len(households),
            )
        )
    return rows


def foresee(households: Sequence[Household], views: Sequence[str] = ()) -> list[Row]:
    """Return how often habits found in the first days tell the later ones' times.

    The truth is asked of "occupied" and "asleep"; habits are found without it. Right is
    a time within half an hour. As `majority` stands the best single time for everybody,
    as `clock` the household's true habit, which no meter beats.
    """
    able = [h for h in households if {"occupied", "asleep"} <= set(h.truth)]
    if not able:
        return []
    cuts = [h.series.start + round(len(h.series.days()) * TRAINING) * DAY for h in able]
    truths = [true_times(household) for household in able]
    rows = []
    for number, first in enumerate(ladder(able[0].series)):
        if views and first.name not in views:
            continue
        found = [
            habits_of(_until(ladder(h.series)[number], cut))
            for h, cut in zip(able, cuts, strict=True)
        ]
        rows += [
            _foreseen((moment, first.name, able[0].source), found, truths, cuts)
            for moment in Moment
        ]
    return rows


type Times = dict[tuple[Moment, bool], float]
type Days = dict[Moment, dict[int, int]]


def habits_of(view: View) -> Times:
    """Return the usual times that a view shows, by moment and weekend."""
    return {(h.moment, h.weekend): h.time for h in find(view).habits}


def true_times(household: Household) -> Days:
    """Return when people got up, left first, came back last and went to bed, by day."""
    home, asleep = household.truth["occupied"], household.truth["asleep"]
    series = household.series
    out = ~home
    times = series.times
    slept = _spans(asleep, 3 * 3600 // series.step)
    away = _spans(out, 3600 // series.step)
    away = away[away[:, 1] - away[:, 0] < 20 * 3600 // series.step]
    begins, ends = times[away[:, 0]], times[away[:, 1] - 1] + series.step
    wake, bed = times[slept[:, 1] - 1] + series.step, times[slept[:, 0]]
    return {
        Moment.WAKE: _by_day(wake, 0, first=False),
        Moment.LEAVE: _by_day(begins[begins % DAY < 14 * 3600], 0, first=True),
        Moment.RETURN: _by_day(ends[ends % DAY > 11 * 3600], 0, first=False),
        Moment.BED: _by_day(bed, DAY // 2, first=False),
    }


def _foreseen(
    names: tuple[Moment, str, str],
    found: Sequence[Times],
    truths: Sequence[Days],
    cuts: Sequence[int],
) -> Row:
    """Return how often one moment was foreseen."""
    moment, view, source = names
    past: dict[tuple[int, bool], list[int]] = {}
    later: list[tuple[int, bool, int]] = []
    for number, (truth, cut) in enumerate(zip(truths, cuts, strict=True)):
        for day, time in truth[moment].items():
            weekend = (day + 3) % 7 >= 5
            if day * DAY < cut:
                past.setdefault((number, weekend), []).append(time)
            else:
                later.append((number, weekend, time))
    everybody = {
        weekend: _best(
            [time for (_, w), times in past.items() if w == weekend for time in times]
        )
        for weekend in (False, True)
    }

    def right(told: Callable[[int, bool], float]) -> Floats:
        return np.array(
            [abs(told(n, w) - time) <= CLOSE for n, w, time in later], float
        )

    habit = right(lambda n, w: found[n].get((moment, w), everybody[w]))
    constant = right(lambda _, w: everybody[w])
    own = right(lambda n, w: _best(past.get((n, w), [round(everybody[w])])))
    return _row(
        (
            f"tomorrow: {moment.value}",
            "habits found, untrained",
            view,
            source,
            "within 30 min",
        ),
        habit,
        majority=float(constant.mean()) if later else 0.0,
        clock=float(own.mean()) if later else 0.0,
    )


def _best(times: Sequence[int]) -> float:
    """Return the time that most others are close to."""
    if not times:
        return 0.0
    each = np.array(times)
    near = (np.abs(each[:, None] - each[None]) <= CLOSE).sum(axis=1)
    return float(np.median(each[near == near.max()]))


def _until(view: View, cut: int) -> View:
    series = view.series.between(view.series.start, cut)
    buckets = None if view.buckets is None else view.buckets[: len(series)]
    return View(view.name, series, view.bounds, buckets)


def _spans(marks: Marks, least: int) -> NDArray[np.int64]:
    """Return begin and end of runs of at least some steps, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.pad(marks, 1).astype(np.int8))).reshape(-1, 2)
    long: NDArray[np.int64] = edges[edges[:, 1] - edges[:, 0] >= least]
    return long


def _by_day(times: NDArray[np.int64], late: int, *, first: bool) -> dict[int, int]:
    """Return the first or last time of each day, seconds after its midnight."""
    days: dict[int, int] = {}
    for time in times.tolist():
        day = (time - late) // DAY
        if not first or day not in days:
            days[day] = time - day * DAY
    return days


def _row(
    names: tuple[str, str, str, str, str],
    right: Floats,
    *,
    majority: float,
    clock: float,
) -> Row:
    """Return the share that is right as a row."""
    attack, method, view, source, metric = names
    low, high, value = 0.0, 0.0, 0.0
    if len(right):
        drawn = np.random.default_rng(0).integers(
            0, len(right), (RESAMPLED, len(right))
        )
        low, high = np.quantile(right[drawn].mean(axis=1), [0.025, 0.975]).tolist()
        value = float(right.mean())
    return Row(
        attack,
        method,
        view,
        source,
        metric,
        value,
        low,
        high,
        majority,
        clock,
        len(right),
    )
