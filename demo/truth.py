"""The plain computation: what each bucket must be, from what the meter sent.

Nothing of the product is used here: the mean of a window is summed up anew, from the
simulator's own record of every line and the instant at which it was sent. The only
thing it can't know is how late a line reached Home Assistant, so beside the mean it
says how far the mean may be off for that reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, zip_longest
import json
from pathlib import Path
from typing import Final

HOLD: Final = 30.0
"""Seconds for which a sample speaks at most."""

SUFFICIENT: Final = 0.5
"""The share of a window that must be covered."""

LATENESS: Final = 0.5
"""Seconds that a line may take from the meter to Home Assistant."""

ROUNDING: Final = 0.5
"""W by which a measure differs from the mean, as a whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A power as the meter sent it."""

    time: float
    watts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A window's mean power (W), and between what timing may have moved it."""

    watts: float
    lowest: float
    highest: float


def read_record(path: Path, *, sensor: int) -> list[Sample]:
    """Return one sensor's samples in a simulator's record, oldest first."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        Sample(
            time=datetime.fromisoformat(line["time"]).timestamp(), watts=line["watts"]
        )
        for line in lines
        if line["sensor"] == sensor
    ]


def confirmed(samples: Sequence[Sample]) -> list[Sample]:
    """Return what counts: each sample the middle one of itself and its neighbours.

    A spike of one sample may be a flipped digit. Of one that has a single neighbour
    within 30 s and itself the lower counts, and one without any is left out.
    """
    counted = []
    for i, sample in enumerate(samples):
        near = sorted(
            other.watts
            for other in samples[max(i - 1, 0) : i + 2]
            if abs(other.time - sample.time) <= HOLD
        )
        if len(near) > 1:
            counted.append(replace(sample, watts=near[(len(near) - 1) // 2]))
    return counted


def mean_power(samples: Sequence[Sample], start: int, length: int) -> Mean | None:
    """Return the mean of the window at `start` (UTC s), None if too little is known.

    A sample counts as its neighbours confirm it. It holds until the next one and for
    30 s at most; the mean is over the time that is covered, which must be half of the
    window.
    """
    end = start + length
    samples = confirmed(samples)
    covered = watt_seconds = 0.0
    for sample, following in zip_longest(samples, samples[1:]):
        until = sample.time + HOLD
        if following is not None:
            until = min(until, following.time)
        seconds = max(0.0, min(until, end) - max(sample.time, start))
        covered += seconds
        watt_seconds += sample.watts * seconds
    if covered < SUFFICIENT * length:
        return None
    steps = [
        after.watts - before.watts
        for before, after in pairwise(samples)
        if start - LATENESS <= after.time < end
    ]
    # A line that is late lets the power before it stand for so much longer.
    rises = sum(step for step in steps if step > 0) * LATENESS / covered
    falls = sum(step for step in steps if step < 0) * LATENESS / covered
    mean = watt_seconds / covered
    return Mean(
        watts=mean, lowest=mean - rises - ROUNDING, highest=mean - falls + ROUNDING
    )


def bucket(watts: float, thresholds: Sequence[int]) -> int:
    """Return the bucket of a power: 1 up to the first threshold, 0 above the last."""
    return next((i for i, top in enumerate(thresholds, 1) if watts <= top), 0)


def possible_buckets(mean: Mean, thresholds: Sequence[int]) -> set[int]:
    """Return the buckets that the mean may have: one, unless timing decides."""
    between = [top for top in thresholds if mean.lowest <= top < mean.highest]
    return {bucket(watts, thresholds) for watts in [*between, mean.highest]}
