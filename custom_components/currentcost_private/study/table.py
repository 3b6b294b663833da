"""Rows of a table, kept as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .columns import Columns, Unreadable
from .gridding import Samples
from .stamps import Style, seconds_of, style_of

MOST_ROWS: Final = 40_000_000
MOST_WATTS: Final = 200_000.0
_GAPS: Final = {"", "na", "nan", "null", "none", "?", "unavailable", "unknown", "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is told about a file; the rest is recognised.

    Attributes:
        time: name of the time's column.
        power: name of the power's column, or of an entity in a history exported from
            Home Assistant.
        unit: W or kW.
        zone: see `seconds_of`.
        keep_zeros: whether 0 W is a reading; a house at 0 W is one not measured.
    """

    time: str | None = None
    power: str | None = None
    unit: str | None = None
    zone: ZoneInfo | None = None
    keep_zeros: bool = False


class Table:
    """Rows as they come."""

    def __init__(self, columns: Columns, layout: Layout, decimal: str) -> None:
        """Start with none.

        Args:
            columns: where is what.
            layout: what is known of the file.
            decimal: what stands before a fraction.
        """
        self.rows = 0
        self.bad_rows = 0
        self.style = Style.ISO
        self.utc = False
        self.entity = None if columns.entity is None else layout.power
        self._columns = columns
        self._decimal = decimal
        self._zone = layout.zone
        self._needed = max(*columns.times, columns.power, columns.entity or 0)
        self._parts: list[list[NDArray[Any]]] = []

    def add(self, chunk: list[list[str]]) -> None:
        """Take rows; those that aren't any are counted."""
        columns = self._columns
        rows = [row for row in chunk if len(row) > self._needed]
        empty = sum(not row for row in chunk)
        rows = rows if columns.entity is None else self._of_entity(rows, columns.entity)
        first = not self.rows
        self.rows += len(chunk) - empty
        if self.rows > MOST_ROWS:
            raise Unreadable(f"The table has more than {MOST_ROWS} rows: split it.")
        self.bad_rows += sum(0 < len(row) <= self._needed for row in chunk)
        texts = [" ".join([row[at] for at in columns.times]) for row in rows]
        if first:
            self.style = style_of(texts[:200])
        times, utc = seconds_of(texts, self.style, self._zone)
        self.utc |= utc
        watts = self._numbers(rows, columns.power)
        fine = np.isfinite(times) & ~(np.abs(watts) > MOST_WATTS)
        self.bad_rows += int((~fine).sum())
        others = [self._numbers(rows, at) for at in columns.appliances.values()]
        numbers = [np.where(np.isfinite(each), each, np.nan) for each in others]
        self._parts.append(
            [times[fine], watts[fine], *(n[fine].astype(np.float32) for n in numbers)]
        )

    def samples(self) -> Samples:
        """Return all rows.

        Raises:
            Unreadable: there are none, or most of them aren't rows.
        """
        if not self._parts:
            raise Unreadable("There are no rows in it.")
        times, watts, *others = map(np.concatenate, zip(*self._parts, strict=True))
        if self.bad_rows > self.rows / 2:
            raise Unreadable(
                f"{self.bad_rows} of {self.rows} rows have no time or no number where "
                "they should: name the columns with --time and --power."
            )
        if np.isfinite(watts).sum() < 2:
            raise Unreadable("There are no readings in it.")
        return Samples(
            times, watts, dict(zip(self._columns.appliances, others, strict=False))
        )

    def _of_entity(self, rows: list[list[str]], at: int) -> list[list[str]]:
        entities = list(dict.fromkeys(row[at] for row in rows))
        if self.entity is None and len(entities) == 1:
            self.entity = entities[0]
        if self.entity not in entities and not self._parts:
            raise Unreadable(
                "Choose an entity with --power: "
                + ", ".join(e[:60] for e in entities[:12])
            )
        if self.entity is None:
            raise Unreadable("Choose an entity with --power.")
        return [row for row in rows if row[at] == self.entity]

    def _numbers(self, rows: Sequence[Sequence[str]], at: int) -> NDArray[np.float64]:
        """Return W; nan where nothing is said, infinite where it is no number."""
        texts = [row[at] if len(row) > at else "" for row in rows]
        if self._decimal != ".":
            texts = [text.replace(self._decimal, ".") for text in texts]
        try:
            numbers = np.array(texts, dtype=np.str_).astype(np.float64)
        except ValueError:
            numbers = np.array([number(text) for text in texts])
        return numbers * self._columns.factor


def is_number(text: str) -> bool:
    """Return whether it is a number that is not infinite."""
    return math.isfinite(number(text))


def number(text: str) -> float:
    """Return nan where nothing is said, infinite where it is no number."""
    text = text.strip()
    if text.lower() in _GAPS:
        return np.nan
    try:
        return float(text)
    except ValueError:
        return np.inf
