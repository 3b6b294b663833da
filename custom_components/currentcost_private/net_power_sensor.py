"""Sensors of a net power: the power, and the energy that the Energy dashboard takes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_NET_POWER
from .coordinator import CurrentCostConfigEntry
from .entity import service_device
from .metering import EnergyIntegrator
from .net_power import (
    CONF_KIND,
    KIND_CONSUMPTION,
    KIND_GENERATION,
    KIND_GRID,
    NetPower,
)


def _whole(watts: float) -> float:
    return watts


def _forward(watts: float) -> float:
    return max(watts, 0.0)


def _back(watts: float) -> float:
    return max(-watts, 0.0)


@dataclass(frozen=True, kw_only=True)
class NetPowerSensorEntityDescription(SensorEntityDescription):
    """A sensor of one direction of a net power."""

    direction: Callable[[float], float]


def _power(key: str, direction: Callable[[float], float]) -> _Description:
    return NetPowerSensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        direction=direction,
    )


def _energy(key: str, direction: Callable[[float], float]) -> _Description:
    return NetPowerSensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        direction=direction,
    )


type _Description = NetPowerSensorEntityDescription

POWERS: Final = {
    KIND_GRID: (
        _power("net_power", _whole),
        _power("import_power", _forward),
        _power("export_power", _back),
    ),
    KIND_GENERATION: (_power("generation_power", _forward),),
    KIND_CONSUMPTION: (_power("consumption_power", _forward),),
}
ENERGIES: Final = {
    KIND_GRID: (_energy("import_energy", _forward), _energy("export_energy", _back)),
    KIND_GENERATION: (_energy("generation_energy", _forward),),
    KIND_CONSUMPTION: (_energy("consumption_energy", _forward),),
}


@callback
def async_add_net_powers(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each net power."""
    hub_id = entry.runtime_data.hub_id
    for subentry in entry.get_subentries_of_type(SUBENTRY_NET_POWER):
        net = NetPower(hass, subentry)
        async_add_entities(
            _sensors(net, hub_id), config_subentry_id=subentry.subentry_id
        )


def _sensors(net: NetPower, hub_id: str | None) -> Iterator[SensorEntity]:
    kind = net.subentry.data[CONF_KIND]
    for description in POWERS[kind]:
        yield NetPowerSensor(net, description=description, hub_id=hub_id)
    for description in ENERGIES[kind]:
        yield NetEnergySensor(net, description=description, hub_id=hub_id)


class NetSensor(SensorEntity):
    """A sensor that follows a net power; without it, it is unavailable."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    entity_description: NetPowerSensorEntityDescription

    def __init__(
        self,
        net: NetPower,
        *,
        description: NetPowerSensorEntityDescription,
        hub_id: str | None,
    ) -> None:
        """Place the entity on the net power's own device, below the display if any."""
        self.entity_description = description
        self._net = net
        self._attr_unique_id = f"{net.subentry.subentry_id}_{description.key}"
        self._attr_device_info = service_device(net.subentry, hub_id)

    @property
    @override
    def available(self) -> bool:
        """Whether each of the formula's sensors says a power."""
        return self._net.watts is not None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the net power."""
        await super().async_added_to_hass()
        self.async_on_remove(self._net.async_add_listener(self._async_sampled))

    @callback
    def _async_sampled(self, _time: float, _watts: float | None) -> None:
        """Show what there is now."""
        self.async_write_ha_state()


class NetPowerSensor(NetSensor):
    """The net power, or one direction of it."""

    @property
    @override
    def native_value(self) -> float | None:
        """The latest value."""
        watts = self._net.watts
        return None if watts is None else self.entity_description.direction(watts)


class NetEnergySensor(NetSensor, RestoreSensor):
    """The energy of one direction.

    A time without power counts for nothing, as with the meter's own energy.
    """

    _integrator: EnergyIntegrator

    @property
    @override
    def native_value(self) -> float:
        """The energy up to the latest sample."""
        return round(self._integrator.energy, 3)

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from what was shown last."""
        stored = await self.async_get_last_sensor_data()
        before = None if stored is None else stored.native_value
        self._integrator = EnergyIntegrator(
            float(before) if isinstance(before, int | float | Decimal) else 0.0
        )
        await super().async_added_to_hass()

    @override
    @callback
    def _async_sampled(self, time: float, watts: float | None) -> None:
        """Count the power that was there."""
        if watts is not None:
            self._integrator.add(time, self.entity_description.direction(watts))
        super()._async_sampled(time, watts)
