"""The meter's serial port: the one place that opens it and reads from it.

The config flow listens here before an entry exists, and the coordinator for as long
as the entry is loaded. A port is any address that serialx takes: a device path,
``socket://host:port``, ``rfc2217://...`` or the serial proxy of an ESPHome device.
"""

import asyncio
from typing import Final

from serialx import AsyncSerial, SerialException, async_serial_for_url

from homeassistant.exceptions import ConfigEntryNotReady

OPEN_TIMEOUT: Final = 15.0
READ_SIZE: Final = 4096

# What opening and reading raise. serialx reports an address that it can't parse as
# ValueError, and Home Assistant's ESPHome ports are not ready until ESPHome is.
PORT_ERRORS: Final = (
    ConfigEntryNotReady,
    EOFError,
    OSError,
    SerialException,
    ValueError,
)


async def async_open_port(device: str, baudrate: int) -> AsyncSerial:
    """Open the port for this process alone; the caller closes it.

    Raises one of `PORT_ERRORS`, among them TimeoutError after `OPEN_TIMEOUT` seconds.
    """
    port = async_serial_for_url(device, baudrate=baudrate)
    async with asyncio.timeout(OPEN_TIMEOUT):
        await port.open()
    return port


async def async_read(port: AsyncSerial) -> bytes:
    """Wait for the next bytes, at least one.

    Raises one of `PORT_ERRORS`: EOFError when the other end has closed.
    """
    if data := await port.read(READ_SIZE):
        return data
    message = "the other end closed the connection"
    raise EOFError(message)


def redact_address(device: str) -> str:
    """Return the address without its query, which can carry a proxy's key."""
    return device.partition("?")[0]
