"""What each window must be, from what the meter sent and when the home was away.

Nothing of the product is used: the powers come from the simulator's record. Where the
home can't be expected to know something - what a kill took from it, what its clock
said - the window has several permitted ends, and the report counts such windows.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from math import inf
from typing import Final

from demo.truth import (
    HOLD,
    ROUNDING,
    SUFFICIENT,
    Mean,
    Sample,
    confirmed,
    possible_buckets,
)

from .home_log import Epoch, HomeLog

CHECKPOINT: Final = 30.0 + 2 * 7.0
"""Seconds before a kill of which nothing may have been written down: a checkpoint's
interval, and what waits to be confirmed."""

HEARD_AGAIN: Final = 15.0
"""Seconds after a start in which a line may have been heard or not."""

KILOWATT_HOUR: Final = 3600 * 1000.0

BUILT_WITHIN: Final = 60.0
"""Seconds after a window's end in which its message is on the disk at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a window may end as."""

    buckets: frozenset[int]
    may_be_missing: bool
    why: str
    """In what situation the window was."""

    @property
    def is_certain(self) -> bool:
        """Whether there is but one end that is right."""
        return len(self.buckets) + self.may_be_missing == 1


class Truth:
    """Knows what each window must be."""

    def __init__(
        self,
        samples: Sequence[Sample],
        log: HomeLog,
        thresholds: Sequence[int],
        *,
        lateness: float,
    ) -> None:
        """Take the record, in the world's time.

        Args:
            samples: of the whole house, as they were sent.
            log: what happened to the home.
            thresholds: the provider's, in W.
            lateness: seconds that a line may take until it is heard.
        """
        self._thresholds = thresholds
        self._lateness = lateness
        counted = confirmed(samples)
        self._epochs = [(epoch, _Heard(counted, log, epoch)) for epoch in log.epochs()]

    def verdict(self, start: int, length: int) -> Verdict:
        """Return what the window at `start` (the home's UTC s) may end as.

        It is built when the home's clock first gets past its end, and never again.
        """
        end = start + length
        for epoch, heard in self._epochs:
            began, ended = epoch.since + epoch.wrong, epoch.until + epoch.wrong
            if ended <= start:
                continue
            if began >= end:
                return _none("skipped by the clock")
            if ended < end + BUILT_WITHIN or began > start - HOLD:
                return self._any("clock was set in it")
            return self._heard(heard, start, end)
        raise ValueError("time has an end")

    def energy(self) -> tuple[float, float]:
        """Return what the home counted at least, and at most, in kWh."""
        heard = [heard.pieces(-inf, inf) for _, heard in self._epochs]
        certain, maybe = (
            sum(seconds * watts for pieces in heard for seconds, watts in pieces[which])
            for which in (0, 1)
        )
        return certain / KILOWATT_HOUR, (certain + maybe) / KILOWATT_HOUR

    def _any(self, why: str) -> Verdict:
        every = frozenset(range(len(self._thresholds) + 1))
        return Verdict(buckets=every, may_be_missing=True, why=why)

    def _heard(self, heard: _Heard, start: int, end: int) -> Verdict:
        """Return what a window may end as that began and ended by the same clock."""
        for killed, started, up in heard.away:
            if killed + self._lateness < end <= started:
                return _none("ended while away")
            if killed - BUILT_WITHIN < end <= up:
                measured = self._measured(heard, start, end)
                return replace(measured, may_be_missing=True, why="ended around a kill")
        return self._measured(heard, start, end)

    def _measured(self, heard: _Heard, start: int, end: int) -> Verdict:
        certain, uncertain = heard.pieces(start, end)
        needed = SUFFICIENT * (end - start)
        surely = sum(seconds for seconds, _ in certain)
        maybe = sum(seconds for seconds, _ in uncertain)
        slack = 2 * self._lateness * (heard.gaps(start, end) + 1)
        may_be_missing = surely - slack < needed
        if surely + maybe + slack < needed:
            return _none("too little was sent")
        if not surely:
            lowest, highest = (pick(w for _, w in uncertain) for pick in (min, max))
        else:
            lowest, highest = (
                _extreme(certain, uncertain, sign=sign) for sign in (1, -1)
            )
        timing = self._lateness * heard.steps(start, end) / max(surely, 1.0)
        mean = Mean(
            watts=lowest,
            lowest=lowest - timing - ROUNDING,
            highest=highest + timing + ROUNDING,
        )
        return Verdict(
            buckets=frozenset(possible_buckets(mean, self._thresholds)),
            may_be_missing=may_be_missing,
            why="partly heard"
            if maybe
            else ("about half was sent" if may_be_missing else "heard"),
        )


class _Heard:
    """What the home heard, and when it was away, by its clock in one epoch."""

    def __init__(self, samples: Sequence[Sample], log: HomeLog, epoch: Epoch) -> None:
        self._samples = [
            replace(sample, time=sample.time + epoch.wrong)
            for sample in samples
            if epoch.since <= sample.time < epoch.until
        ]
        self._times = [sample.time for sample in self._samples]
        self._uncertain = [
            (start + epoch.wrong, end + epoch.wrong)
            for start, end in log.uncertain
            if epoch.holds(start, end)
        ]
        self.away = [
            (killed + epoch.wrong, started + epoch.wrong, up + epoch.wrong)
            for killed, started, up in log.away
            if epoch.holds(killed, up)
        ]

    def _near(self, start: float, end: float) -> list[Sample]:
        first = bisect_right(self._times, start - 2 * HOLD)
        return self._samples[max(first - 1, 0) : bisect_right(self._times, end) + 1]

    def pieces(
        self, start: float, end: float
    ) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Return (seconds, W) that were heard, and that may have been."""
        certain: list[tuple[float, float]] = []
        uncertain: list[tuple[float, float]] = []
        near = self._near(start, end)
        for sample, following in zip_longest(near, near[1:]):
            until = sample.time + HOLD
            if following is not None:
                until = min(until, following.time)
            seconds = min(until, end) - max(sample.time, start)
            if seconds <= 0:
                continue
            doubtful = any(
                sample.time < to and since < until for since, to in self._uncertain
            )
            (uncertain if doubtful else certain).append((seconds, float(sample.watts)))
        return certain, uncertain

    def gaps(self, start: int, end: int) -> int:
        """Return how often nothing came for longer than a sample holds."""
        times = [sample.time for sample in self._near(start, end)]
        return sum(after - before > HOLD for before, after in pairwise(times))

    def steps(self, start: int, end: int) -> float:
        """Return the watts by which the power went up and down, all added up."""
        watts = [sample.watts for sample in self._near(start, end)]
        return sum(abs(after - before) for before, after in pairwise(watts))


def _none(why: str) -> Verdict:
    """Return that a window has to be missing."""
    return Verdict(buckets=frozenset(), may_be_missing=True, why=why)


def _extreme(
    certain: Sequence[tuple[float, float]],
    uncertain: Sequence[tuple[float, float]],
    *,
    sign: int,
) -> float:
    """Return the lowest mean (sign 1) or the highest (-1) that any choice gives."""
    seconds = sum(piece[0] for piece in certain)
    watt_seconds = sum(piece[0] * piece[1] for piece in certain)
    for more, watts in sorted(uncertain, key=lambda piece: sign * piece[1]):
        if sign * watts >= sign * watt_seconds / seconds:
            break
        seconds += more
        watt_seconds += more * watts
    return watt_seconds / seconds
