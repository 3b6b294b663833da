"""What the recorder's statistics, and a meter's states, know of energy and prices."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    statistics_during_period,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, State
from homeassistant.util.unit_conversion import EnergyConverter

from .bill_price import price_factor
from .metering import HISTORY, counted, hours_of

HOUR: Final = 3600


@dataclass(slots=True, kw_only=True)
class Known:
    """What the statistics know of a meter."""

    hours: dict[int, float] = field(default_factory=dict)
    """kWh, by the start of the hour."""
    counter: float | None = None
    """kWh, as the meter's counter stood last."""
    since: float = 0.0
    """kWh, counted after the last of the hours."""
    prices: dict[int, float] = field(default_factory=dict)
    """Mean prices, by the start of the hour."""

    def count(self, energy: float) -> float:
        """Add what the counter counted since it was last seen; return that (kWh)."""
        used = 0.0 if self.counter is None else counted(self.counter, energy)
        self.counter = energy
        self.since += used
        return used


def energy_of(state: State | None) -> float | None:
    """Return a counter's state in kWh, None where it says no energy."""
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    try:
        value = float(state.state)
    except ValueError:
        return None
    if unit not in EnergyConverter.VALID_UNITS or not isfinite(value):
        return None
    return EnergyConverter.convert(value, unit, UnitOfEnergy.KILO_WATT_HOUR)


def read_statistics(
    hass: HomeAssistant, source: str, price_entity: str | None, now: float
) -> Known:
    """Read what the statistics know; runs in the recorder's executor."""
    ids = {source} if price_entity is None else {source, price_entity}
    units = {"energy": UnitOfEnergy.KILO_WATT_HOUR.value}
    found = statistics_during_period(
        hass,
        datetime.fromtimestamp(now - HISTORY, UTC),
        None,
        ids,
        "hour",
        units,
        {"change", "mean", "state"},
    )
    rows = found.get(source, [])
    known = Known(
        hours=hours_of(_values(rows, "change")),
        prices=_prices(hass, found, price_entity),
    )
    if not rows:
        return known
    known.counter = rows[-1].get("state")
    later = statistics_during_period(
        hass,
        datetime.fromtimestamp(rows[-1]["start"] + HOUR, UTC),
        None,
        {source},
        "5minute",
        units,
        {"state"},
    )
    for _, energy in _values(later.get(source, []), "state"):
        known.count(energy)
    return known


def _prices(
    hass: HomeAssistant,
    found: dict[str, list[StatisticsRow]],
    price_entity: str | None,
) -> dict[int, float]:
    """Return the mean prices of hours, none where the entity keeps no statistics."""
    if price_entity is None or (state := hass.states.get(price_entity)) is None:
        return {}
    factor = price_factor(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))
    if factor is None:
        return {}
    return {
        hour: price * factor
        for hour, price in _values(found.get(price_entity, []), "mean")
    }


def _values(rows: Iterable[Any], name: str) -> list[tuple[int, float]]:
    """Return the starts of rows and one of their values, where they have it."""
    return [
        (int(row["start"]), value)
        for row in rows
        if (value := row.get(name)) is not None
    ]
