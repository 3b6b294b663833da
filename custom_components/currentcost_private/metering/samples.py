"""Samples of power, summed up into windows.

A sample says how much power flows from its time on: it holds until the next one, and
for 30 seconds at most. So samples make a step function of time with gaps, and all that
a window can be asked is a property of that function over the time that is covered.

Nothing but sums is kept, at any rate of samples: a checkpoint on the disk is a few
numbers and never a list of readings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Self

from .window import window_start

# Five messages of an EnviR may be lost in a row before there is a gap.
HOLD: Final = 30.0
SUFFICIENT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What is known of the power during one window of `length` seconds.

    Powers in W. `peak` and `last` are None as long as nothing is covered.
    """

    length: int
    covered: float = 0.0
    watt_seconds: float = 0.0
    peak: float | None = None
    last: float | None = None

    def with_power(self, watts: float, seconds: float) -> Self:
        """Return the sums with `watts` flowing for `seconds` more."""
        return type(self)(
            length=self.length,
            covered=self.covered + seconds,
            watt_seconds=self.watt_seconds + watts * seconds,
            peak=watts if self.peak is None else max(self.peak, watts),
            last=watts,
        )

    def with_part(self, part: Sums) -> Self:
        """Return the sums with those of a part of the window, later than the others."""
        peaks = [peak for peak in (self.peak, part.peak) if peak is not None]
        return type(self)(
            length=self.length,
            covered=self.covered + part.covered,
            watt_seconds=self.watt_seconds + part.watt_seconds,
            peak=max(peaks, default=None),
            last=self.last if part.last is None else part.last,
        )

    @property
    def coverage(self) -> float:
        """The covered share of the window, 0 to 1."""
        return min(self.covered / self.length, 1.0)

    @property
    def sufficient(self) -> bool:
        """Whether enough is covered to speak for the window: at least half of it."""
        return self.coverage >= SUFFICIENT

    @property
    def mean_power(self) -> float | None:
        """Mean power (W), weighted by time, over the covered time."""
        return self.watt_seconds / self.covered if self.sufficient else None

    @property
    def peak_power(self) -> float | None:
        """Highest power (W) of the covered time."""
        return self.peak if self.sufficient else None

    @property
    def last_power(self) -> float | None:
        """Power (W) at the end of the covered time."""
        return self.last if self.sufficient else None

    @property
    def energy(self) -> float | None:
        """Energy (Wh) of the covered time; what a gap hid is not guessed."""
        return self.watt_seconds / 3600 if self.sufficient else None


class Samples:
    """Sums up samples into windows of `length` seconds.

    Time is the host's clock, UTC seconds. A clock that is set forward leaves a gap. One
    that is set back further than a sample holds starts every window anew that isn't
    over at the new time, so that no second of a window counts twice; a sample that is
    older than the newest by less than that is merely late, and is left out.
    """

    def __init__(self, length: int) -> None:
        """Begin without samples."""
        self._length = length
        self._windows: dict[int, Sums] = {}
        self._time: float | None = None
        self._watts = 0.0
        self._summed_until = 0.0

    def add(self, time: float, watts: float) -> None:
        """Take a sample of `watts` at `time`; raise ValueError if not finite."""
        if not (isfinite(time) and isfinite(watts)):
            message = "a sample must be finite"
            raise ValueError(message)
        if self._time is not None:
            if self._time - HOLD <= time < self._time:
                return
            if time < self._time:
                self._set_back(time)
            else:
                self._sum_until(time)
        self._time = self._summed_until = time
        self._watts = watts

    def finish(self, start: int) -> Sums:
        """Return the sums of the window at `start` and forget it and all before.

        To be called once, when the window is over; whatever is asked about a window a
        second time has no answer.
        """
        self._sum_until(start + self._length)
        sums = self._windows.get(start, Sums(length=self._length))
        self._windows = {key: w for key, w in self._windows.items() if key > start}
        return sums

    def finished(self, until: float) -> list[tuple[int, Sums]]:
        """Return each window that is over at `until` with its start; forget them.

        `until` is in UTC seconds. The windows come in order, without those that have
        nothing covered: a gap takes no time, however long it is. After the clock was
        set back, or by a sample that comes late, a window may come another time, and is
        to be ignored then.
        """
        self._sum_until(window_start(until, self._length))
        # They were begun in order: a step back forgets all that are later.
        starts = [start for start in self._windows if start + self._length <= until]
        return [(start, self._windows.pop(start)) for start in starts]

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values, for a checkpoint in JSON."""
        return {
            "length": self._length,
            "sample": None
            if self._time is None
            else [self._time, self._watts, self._summed_until],
            "windows": [
                [start, w.covered, w.watt_seconds, w.peak, w.last]
                for start, w in self._windows.items()
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, length: int) -> Self:
        """Restore from a checkpoint; raise ValueError if it isn't one of `length`."""
        samples = cls(length)
        try:
            if data["length"] != length:
                message = "a checkpoint of other windows"
                raise ValueError(message)
            if data["sample"] is not None:
                time, watts, summed_until = map(float, data["sample"])
                samples._time, samples._watts = time, watts
                samples._summed_until = summed_until
            samples._windows = {
                int(start): Sums(
                    length=length,
                    covered=float(covered),
                    watt_seconds=float(watt_seconds),
                    peak=float(peak),
                    last=float(last),
                )
                for start, covered, watt_seconds, peak, last in data["windows"]
            }
        except (KeyError, OverflowError, TypeError) as err:
            message = "not a checkpoint of samples"
            raise ValueError(message) from err
        return samples

    def _sum_until(self, time: float) -> None:
        """Let the newest sample's power flow until `time`, as far as it holds."""
        if self._time is None:
            return
        until = min(time, self._time + HOLD)
        while self._summed_until < until:
            start = window_start(self._summed_until, self._length)
            to = min(until, start + self._length)
            sums = self._windows.get(start, Sums(length=self._length))
            self._windows[start] = sums.with_power(self._watts, to - self._summed_until)
            self._summed_until = to

    def _set_back(self, time: float) -> None:
        """Forget every window that isn't over at `time`."""
        self._windows = {
            start: sums
            for start, sums in self._windows.items()
            if start + self._length <= time
        }
