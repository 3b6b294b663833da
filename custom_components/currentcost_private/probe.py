"""Listen on a port before it is configured, and say what was heard there."""

import asyncio
import errno
from socket import gaierror
from typing import Final

from serialx.common import UnknownUriScheme

from homeassistant.exceptions import ConfigEntryNotReady

from .envir import Damaged, StreamParser
from .port import PORT_ERRORS, async_open_port, async_read

# A display sends a line every 6 or 7 s, and misses one now and then.
LISTEN_TIMEOUT: Final = 15.0


_REASONS: Final = {
    errno.EACCES: "no_permission",
    errno.EBUSY: "busy",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENOENT: "no_such_port",
    errno.EPERM: "no_permission",
    # A folder, an ordinary file, or a port whose hardware isn't there.
    errno.EINVAL: "not_a_serial_port",
    errno.EIO: "not_a_serial_port",
    errno.EISDIR: "not_a_serial_port",
    errno.ENODEV: "not_a_serial_port",
    errno.ENOTTY: "not_a_serial_port",
    errno.ENXIO: "not_a_serial_port",
}


class ProbeError(Exception):
    """No meter was heard; `key` is the translation that says why."""

    def __init__(self, *, key: str, **placeholders: str) -> None:
        """Keep the key of the translation and what it mentions."""
        super().__init__(key)
        self.key = key
        self.placeholders = placeholders


async def async_probe(device: str, baudrate: int) -> str:
    """Return the model that a meter on the port gives in its first whole message.

    Raises ProbeError. The port is closed again either way.
    """
    try:
        port = await async_open_port(device, baudrate)
    except PORT_ERRORS as err:
        raise ProbeError(key=_reason(err), error=str(err)) from err

    parser = StreamParser()
    heard = 0
    try:
        async with asyncio.timeout(LISTEN_TIMEOUT):
            while True:
                data = await async_read(port)
                heard += len(data)
                for message in parser.feed(data):
                    if not isinstance(message, Damaged):
                        return message.model
    except TimeoutError as err:
        if heard:
            raise ProbeError(key="not_a_meter", bytes=str(heard)) from err
        raise ProbeError(key="silent") from err
    except PORT_ERRORS as err:
        raise ProbeError(key="lost", error=str(err)) from err
    finally:
        await port.close()


def _reason(err: Exception) -> str:
    """Return the translation key for a port that didn't open."""
    match err:
        case UnknownUriScheme() | ValueError():
            return "bad_address"
        case ConfigEntryNotReady() | ConnectionError() | TimeoutError() | gaierror():
            return "unreachable"
        case OSError(errno=int(number)):
            return _REASONS.get(number, "cannot_open")
        case _:
            return "cannot_open"
