"""The sensor of an impulse meter: what the billing meter shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy, UnitOfVolume
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_QUANTITY, DOMAIN, MANUFACTURER
from .coordinator import MeterCoordinator
from .impulse_meter import ImpulseMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a billing meter counts, and in which unit."""

    title: str
    device_class: SensorDeviceClass
    unit: str


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "electricity_kwh": Quantity(
        title="Electricity meter",
        device_class=SensorDeviceClass.ENERGY,
        unit=UnitOfEnergy.KILO_WATT_HOUR,
    ),
    "gas_m3": Quantity(
        title="Gas meter",
        device_class=SensorDeviceClass.GAS,
        unit=UnitOfVolume.CUBIC_METERS,
    ),
    "gas_ft3": Quantity(
        title="Gas meter",
        device_class=SensorDeviceClass.GAS,
        unit=UnitOfVolume.CUBIC_FEET,
    ),
    "water_m3": Quantity(
        title="Water meter",
        device_class=SensorDeviceClass.WATER,
        unit=UnitOfVolume.CUBIC_METERS,
    ),
    "water_l": Quantity(
        title="Water meter",
        device_class=SensorDeviceClass.WATER,
        unit=UnitOfVolume.LITERS,
    ),
}


class ImpulseSensor(CoordinatorEntity[MeterCoordinator], SensorEntity):
    """What a billing meter shows, on a device of its own below the display."""

    _attr_has_entity_name = True
    _attr_name = None
    # A person may set the reading right, up or down.
    _attr_state_class = SensorStateClass.TOTAL
    _attr_suggested_display_precision = 3

    def __init__(self, coordinator: MeterCoordinator, meter: ImpulseMeter) -> None:
        """Take the display's coordinator and the meter."""
        super().__init__(coordinator)
        quantity = QUANTITIES[meter.subentry.data[CONF_QUANTITY]]
        self._meter = meter
        self._attr_device_class = quantity.device_class
        self._attr_native_unit_of_measurement = quantity.unit
        self._attr_suggested_unit_of_measurement = quantity.unit
        self._attr_unique_id = meter.subentry.subentry_id
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, meter.subentry.subentry_id)},
            manufacturer=MANUFACTURER,
            model="OptiSmart",
            name=meter.subentry.title,
            via_device_id=coordinator.hub_id,
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the transmitter is heard."""
        known = self.coordinator.data.transmitters.get(self._meter.sensor)
        return super().available and known is not None and known.reading is not None

    @property
    @override
    def native_value(self) -> float:
        """The billing meter's reading."""
        return round(self._meter.counter.reading, 6)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the counter too: it is behind the coordinator's listeners."""
        await super().async_added_to_hass()
        self.async_on_remove(self._meter.async_add_listener(self.async_write_ha_state))
