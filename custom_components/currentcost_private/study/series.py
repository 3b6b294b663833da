"""Power over time on a regular grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
ENOUGH = 0.5
"""Share of a window that has to be measured, as a report has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Mean power of one step after the other.

    Attributes:
        start: local time of the first step's begin, seconds since 1970-01-01 00:00 of
            the same wall clock; whole steps. Habits follow the wall clock, so a study
            does; the hour that a change of clocks repeats or skips is the caller's.
        step: length of a step (s); divides a day.
        watts: shape (steps,); W; nan where nothing was measured.
    """

    start: int
    step: int
    watts: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Refuse a grid that days don't fall on.

        Raises:
            ValueError: the step doesn't divide a day or the start isn't a whole step.
        """
        if self.step <= 0 or DAY % self.step or self.start % self.step:
            raise ValueError("a step divides a day, and a series begins on a step")

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.watts)

    @property
    def times(self) -> NDArray[np.int64]:
        """Begin of each step, shape (steps,)."""
        return self.start + self.step * np.arange(len(self.watts), dtype=np.int64)

    @property
    def coverage(self) -> float:
        """Share of steps that were measured."""
        return float(np.isfinite(self.watts).mean()) if len(self.watts) else 0.0

    def whole_days(self) -> Series:
        """Return it filled up with nan to whole days, midnight to midnight."""
        before = self.start % DAY // self.step
        after = -(before + len(self.watts)) % (DAY // self.step)
        return Series(
            self.start - before * self.step,
            self.step,
            np.pad(self.watts, (before, after), constant_values=np.nan),
        )

    def days(self) -> NDArray[np.float64]:
        """Return the watts day by day, shape (days, steps of a day)."""
        return self.whole_days().watts.reshape(-1, DAY // self.step)

    def coarser(self, step: int) -> Series:
        """Return the means of longer steps; nan where under half was measured.

        Raises:
            ValueError: not a multiple of the step, or a length that no day divides into.
        """
        if step % self.step or DAY % step:
            raise ValueError("the longer step is a multiple and divides a day")
        whole = self.whole_days()
        parts = whole.watts.reshape(-1, step // self.step)
        measured = np.isfinite(parts)
        count = measured.sum(axis=1)
        total = np.where(measured, parts, 0.0).sum(axis=1)
        enough = count >= ENOUGH * parts.shape[1]
        means = np.divide(total, count, where=enough, out=np.full(len(parts), np.nan))
        first = (self.start - whole.start) // step
        last = -(-(self.start + len(self) * self.step - whole.start) // step)
        return Series(whole.start + first * step, step, means[first:last])

    def between(self, since: int, until: int) -> Series:
        """Return the steps that begin in a span of time (s)."""
        first = max(-(-(since - self.start) // self.step), 0)
        last = max(-(-(until - self.start) // self.step), first)
        return Series(self.start + first * self.step, self.step, self.watts[first:last])
