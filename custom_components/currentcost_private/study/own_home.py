"""The privacy study of one's own home: what it told, and what it would have told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .bounds import even_bounds
from .findings import Findings, Span, find
from .series import DAY, Series
from .views import View, bucket_view, raw_view

HOUR = 3600
ROUND = 10.0
"""W; limits that are only assumed are shown no more exactly."""
ENOUGH_DAYS = 3
"""Of readings, before habits can be told from anything."""


class Taken(StrEnum):
    """What a question is about in a window."""

    MEAN = "mean"
    PEAK = "peak"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about ranges.

    Attributes:
        window: its length, seconds that divide a day.
        taken: of a window.
        buckets: how many ranges there are.
        minimum_width: no range is narrower, W.
    """

    window: int
    taken: Taken
    buckets: int
    minimum_width: float


@dataclass(frozen=True, slots=True, eq=False)
class OwnHome:
    """What was found.

    Attributes:
        fine: power as finely as it is known, the last days.
        month: hourly means, all days.
        asked: the question; None where it isn't about ranges of power.
        bounds: the limits that were assumed, W; the real ones are the provider's secret.
        readings: what the fine power shows.
        buckets: what its buckets show; None where there are none.
        absences: long ones in the month, as the readings show them.
        absences_told: the same from buckets.
        month_told: the month as buckets; of windows that are no whole hours, of hours as if
            their power had been even.
    """

    fine: Series
    month: Series
    asked: Asked | None
    bounds: tuple[float, ...]
    readings: Findings
    buckets: Findings | None
    absences: tuple[Span, ...]
    absences_told: tuple[Span, ...]
    month_told: View | None

    @property
    def step(self) -> int:
        """Seconds of the finest power."""
        return self.fine.step

    def agreement(self) -> tuple[float, float] | None:
        """Return for which share of time both lead to the same guess.

        And for which share always guessing what the readings show most would; None
        where nothing can be compared.
        """
        if self.buckets is None or not self.buckets.at_home:
            return None
        one, other = self.readings.activity, self.buckets.activity
        step = max(one.step, other.step)
        first = _guesses(
            one.states.argmax(axis=1), one.known, one.start, one.step, step
        )
        second = _guesses(
            other.states.argmax(axis=1), other.known, other.start, other.step, step
        )
        times = sorted(first.keys() & second.keys())
        if not times:
            return None
        seen = np.array([first[time] for time in times])
        told = np.array([second[time] for time in times])
        usual = np.bincount(seen).max() / len(seen)
        return float((seen == told).mean()), float(usual)


def study_home(
    fine: Series,
    month: Series,
    asked: Asked | None,
    *,
    bounds: tuple[float, ...] = (),
) -> OwnHome:
    """Return what readings of a home show, and what answers to a question would.

    Args:
        fine: power as finely as it is known, the last days; three at least.
        month: the hours of a longer time, that of `fine` included.
        asked: the question, if it is about ranges of power.
        bounds: the limits to assume (W); `even_bounds` if empty.

    Raises:
        ValueError: too little is known.
    """
    if known_days(fine) < ENOUGH_DAYS:
        raise ValueError("too few days are known")
    readings = find(raw_view(fine))
    absences = find(raw_view(month)).absences
    if asked is None:
        return OwnHome(fine, month, None, (), readings, None, absences, (), None)
    measured = taken_of(fine, asked)
    bounds = bounds or even_bounds(
        measured.watts, asked.buckets, asked.minimum_width, ROUND
    )
    whole_hours = asked.window if asked.window % HOUR == 0 else HOUR
    month_told = bucket_view(month, whole_hours, bounds)
    return OwnHome(
        fine,
        month,
        asked,
        bounds,
        readings,
        _found(bucket_view(measured, measured.step, bounds)),
        absences,
        _found(month_told).absences,
        month_told,
    )


def _found(view: View) -> Findings:
    """Return what buckets show: nothing, if they are always the same.

    What would be guessed then is what is guessed of any home.
    """
    findings = find(view)
    if view.buckets is not None and len(np.unique(view.buckets[view.buckets >= 0])) > 1:
        return findings
    return replace(
        findings, at_home=(), away=(), absences=(), asleep=(), habits=(), events=()
    )


def known_days(series: Series) -> float:
    """Return how many days' worth of power is known."""
    return float(np.isfinite(series.watts).sum()) * series.step / DAY


def taken_of(series: Series, asked: Asked) -> Series:
    """Return what is taken of each window, W; nan where it would be missing.

    Of a series that is coarser than the windows, its own steps: what went on within
    them nobody knows.
    """
    if series.step >= asked.window:
        return series
    means = series.coarser(asked.window)
    if asked.taken is Taken.MEAN:
        return means
    whole = series.whole_days()
    parts = whole.watts.reshape(-1, asked.window // series.step)
    known = np.isfinite(parts)
    if asked.taken is Taken.PEAK:
        values = np.where(known, parts, -np.inf).max(axis=1)
    else:
        last = parts.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
        values = parts[np.arange(len(parts)), last]
    first = (means.start - whole.start) // asked.window
    values = values[first : first + len(means)]
    return Series(
        means.start, means.step, np.where(np.isfinite(means.watts), values, np.nan)
    )


def eventful_day(home: OwnHome) -> int:
    """Return the local midnight of the day that shows most: known, and most goes on."""
    days = home.fine.days()
    start = home.fine.whole_days().start
    coverage = np.isfinite(days).mean(axis=1)
    events = np.zeros(len(days))
    times: Sequence[int] = [
        *(event.start for event in home.readings.events),
        *(span.start for span in home.readings.away if span.end - span.start >= HOUR),
    ]
    for time in times:
        events[(time - start) // DAY] += 1
    # A tie goes to the latest day, and a day in parts to none.
    score = (
        np.minimum(events, 12) + np.arange(len(days)) / 1000 + 100 * (coverage > 0.9)
    )
    return start + int(score.argmax()) * DAY


def _guesses(
    states: NDArray[np.int64],
    known: NDArray[np.bool_],
    start: int,
    step: int,
    longer: int,
) -> dict[int, int]:
    """Return the guess at each longer step's begin, where it is known."""
    return {
        start + at * step: int(states[at])
        for at in range(len(states))
        if known[at] and (start + at * step) % longer == 0
    }
