"""What is kept of a window while it lasts, until it gives its numbers."""

from collections.abc import Sequence
from json import dumps
from sys import float_info
from typing import Any, Final, Self
from zlib import crc32

from .recipe import Recipe
from .samples import Sums
from .tally import Tally

# A month of 31 days in which the clocks go back.
LONGEST: Final = 31 * 86_400 + 3600


class Record:
    """Takes the parts of one window as they end, and gives the numbers of its recipes.

    The window goes from `start` to `end` (UTC seconds, without `end`), in parts of
    `part` seconds. Of the parts nothing stays but what the recipes need.
    """

    def __init__(
        self, *, start: int, end: int, part: int, recipes: Sequence[Recipe]
    ) -> None:
        """Begin without parts; raise ValueError if the window isn't cut into them.

        And if it is longer than any month.
        """
        if part <= 0 or start >= end or start % part or end % part:
            raise ValueError("a window is made of whole parts, aligned to UTC")
        if end - start > LONGEST:
            raise ValueError("a window is no longer than a month")
        self._parts = range(start, end, part)
        self._latest: int | None = None
        self._whole = Sums(length=end - start)
        self._tallies = [Tally(recipe, self._parts) for recipe in recipes]

    def add(self, start: int, sums: Sums) -> None:
        """Take the sums of the part at `start` (UTC seconds), when it is over.

        Parts of nothing but a gap may be left out. A part that isn't one of the window
        is ignored, and so is one that doesn't start after the latest: no second counts
        twice, whatever becomes of the clock.
        """
        if start not in self._parts:
            return
        if self._latest is not None and start <= self._latest:
            return
        self._latest = start
        self._whole = self._whole.with_part(sums)
        for tally in self._tallies:
            tally.add(start, sums)

    def numbers(self) -> list[list[float]] | None:
        """Return the numbers (W or Wh) of each recipe, None if the window is missing.

        It is missing if less than half of it is covered, or less than half of a part
        that EACH needs. It is also missing if it doesn't fit a recipe: if EACH finds
        more or fewer parts than it counts, as on a day when the clocks change, or DAYS
        more days.
        """
        if not self._whole.sufficient:
            return None
        numbers = []
        for tally in self._tallies:
            found = tally.numbers(self._whole)
            if found is None:
                return None
            numbers.append(found)
        return numbers

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values, for a checkpoint in JSON."""
        whole = self._whole
        return {
            "record": self._identity(),
            "latest": self._latest,
            "whole": [whole.covered, whole.watt_seconds, whole.peak, whole.last],
            "values": [tally.values.copy() for tally in self._tallies],
        }

    @classmethod
    def from_dict(
        cls, data: object, *, start: int, end: int, part: int, recipes: Sequence[Recipe]
    ) -> Self:
        """Restore from a checkpoint; raise ValueError if it isn't one of this record.

        `data` may be anything that JSON holds.
        """
        record = cls(start=start, end=end, part=part, recipes=recipes)
        match data:
            case {
                "record": identity,
                "latest": None | int() as latest,
                "whole": [_, _, _, _] as whole,
                "values": [*values],
            } if identity == record._identity() and (
                latest is None or latest in record._parts
            ):
                record._latest = latest
                record._whole = _sums(end - start, _numbers(whole))
                for tally, kept in zip(record._tallies, values, strict=True):
                    tally.restore(_numbers(kept))
            case _:
                raise ValueError("not a checkpoint of this record")
        return record

    def _identity(self) -> list[int]:
        """Return what tells this record's checkpoints from those of others."""
        parts = self._parts
        recipes = [
            [r.quantity, r.take, r.count, str(r.zone), r.hours, r.bands]
            for r in (tally.recipe for tally in self._tallies)
        ]
        mark = crc32(dumps(recipes).encode())
        return [parts.start, parts.stop, parts.step, mark]


def _sums(length: int, values: list[float | None]) -> Sums:
    """Return sums that were kept; raise ValueError if they can't be any."""
    covered, watt_seconds, peak, last = values
    if covered is None or watt_seconds is None or covered < 0:
        raise ValueError("not the sums of a window")
    if [peak is None, last is None] != [covered == 0] * 2:
        raise ValueError("a peak and a last power are known of what is covered")
    return Sums(
        length=length, covered=covered, watt_seconds=watt_seconds, peak=peak, last=last
    )


def _numbers(values: object) -> list[float | None]:
    """Return a list of finite numbers and None; raise ValueError if it isn't one."""
    match values:
        case [*items]:
            return [None if item is None else _number(item) for item in items]
        case _:
            raise ValueError("not a list")


def _number(value: object) -> float:
    """Return a finite number; raise ValueError if it isn't one."""
    match value:
        case bool():
            raise ValueError("not a number")
        case int() | float() if abs(value) <= float_info.max:
            return float(value)
        case _:
            raise ValueError("not a finite number")
