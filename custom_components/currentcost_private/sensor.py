"""Sensors: those of the display, of transmitters, and of what subentries set up."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .bill_sensor import async_add_bills
from .coordinator import CurrentCostConfigEntry, MeterCoordinator, Transmitter
from .entity import DisplayEntity, TransmitterEntity
from .envir import Outcome
from .impulse_sensor import ImpulseSensor
from .net_power_sensor import async_add_net_powers
from .report_sensor import async_report_sensors

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class DisplaySensorEntityDescription(SensorEntityDescription):
    """A sensor of the display."""

    value_fn: Callable[[MeterCoordinator], StateType]


@dataclass(frozen=True, kw_only=True)
class TransmitterSensorEntityDescription(SensorEntityDescription):
    """A sensor of a transmitter."""

    value_fn: Callable[[Transmitter], StateType]


def _temperature(meter: MeterCoordinator) -> float | None:
    return meter.data.latest.temperature if meter.data.latest else None


def _messages(meter: MeterCoordinator, *, outcome: Outcome) -> int:
    return meter.outcomes[outcome]


def _power(transmitter: Transmitter) -> int | None:
    return transmitter.reading.total if transmitter.reading else None


def _channel_power(channel: int) -> Callable[[Transmitter], int | None]:
    def power(transmitter: Transmitter) -> int | None:
        return (
            transmitter.reading.channels.get(channel) if transmitter.reading else None
        )

    return power


DISPLAY_SENSORS: Final = (
    DisplaySensorEntityDescription(
        key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
        value_fn=_temperature,
    ),
    *(
        DisplaySensorEntityDescription(
            key=f"{outcome}_messages",
            translation_key=f"{outcome}_messages",
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=partial(_messages, outcome=outcome),
        )
        for outcome in Outcome
    ),
)

TRANSMITTER_SENSORS: Final = (
    TransmitterSensorEntityDescription(
        key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        value_fn=_power,
    ),
    TransmitterSensorEntityDescription(
        key="energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        value_fn=lambda transmitter: round(transmitter.energy, 3),
    ),
)

CHANNEL_SENSORS: Final = {
    channel: TransmitterSensorEntityDescription(
        key=f"power_{channel}",
        translation_key=f"power_{channel}",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        value_fn=_channel_power(channel),
    )
    for channel in (1, 2, 3)
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the meter, if the entry has one, and of the reports."""
    data = entry.runtime_data
    if data.meter is not None:
        _async_add_meter(entry, data.meter, async_add_entities)
        for subentry_id, impulse_meter in data.impulse_meters.items():
            async_add_entities(
                [ImpulseSensor(data.meter, impulse_meter)],
                config_subentry_id=subentry_id,
            )
    for subentry_id, reporter in data.reporters.items():
        async_add_entities(
            async_report_sensors(hass, reporter, data.hub_id),
            config_subentry_id=subentry_id,
        )
    async_add_bills(hass, entry, async_add_entities)
    async_add_net_powers(hass, entry, async_add_entities)


@callback
def _async_add_meter(
    entry: CurrentCostConfigEntry,
    meter: MeterCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the display and of each transmitter, now or once heard."""
    async_add_entities(
        DisplaySensor(meter, description=description) for description in DISPLAY_SENSORS
    )
    added: set[tuple[int, TransmitterSensorEntityDescription]] = set()

    @callback
    def add_new_sensors() -> None:
        wanted = {
            (sensor, description)
            for sensor, transmitter in meter.data.transmitters.items()
            for description in _descriptions(transmitter)
        }
        new = wanted - added
        # A transmitter that a person deleted is new when it is heard again.
        added.intersection_update(wanted)
        added.update(new)
        if new:
            async_add_entities(
                TransmitterSensor(meter, description=description, sensor=sensor)
                for sensor, description in new
            )

    add_new_sensors()
    entry.async_on_unload(meter.async_add_listener(add_new_sensors))


def _descriptions(
    transmitter: Transmitter,
) -> tuple[TransmitterSensorEntityDescription, ...]:
    """Return a transmitter's sensors; none if it counts impulses."""
    match sorted(transmitter.channels):
        case []:
            return ()
        case [_]:
            return TRANSMITTER_SENSORS
        case channels:
            return (
                *TRANSMITTER_SENSORS,
                *(CHANNEL_SENSORS[channel] for channel in channels),
            )


class DisplaySensor(DisplayEntity, SensorEntity):
    """A sensor of the display."""

    entity_description: DisplaySensorEntityDescription

    @property
    @override
    def native_value(self) -> StateType:
        """The latest value."""
        return self.entity_description.value_fn(self.coordinator)


class TransmitterSensor(TransmitterEntity, SensorEntity):
    """A sensor of a transmitter."""

    entity_description: TransmitterSensorEntityDescription

    @property
    @override
    def native_value(self) -> StateType:
        """The latest value."""
        return self.entity_description.value_fn(self.transmitter)
