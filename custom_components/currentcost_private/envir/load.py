"""What a simulated display's transmitters measure: a model household, or a recording."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final, Protocol, Self

from .household import (
    COOKER,
    FRIDGE,
    KETTLE,
    LIGHTS_AND_TELEVISION,
    WASHING_MACHINE,
    Household,
)

PLUGS: Final = (FRIDGE, KETTLE, WASHING_MACHINE, COOKER, LIGHTS_AND_TELEVISION)
MOST_PLUGS: Final = 9

# Rows of a recording that may be missing before the transmitter is silent.
_MISSING: Final = 5

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # a display knows no time zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Watts at one time."""

    house: int | None
    """None while the transmitter is silent."""

    plugs: Sequence[int]
    """Of the sensors from 1 on."""


class Load(Protocol):
    """Where the watts come from."""

    def advance(self, seconds: float, clock: datetime) -> Drawn:
        """Let so much time pass, until `clock`, and return what is drawn then."""


class HouseholdLoad:
    """A model of appliances; plugs beyond them are shares of the base load."""

    def __init__(self, random: Random) -> None:
        """Begin with everything switched off."""
        self._household = Household(random)

    def advance(self, seconds: float, clock: datetime) -> Drawn:
        """Let so much time pass, until `clock`, and return what is drawn then."""
        watts = self._household.advance(seconds, hour=clock.hour)
        standby = watts["base"] // MOST_PLUGS
        plugs = [watts[appliance.name] for appliance in PLUGS]
        plugs += [standby] * (MOST_PLUGS - len(plugs))
        return Drawn(house=sum(watts.values()), plugs=plugs)


class RecordedLoad:
    """A table of power: times, the house's watts, and those of plugs."""

    def __init__(
        self, times: Sequence[float], columns: Sequence[Sequence[int]]
    ) -> None:
        """Take rising times (s since 1970 by the house's clock), and watts by column."""
        if len(times) < 2 or not columns:
            raise ValueError("a recording has a column of power and two rows at least")
        self._times = times
        self._columns = columns
        self._step = times[1] - times[0]

    @classmethod
    def read(cls, lines: Iterable[str]) -> Self:
        """Read a CSV file with a head: a time (ISO 8601) and the watts in each row.

        The first power is the house's, the others are plugs'. Raises ValueError.
        """
        rows = csv.reader(lines)
        head = next(rows, [])
        width = min(len(head), MOST_PLUGS + 2)
        times = array("d")
        columns = [array("i") for _ in range(1, width)]
        for number, row in enumerate(rows, start=2):
            try:
                time = datetime.fromisoformat(row[0]).replace(tzinfo=None)
                watts = [round(float(value)) for value in row[1:width]]
                times.append((time - _EPOCH).total_seconds())
                for column, value in zip(columns, watts, strict=True):
                    column.append(min(max(value, 0), 32767))
            except (IndexError, OverflowError, ValueError) as err:
                raise ValueError(f"row {number} isn't a time and watts: {err}") from err
        return cls(times, columns)

    @property
    def start(self) -> datetime:
        """The time of the first row."""
        return _EPOCH + timedelta(seconds=self._times[0])

    def advance(self, seconds: float, clock: datetime) -> Drawn:  # noqa: ARG002  # a table knows the time
        """Return what the row at `clock` says; 0 for the house means that it's unknown."""
        time = (clock - _EPOCH).total_seconds()
        row = bisect_right(self._times, time) - 1
        plugs = [0] * MOST_PLUGS
        if row < 0 or time - self._times[row] > _MISSING * self._step:
            return Drawn(house=None, plugs=plugs)
        house, *others = (column[row] for column in self._columns)
        plugs[: len(others)] = others
        return Drawn(house=house or None, plugs=plugs)
