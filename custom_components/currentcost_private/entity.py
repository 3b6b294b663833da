"""Base classes of the meter's entities, and the devices that they stand on.

A transmitter is known by its entry and sensor number alone: its radio id is a factory
default in most homes, and changes when it is paired again.
"""

from functools import partial
from typing import override

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, MANUFACTURER
from .coordinator import MeterCoordinator, Transmitter


class DisplayEntity(CoordinatorEntity[MeterCoordinator]):
    """An entity of the display."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: MeterCoordinator, *, description: EntityDescription
    ) -> None:
        """Place the entity on the display's device."""
        super().__init__(coordinator)
        entry_id = coordinator.config_entry.entry_id
        self.entity_description = description
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})

    @property
    @override
    def available(self) -> bool:
        """Whether any transmitter is heard through the display."""
        return super().available and self.coordinator.data.latest is not None


class TransmitterEntity(CoordinatorEntity[MeterCoordinator]):
    """An entity of one transmitter."""

    _attr_has_entity_name = True

    def __init__(
        self,
        coordinator: MeterCoordinator,
        *,
        description: EntityDescription,
        sensor: int,
    ) -> None:
        """Place the entity on the device of the transmitter with this number."""
        super().__init__(coordinator)
        identifier = _identifier(coordinator, sensor)
        self.entity_description = description
        self._sensor = sensor
        self._attr_unique_id = _unique_id(
            coordinator.config_entry.entry_id, sensor, description.key
        )
        self._attr_device_info = DeviceInfo(
            identifiers={identifier},
            manufacturer=MANUFACTURER,
            translation_key="appliance" if sensor else "whole_house",
            translation_placeholders={"sensor": str(sensor)},
            via_device_id=coordinator.hub_id,
        )

    @property
    def transmitter(self) -> Transmitter:
        """What is known of the transmitter; nothing after a person deleted it."""
        return self.coordinator.data.transmitters.get(self._sensor, Transmitter())

    @property
    @override
    def available(self) -> bool:
        """Whether the transmitter is heard."""
        return super().available and self.transmitter.reading is not None


def service_device(subentry: ConfigSubentry, hub_id: str | None) -> DeviceInfo:
    """Return the device of a subentry, below the display if there is one."""
    device = partial(
        DeviceInfo,
        entry_type=DeviceEntryType.SERVICE,
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
    )
    return device(via_device_id=hub_id) if hub_id else device()


@callback
def async_sensor_of_device(
    coordinator: MeterCoordinator, device: dr.DeviceEntry
) -> int | None:
    """Return the sensor number of a transmitter's device, None for other devices."""
    return next(
        (
            sensor
            for sensor in coordinator.data.transmitters
            if _identifier(coordinator, sensor) in device.identifiers
        ),
        None,
    )


@callback
def async_display_entity_id(hass: HomeAssistant, entry_id: str, key: str) -> str | None:
    """Return the id of one of the display's sensor entities, None if there is none."""
    return er.async_get(hass).async_get_entity_id(
        Platform.SENSOR, DOMAIN, f"{entry_id}_{key}"
    )


@callback
def async_transmitter_entity_id(
    hass: HomeAssistant, entry_id: str, sensor: int, key: str
) -> str | None:
    """Return the id of a transmitter's sensor entity, None if there is none."""
    return er.async_get(hass).async_get_entity_id(
        Platform.SENSOR, DOMAIN, _unique_id(entry_id, sensor, key)
    )


def may_read(user: User, entity_id: str | None) -> bool:
    """Return whether there is such an entity and the user may see its state."""
    return entity_id is not None and user.permissions.check_entity(
        entity_id, POLICY_READ
    )


def _unique_id(entry_id: str, sensor: int, key: str) -> str:
    return f"{entry_id}_{sensor}_{key}"


def _identifier(coordinator: MeterCoordinator, sensor: int) -> tuple[str, str]:
    """Return the identifier of a transmitter's device."""
    return DOMAIN, f"{coordinator.config_entry.entry_id}_{sensor}"
