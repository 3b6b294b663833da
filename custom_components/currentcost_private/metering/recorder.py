"""From samples of power to the numbers of windows: what a report measures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from .recipe import Recipe
from .record import Record
from .samples import Samples

type WindowAt = Callable[[float], tuple[int, int]]
"""Returns start and end (UTC s) of the window around a time (UTC s)."""


class Recorder:
    """Sums samples up into parts of windows, and parts into each window's numbers."""

    def __init__(
        self, *, part: int, recipes: Sequence[Recipe], window_at: WindowAt
    ) -> None:
        """Begin without samples; `part` is in seconds and divides every window."""
        self._part = part
        self._recipes = tuple(recipes)
        self._window_at = window_at
        self._samples = Samples(part)
        self._records: dict[int, Record] = {}

    def add(self, time: float, watts: float) -> None:
        """Take a sample of `watts` at `time` (UTC s); raise ValueError if not finite."""
        self._samples.add(time, watts)

    def advance(self, until: float) -> None:
        """Take in the parts that are over at `until` (UTC s)."""
        for part, sums in self._samples.finished(until):
            start, end = self._window_at(part)
            if start not in self._records:
                self._records[start] = self._record(start, end)
            self._records[start].add(part, sums)

    def finish(self, start: int, end: int) -> list[list[float]] | None:
        """Return the numbers of the window that is over, None if it is missing.

        To be called once: the window and all before it are forgotten.
        """
        self.advance(end)
        record = self._records.get(start)
        self._records = {key: r for key, r in self._records.items() if key > start}
        return None if record is None else record.numbers()

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values, for a checkpoint in JSON."""
        return {
            "samples": self._samples.to_dict(),
            "records": {
                str(start): record.to_dict() for start, record in self._records.items()
            },
        }

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        part: int,
        recipes: Sequence[Recipe],
        window_at: WindowAt,
    ) -> Self:
        """Restore from a checkpoint; raise ValueError if it isn't one of this kind."""
        recorder = cls(part=part, recipes=recipes, window_at=window_at)
        match data:
            case {"samples": dict() as samples, "records": dict() as records}:
                recorder._samples = Samples.from_dict(samples, length=part)
                for key, kept in records.items():
                    try:
                        start, end = window_at(int(key))
                    except OverflowError as err:
                        raise ValueError(f"no window starts at {key}") from err
                    recorder._records[start] = Record.from_dict(
                        kept, start=start, end=end, part=part, recipes=recipes
                    )
            case _:
                message = "not a checkpoint of a recorder"
                raise ValueError(message)
        return recorder

    def _record(self, start: int, end: int) -> Record:
        return Record(start=start, end=end, part=self._part, recipes=self._recipes)
