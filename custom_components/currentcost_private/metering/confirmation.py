"""Samples are confirmed by their neighbours, so that no spike of one sample counts.

What counts in place of a sample is the median of the one before, itself and the one
after. Steps and ramps stay exactly as they are, when they are and at once or slow; a
sample that stands out from both of its neighbours becomes the nearer one of them. The
price is that a sample counts only when the next one has come, and that what truly was
switched on for one sample alone isn't counted.
"""

from statistics import median_low

from .samples import HOLD


class Confirmation:
    """Takes samples in their order and returns each confirmed, one later."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self._before: float | None = None
        self._latest: tuple[float, float] | None = None

    @property
    def pending(self) -> float | None:
        """The time (UTC s) of the sample that isn't confirmed yet."""
        return None if self._latest is None else self._latest[0]

    def add(self, time: float, value: float) -> tuple[float, float] | None:
        """Take a sample (UTC s, any unit); return the one before it, confirmed.

        Samples more than `HOLD` seconds apart are no neighbours. One with a single
        neighbour counts as the lower of the two, one without any is left out.
        """
        latest, self._latest = self._latest, (time, value)
        if latest is None:
            return None
        known = [latest[1]]
        if self._before is not None:
            known.append(self._before)
        if 0 <= time - latest[0] <= HOLD:
            known.append(value)
            self._before = latest[1]
        else:
            self._before = None
        if len(known) == 1:
            return None
        return latest[0], median_low(known)
