"""Stored values for those who read from afar: the recorder's states and statistics.

Imported only where there is a recorder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.components.recorder import history
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    EnergyConverter,
    PowerConverter,
    TemperatureConverter,
)

from .remote_query import MOST_ROWS, Quantity, Query, Resolution

UNITS: Final = {
    Quantity.ENERGY: UnitOfEnergy.KILO_WATT_HOUR,
    Quantity.POWER: UnitOfPower.WATT,
    Quantity.TEMPERATURE: UnitOfTemperature.CELSIUS,
}
CONVERTERS: Final[Mapping[Quantity, type[BaseUnitConverter]]] = {
    Quantity.ENERGY: EnergyConverter,
    Quantity.POWER: PowerConverter,
    Quantity.TEMPERATURE: TemperatureConverter,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, and where the next ones begin."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]
    next: datetime | None


async def async_page(hass: HomeAssistant, entity_id: str, query: Query) -> Page:
    """Return the first rows of a range."""
    read = _states if query.resolution is Resolution.RAW else _statistics
    return await get_instance(hass).async_add_executor_job(read, hass, entity_id, query)


def _states(hass: HomeAssistant, entity_id: str, query: Query) -> Page:
    found = history.state_changes_during_period(
        hass,
        query.start,
        query.end,
        entity_id,
        limit=MOST_ROWS + 1,
        include_start_time_state=False,
    )
    states: list[State] = found.get(entity_id, [])
    return Page(
        columns=("time", "value"),
        rows=[
            (_text(state.last_updated), _value(state, query.quantity))
            for state in states[:MOST_ROWS]
        ],
        # The recorder begins after the time that it is given.
        next=states[MOST_ROWS - 1].last_updated if len(states) > MOST_ROWS else None,
    )


def _statistics(hass: HomeAssistant, entity_id: str, query: Query) -> Page:
    kinds: tuple[str, ...] = ("mean", "min", "max")
    if query.quantity is Quantity.ENERGY:
        kinds = ("change",)
    found = statistics_during_period(
        hass,
        query.start,
        query.end,
        {entity_id},
        query.resolution.value,  # type: ignore[arg-type]  # one of its literals
        {query.quantity.value: UNITS[query.quantity]},
        set(kinds),  # type: ignore[arg-type]  # of its literals
    ).get(entity_id, [])
    rows = [
        (
            _text(dt_util.utc_from_timestamp(row["start"])),
            *(_column(row, kind) for kind in kinds),
        )
        for row in found[:MOST_ROWS]
    ]
    more = found[MOST_ROWS]["start"] if len(found) > MOST_ROWS else None
    return Page(
        columns=("start", *kinds),
        rows=rows,
        next=None if more is None else dt_util.utc_from_timestamp(more),
    )


def _column(row: Mapping[str, object], name: str) -> float | None:
    value = row.get(name)
    return round(value, 6) if isinstance(value, float | int) else None


def _value(state: State, quantity: Quantity) -> float | None:
    """Return a number in the unit that is promised, None where nothing is known."""
    try:
        value = float(state.state)
    except ValueError:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return round(CONVERTERS[quantity].convert(value, unit, UNITS[quantity]), 6)


def _text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
