"""The counter of a billing meter, followed by the impulses that it gives."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Self

from .confirmation import Confirmation


class ImpulseCounter:
    """Shows what the billing meter shows, from a reading that a person has typed in.

    The transmitter counts impulses on its own, also while nobody listens. Its count
    begins anew when its battery is changed, and another transmitter has another count:
    then the reading goes on from where it was, by what is counted from there.
    """

    def __init__(self, *, start: float, per_unit: float) -> None:
        """Start from a reading (the meter's unit), with so many impulses in a unit."""
        if not (isfinite(start) and isfinite(per_unit) and per_unit > 0):
            raise ValueError("a reading and a positive number of impulses are needed")
        self._base = start
        self._per_unit = per_unit
        self._impulses = 0
        self._count: int | None = None
        self._transmitter: int | None = None
        self._confirmation = Confirmation()
        self._heard: int | None = None

    @property
    def reading(self) -> float:
        """What the billing meter shows, in its unit."""
        return self._base + self._impulses / self._per_unit

    def add(self, time: float, count: int, transmitter: int) -> bool:
        """Take a count, heard at `time` (UTC s) from the transmitter with this id.

        It counts when the next one confirms it. Returns whether one was counted.
        """
        if transmitter != self._heard:
            self._heard = transmitter
            self._confirmation = Confirmation()
        confirmed = self._confirmation.add(time, count)
        if confirmed is None:
            return False
        count = int(confirmed[1])
        if self._transmitter == transmitter and self._count is not None:
            self._impulses += max(count - self._count, 0)
        self._count, self._transmitter = count, transmitter
        return True

    def with_settings(self, *, start: float | None, per_unit: float) -> Self:
        """Return it going on with other settings, from a new reading if one is given."""
        changed = {
            "base": self.reading if start is None else start,
            "per_unit": per_unit,
            "impulses": 0,
        }
        return type(self).from_dict(self.to_dict() | changed)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values, for JSON."""
        return {
            "base": self._base,
            "per_unit": self._per_unit,
            "impulses": self._impulses,
            "count": self._count,
            "transmitter": self._transmitter,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore the state; raise ValueError if it isn't one."""
        match data:
            case {
                "base": int() | float() as base,
                "per_unit": int() | float() as per_unit,
                "impulses": int() as impulses,
                "count": None | int() as count,
                "transmitter": None | int() as transmitter,
            } if impulses >= 0:
                counter = cls(start=base, per_unit=per_unit)
                counter._impulses = impulses
                counter._count, counter._transmitter = count, transmitter
                return counter
            case _:
                raise ValueError("not the state of an impulse counter")
