"""Sensors of a bill: what it has cost so far, where it goes, and what always runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .bill_terms import CONF_CURRENCY
from .bill_tracker import BASES, BillTracker
from .const import SUBENTRY_BILL
from .coordinator import CurrentCostConfigEntry
from .entity import service_device
from .metering import Figures

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class BillSensorEntityDescription(SensorEntityDescription):
    """A sensor of a bill."""

    value_fn: Callable[[BillTracker], Decimal | float | str | None]


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(CENT, ROUND_HALF_UP)


def _of_figures[T](value: Callable[[Figures], T]) -> Callable[[BillTracker], T | None]:
    def of_tracker(tracker: BillTracker) -> T | None:
        return None if tracker.figures is None else value(tracker.figures)

    return of_tracker


def _limit(number: int) -> Callable[[Figures], Decimal | None]:
    def limit(figures: Figures) -> Decimal | None:
        return None if figures.range is None else _rounded(figures.range[number])

    return limit


BILL_SENSORS: Final = (
    BillSensorEntityDescription(
        key="cost",
        translation_key="cost_so_far",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda tracker: _rounded(tracker.cost),
    ),
    BillSensorEntityDescription(
        key="forecast",
        translation_key="bill_forecast",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_of_figures(lambda figures: _rounded(figures.forecast)),
    ),
    BillSensorEntityDescription(
        key="forecast_low",
        translation_key="bill_forecast_low",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_of_figures(_limit(0)),
    ),
    BillSensorEntityDescription(
        key="forecast_high",
        translation_key="bill_forecast_high",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_of_figures(_limit(1)),
    ),
    BillSensorEntityDescription(
        key="base_load",
        translation_key="base_load",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=_of_figures(
            lambda figures: figures.base_load and round(figures.base_load, 1)
        ),
    ),
    BillSensorEntityDescription(
        key="left_on",
        translation_key="left_on",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        value_fn=_of_figures(
            lambda figures: figures.left_on and round(figures.left_on, 3)
        ),
    ),
    BillSensorEntityDescription(
        key="basis",
        translation_key="forecast_basis",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=BASES,
        value_fn=lambda tracker: tracker.basis,
    ),
)


@callback
def async_add_bills(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each bill, and follow it for as long as the entry is loaded."""
    hub_id = entry.runtime_data.hub_id
    for subentry in entry.get_subentries_of_type(SUBENTRY_BILL):
        tracker = BillTracker(hass, entry, subentry)
        async_add_entities(
            [
                BillSensor(tracker, description=description, hub_id=hub_id)
                for description in BILL_SENSORS
            ],
            config_subentry_id=subentry.subentry_id,
        )
        entry.async_on_unload(tracker.async_stop)
        entry.async_create_task(hass, tracker.async_start(), eager_start=False)


class BillSensor(SensorEntity):
    """A sensor of a bill."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    entity_description: BillSensorEntityDescription

    def __init__(
        self,
        tracker: BillTracker,
        *,
        description: BillSensorEntityDescription,
        hub_id: str | None,
    ) -> None:
        """Place the entity on the bill's own device, below the display if any."""
        self.entity_description = description
        self._tracker = tracker
        subentry = tracker.subentry
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        self._attr_device_info = service_device(subentry, hub_id)
        if description.device_class is SensorDeviceClass.MONETARY:
            self._attr_native_unit_of_measurement = subentry.data[CONF_CURRENCY]

    @property
    @override
    def native_value(self) -> Decimal | float | str | None:
        """The latest value."""
        return self.entity_description.value_fn(self._tracker)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the bill began, for what adds up from there."""
        if self.state_class is not SensorStateClass.TOTAL:
            return None
        return dt_util.utc_from_timestamp(self._tracker.bill.start)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the bill."""
        self.async_on_remove(
            self._tracker.async_add_listener(self.async_write_ha_state)
        )
