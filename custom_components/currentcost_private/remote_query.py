"""What is asked for from afar, checked and bounded before anything is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from homeassistant.util import dt as dt_util


class Quantity(StrEnum):
    """What was measured."""

    ENERGY = "energy"
    POWER = "power"
    TEMPERATURE = "temperature"


class Resolution(StrEnum):
    """How finely it is answered."""

    RAW = "raw"
    FIVE_MINUTES = "5minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSON = "json"


LONGEST: Final = {
    Resolution.RAW: timedelta(days=31),
    Resolution.FIVE_MINUTES: timedelta(days=31),
    Resolution.HOUR: timedelta(days=366),
    Resolution.DAY: timedelta(days=3660),
    Resolution.MONTH: timedelta(days=3660),
}
MOST_ROWS: Final = 10_000
USUAL_RANGE: Final = timedelta(days=1)


class QueryError(Exception):
    """A request that can't be answered, in words for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A range of one sensor's stored values."""

    entry_id: str | None
    sensor: int
    channel: int | None
    quantity: Quantity
    resolution: Resolution
    start: datetime
    end: datetime
    format: Format

    @property
    def key(self) -> str:
        """The end of the entity's unique id."""
        if self.channel is not None:
            return f"{self.quantity}_{self.channel}"
        return self.quantity


NAMES: Final = frozenset(
    {
        "channel",
        "end",
        "entry_id",
        "format",
        "quantity",
        "resolution",
        "sensor",
        "start",
    }
)


def parse(query: Mapping[str, str], now: datetime) -> Query:
    """Return what is asked for; raise QueryError."""
    if unknown := sorted(query.keys() - NAMES):
        raise QueryError(f"There is no parameter {unknown[0][:40]}.")
    quantity = Quantity(_one_of(query, "quantity", Quantity, Quantity.POWER))
    channel = _number(query, "channel", 1, 3)
    if channel is not None and quantity is not Quantity.POWER:
        raise QueryError("Only power is known by channel.")
    resolution = Resolution(_one_of(query, "resolution", Resolution, Resolution.RAW))
    end = _time(query, "end", now)
    start = _time(query, "start", end - USUAL_RANGE)
    if not start < end:
        raise QueryError("start has to be before end.")
    if end - start > (longest := LONGEST[resolution]):
        raise QueryError(
            f"At this resolution a range is {longest.days} days long at most."
        )
    return Query(
        entry_id=query.get("entry_id"),
        sensor=_number(query, "sensor", 0, 9) or 0,
        channel=channel,
        quantity=quantity,
        resolution=resolution,
        start=start,
        end=end,
        format=parse_format(query),
    )


def parse_format(query: Mapping[str, str]) -> Format:
    """Return how to write the answer; raise QueryError."""
    return Format(_one_of(query, "format", Format, Format.JSON))


def _one_of(
    query: Mapping[str, str], name: str, values: type[StrEnum], usual: str
) -> str:
    value = query.get(name, usual)
    if value not in list(values):
        raise QueryError(f"{name} has to be one of {', '.join(values)}.")
    return value


def _number(query: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    if (text := query.get(name)) is None:
        return None
    if text not in {str(number) for number in range(least, most + 1)}:
        raise QueryError(f"{name} has to be a number from {least} to {most}.")
    return int(text)


def _time(query: Mapping[str, str], name: str, usual: datetime) -> datetime:
    """Return a time in UTC; without an offset it is the home's."""
    if (text := query.get(name)) is None:
        return usual
    try:
        # In a query a plus that nobody has encoded is a blank.
        return dt_util.as_utc(datetime.fromisoformat(text[:40].replace(" ", "+")))
    except (OverflowError, ValueError) as err:
        raise QueryError(
            f"{name} has to be a time such as 2026-11-24T08:00:00Z."
        ) from err
