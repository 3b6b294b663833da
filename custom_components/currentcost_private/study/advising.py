"""Which plan answers a provider's question while giving away least."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .activity import AWAY, activity_of
from .bounds import NARROWEST, apart
from .disclosure import coded_bits, upper_bound
from .scores import balanced, best_threshold, counted, mcc
from .series import DAY, ENOUGH, Series
from .views import View, bucket_view

WINDOWS = (900, 1800, 3600, DAY)
AS_GOOD = 0.1
"""Of MCC: how much worse than the best a plan may do that gives away less."""


class Purpose(StrEnum):
    """What a provider wants to know."""

    CAPACITY = "capacity"
    """Was the mean power of each hour, quarter of an hour or day above a limit?"""
    RESPONSE = "response"
    """Did the mean power of the called hours of a day stay below a baseline?"""


class Measure(StrEnum):
    """What of a window is compared, in the words of `currentcost-provider`."""

    MEAN = "mean_power"
    PEAK = "peak_power"


@dataclass(frozen=True, slots=True)
class Question:
    """A purpose in numbers.

    Attributes:
        purpose: what for.
        limit: contracted power or baseline, W.
        unit: CAPACITY: length of what is decided about (s).
        hours: RESPONSE: of the day, from the first to before the second.
    """

    purpose: Purpose
    limit: float
    unit: int = 3600
    hours: tuple[int, int] = (17, 19)

    @property
    def whole_call(self) -> tuple[int, ...]:
        """The call as a window (s), if it is one of those that a day is cut into."""
        first, last = (hour * 3600 for hour in self.hours)
        length = last - first
        whole = self.purpose is Purpose.RESPONSE and not (
            DAY % length or first % length
        )
        return (length,) if whole else ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that might do.

    Attributes:
        window: s.
        measure: what of it is compared.
        bounds: thresholds, W.
    """

    window: int
    measure: Measure
    bounds: tuple[float, ...]

    def view(self, series: Series) -> View:
        """Return what a provider would see of a household."""
        if self.measure is Measure.MEAN:
            return bucket_view(series, self.window, self.bounds)
        return bucket_view(peaks(series, self.window), self.window, self.bounds)

    def order(self) -> str:
        """Return the options of `currentcost-provider plan create` that make it."""
        thresholds = " ".join(f"--threshold {bound:g}" for bound in self.bounds)
        narrowest = min((b - a for a, b in pairwise((0.0, *self.bounds))), default=1e9)
        width = f" --minimum-width {narrowest:g}" if narrowest < NARROWEST else ""
        return (
            f"--window {self.window} --measure {self.measure.value} {thresholds}{width}"
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a candidate is good for, and what it gives away: means over households.

    Attributes:
        candidate: which plan.
        mcc: of the provider's decision on days that it didn't learn from.
        balanced: balanced accuracy of the same.
        bits: a day, `Disclosure.coded`.
        bound: bits a day at most.
        occupancy: MCC of telling from it who is at home; None without the truth.
        decisions: how many were judged.
        positive: share of them that were yes.
    """

    candidate: Candidate
    mcc: float
    balanced: float
    bits: float
    bound: float
    occupancy: float | None
    decisions: int
    positive: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What to take.

    Attributes:
        weighed: all candidates.
        pareto: those that no other one beats, the least telling first.
        best: the one to take.
        within: how much worse than the best answer (MCC) was good enough.
    """

    weighed: Sequence[Weighed]
    pareto: Sequence[Weighed]
    best: Weighed
    within: float


def advise(
    homes: Sequence[tuple[Series, NDArray[np.bool_] | None]],
    question: Question,
    *,
    within: float = AS_GOOD,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Advice:
    """Weigh candidates.

    Args:
        homes: power of each household and, where known, whether somebody is at home.
        question: what for.
        within: how much worse than the best answer (MCC) is good enough.
        told: hears how many of how many candidates are weighed.

    Raises:
        ValueError: the answer is always the same, so that any plan, or none, gives it.
    """
    candidates = list(candidates_for(homes, question))
    weighed: list[Weighed] = []
    for number, candidate in enumerate(candidates):
        told(number, len(candidates))
        weighed.append(_weigh(homes, question, candidate))
        if not 0 < weighed[0].positive < 1:
            always = "yes" if weighed[0].positive else "no"
            raise ValueError(
                f"the answer is always {always} in these households: choose another "
                "limit"
            )
    pareto = [
        each
        for each in weighed
        if not any(
            other.mcc >= each.mcc
            and other.bits <= each.bits
            and (other.mcc, -other.bits) != (each.mcc, -each.bits)
            for other in weighed
        )
    ]
    pareto.sort(key=lambda each: each.bits)
    goal = max(each.mcc for each in pareto) - within
    best = next(each for each in pareto if each.mcc >= goal)
    return Advice(weighed, pareto, best, within)


def candidates_for(
    homes: Sequence[tuple[Series, NDArray[np.bool_] | None]], question: Question
) -> Iterator[Candidate]:
    """Yield plans: thresholds at the limit, around it, and as if nobody had asked."""
    limit = question.limit
    watts = np.concatenate([series.coarser(900).watts for series, _ in homes])
    known = watts[np.isfinite(watts)]
    sets = [
        (limit,),
        (limit / 2,),
        (limit / 2, limit),
        (limit, 2 * limit),
        (0.8 * limit, limit, 1.2 * limit),
        *(
            tuple(np.quantile(known, np.arange(1, n + 1) / (n + 1)))
            for n in (1, 3, 5, 9)
        ),
        *(tuple(2 * limit * np.arange(1, n + 1) / (n + 1)) for n in (3, 7, 15)),
    ]
    seen = set()
    for window in dict.fromkeys((*WINDOWS, *question.whole_call)):
        for measure in Measure:
            for wished in sets:
                bounds = apart(wished)
                if (window, measure, bounds) not in seen:
                    seen.add((window, measure, bounds))
                    yield Candidate(window, measure, bounds)


def peaks(series: Series, window: int) -> Series:
    """Return the highest reading of each window (s); nan where under half is known."""
    means = series.coarser(window)
    whole = series.whole_days()
    parts = whole.watts.reshape(-1, window // series.step)
    known = np.isfinite(parts)
    highest = np.where(known, parts, -np.inf).max(axis=1)
    highest[known.mean(axis=1) < ENOUGH] = np.nan
    first = (means.start - whole.start) // window
    return Series(means.start, window, highest[first : first + len(means)])


def _weigh(
    homes: Sequence[tuple[Series, NDArray[np.bool_] | None]],
    question: Question,
    candidate: Candidate,
) -> Weighed:
    asked, bits, guesses = [], [], []
    for series, occupied in homes:
        view = candidate.view(series)
        asked.append(_evidence(series, view, question))
        bits.append(coded_bits(view))
        if occupied is not None:
            guesses.append(_occupancy(view, series, occupied))
    counts = _decided(*map(np.concatenate, zip(*asked, strict=True)))
    return Weighed(
        candidate,
        mcc=float(mcc(counts)),
        balanced=float(balanced(counts)),
        bits=float(np.mean(bits)),
        bound=upper_bound(len(candidate.bounds) + 1, candidate.window),
        occupancy=float(np.mean(guesses)) if guesses else None,
        decisions=int(counts.sum()),
        positive=float((counts[0] + counts[2]) / max(counts.sum(), 1)),
    )


def _evidence(
    series: Series, view: View, question: Question
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
    """Return the right answers of a household, what speaks for yes, and their days."""
    truth, days = _asked(series, question)
    evidence, _ = _asked(view.series, question)
    both = np.isfinite(truth) & np.isfinite(evidence)
    yes = truth > question.limit
    if question.purpose is Purpose.RESPONSE:
        yes, evidence = ~yes, -evidence
    return yes[both], evidence[both], days[both]


def _decided(
    yes: NDArray[np.bool_], evidence: NDArray[np.float64], days: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return counts of decisions on even days, by a rule learned on odd ones.

    A provider has one rule for all of its households.
    """
    learned, judged = days % 2 == 1, days % 2 == 0
    if yes[learned].all() or not yes[learned].any():
        return _tally(yes[judged], np.full(judged.sum(), yes[learned].any()))
    rule, _ = best_threshold(yes[learned], evidence[learned])
    return _tally(yes[judged], evidence[judged] > rule)


def _asked(
    series: Series, question: Question
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean of each time that is asked about, from midnight on, and its day.

    A window that is longer than such a time stands for all of those in it.
    """
    if question.purpose is Purpose.CAPACITY:
        unit = question.unit
        if series.step <= unit:
            days = series.coarser(unit).days()
        else:
            days = np.repeat(series.days(), series.step // unit, axis=1)
    else:
        fine = series.days()
        first, last = (hour * 3600 // series.step for hour in question.hours)
        called = fine[:, first : max(last, first + 1)]
        known = np.isfinite(called)
        total = np.where(known, called, 0.0).sum(axis=1)
        count = known.sum(axis=1)
        days = np.divide(total, count, where=count > 0, out=np.full(len(fine), np.nan))[
            :, np.newaxis
        ]
    day = series.start // DAY + np.arange(len(days))
    return days.ravel(), np.repeat(day, days.shape[1])


def _occupancy(view: View, series: Series, occupied: NDArray[np.bool_]) -> float:
    """Return the MCC of the attack that needs no truth (`activity_of`)."""
    activity = activity_of(view)
    present = activity.states[:, AWAY] < 0.5
    place = (series.times - activity.start) // activity.step
    inside = (place >= 0) & (place < len(present))
    said = present[place[inside]]
    return float(mcc(_tally(occupied[inside], said)))


def _tally(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return true and false positives, false and true negatives."""
    together = np.zeros(len(truth), dtype=np.int64)
    tally: NDArray[np.float64] = counted(truth, said, together).sum(axis=0)
    return tally


def in_words(advice: Advice, question: Question) -> str:
    """Return the recommendation and its reason."""
    best = advice.best
    finest = max(advice.weighed, key=lambda each: each.bits)
    length = (
        f"{best.candidate.window // 60} minutes"
        if best.candidate.window < DAY
        else "day"
    )
    what = "mean" if best.candidate.measure is Measure.MEAN else "highest"
    bounds = ", ".join(f"{bound:g}" for bound in best.candidate.bounds)
    asked = (
        f"whether the mean of each {question.unit // 60} minutes is above "
        f"{question.limit:g} W"
        if question.purpose is Purpose.CAPACITY
        else f"whether the mean from {question.hours[0]} to {question.hours[1]} o'clock "
        f"stays below {question.limit:g} W"
    )
    attack = (
        ""
        if best.occupancy is None
        else f" Who is at home can be told from it with an MCC of {best.occupancy:.2f}."
    )
    return (
        f"To know {asked}, ask for the {what} power of each {length}, with "
        f"{'a threshold' if len(best.candidate.bounds) == 1 else 'thresholds'} at "
        f"{bounds} W. It answers with an MCC of {best.mcc:.2f} (balanced accuracy "
        f"{best.balanced:.2f}) and gives away {best.bits:.1f} bits a day, "
        f"{best.bound:.1f} at most. The most telling plan that was weighed gives away "
        f"{finest.bits:.0f} bits a day and answers with {finest.mcc:.2f}.{attack} No plan "
        f"that gives away less comes within {advice.within:g} of the best answer, "
        f"{max(each.mcc for each in advice.weighed):.2f}."
    )
