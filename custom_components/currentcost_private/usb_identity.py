"""Which USB cable a port is, so that it is known again at another port."""

from collections.abc import Mapping, Sequence
import os
from typing import Any, Final

from homeassistant.components.usb import (
    SerialDevice,
    USBDevice,
    async_get_serial_port_consumers,
    async_scan_serial_ports,
)
from homeassistant.core import HomeAssistant

from .const import LOGGER

# What of a cable stays when it moves. The chip's serial number is often missing, or the
# same for all that were made.
IDENTITY: Final = ("vid", "pid", "serial_number", "interface_num")

type Identity = Mapping[str, Any]
type Ports = Sequence[USBDevice | SerialDevice]


def tells_apart(identity: Identity) -> bool:
    """Return whether no other cable is likely to have this identity."""
    serial: str | None = identity["serial_number"]
    return serial is not None and len(set(serial.strip())) > 2


async def async_identity(hass: HomeAssistant, device: str) -> dict[str, Any] | None:
    """Return the identity of the cable at a port, None if there is no USB cable."""
    ports = await _async_scan(hass)
    return await hass.async_add_executor_job(_identity_at, ports, device)


async def async_ports_of(
    hass: HomeAssistant, identity: Identity, *, entry_id: str
) -> list[USBDevice]:
    """Return the ports where a cable of this identity is, that nothing else may use."""
    ports = await _async_scan(hass)
    consumers = await async_get_serial_port_consumers(hass, ports)
    return [
        port
        for port in ports
        if isinstance(port, USBDevice)
        and _identity(port) == dict(identity)
        and all(
            consumer.config_entry_id == entry_id
            for consumer in consumers.get(port.device, [])
        )
    ]


async def async_other_users(
    hass: HomeAssistant, device: str, *, entry_id: str
) -> list[str]:
    """Return what Home Assistant knows to use a port, besides this entry."""
    ports = await _async_scan(hass)
    consumers = await async_get_serial_port_consumers(hass, ports)
    names = await hass.async_add_executor_job(_names_of, list(consumers), device)
    return sorted(
        {
            consumer.title
            for name in names
            for consumer in consumers[name]
            if consumer.config_entry_id != entry_id
        }
    )


async def _async_scan(hass: HomeAssistant) -> Ports:
    """Return the ports that there are; none where the system doesn't tell."""
    try:
        return await async_scan_serial_ports(hass)
    except OSError as err:
        LOGGER.debug("The serial ports can't be listed: %s", err)
        return []


def _identity_at(ports: Ports, device: str) -> dict[str, Any] | None:
    where = os.path.realpath(device)
    return next(
        (
            _identity(port)
            for port in ports
            if isinstance(port, USBDevice) and os.path.realpath(port.device) == where
        ),
        None,
    )


def _names_of(known: Sequence[str], device: str) -> list[str]:
    """Return those of the names that mean the same port as `device`."""
    where = os.path.realpath(device)
    return [name for name in known if os.path.realpath(name) == where]


def _identity(port: USBDevice) -> dict[str, Any]:
    return {key: getattr(port, key) for key in IDENTITY}
