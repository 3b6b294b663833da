"""Listen on a port before it is configured, and say what was heard there."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import errno
from socket import gaierror
from typing import Final

from serialx.common import UnknownUriScheme

from homeassistant.exceptions import ConfigEntryNotReady

from .envir import Damaged, StreamParser
from .port import PORT_ERRORS, async_open_port, async_read

# A display sends a line every 6 or 7 s, and misses one now and then.
LISTEN_TIMEOUT: Final = 15.0

# How many bytes tell a wrong rate, and what share of them is text at the right one.
ENOUGH: Final = 48
LEGIBLE: Final = 0.8
_TEXT: Final = frozenset(range(0x20, 0x7F)) | {*b"\r\n"}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a meter's first whole message says, and the rate at which it came."""

    model: str
    baudrate: int


async def async_probe(
    device: str,
    baudrates: Sequence[int],
    *,
    progress: Callable[[float], None] = lambda _share: None,
) -> Heard:
    """Listen at one rate after the other until a meter is heard.

    A rate at which garbage comes is given up at once. `progress` is told the share of
    the rates that were tried. Raises ProbeError. The port is closed again either way.
    """
    heard = 0
    for number, baudrate in enumerate(baudrates):
        progress(number / len(baudrates))
        listener = _Listener()
        if model := await _async_listen(device, baudrate, listener):
            return Heard(model=model, baudrate=baudrate)
        heard += listener.heard
    if heard:
        raise ProbeError(key="not_a_meter", bytes=str(heard))
    raise ProbeError(key="silent", seconds=str(round(LISTEN_TIMEOUT * len(baudrates))))


class _Listener:
    """Looks for a meter's message in what comes at one rate."""

    def __init__(self) -> None:
        self.heard = 0
        self._legible = 0
        self._parser = StreamParser()

    @property
    def garbage(self) -> bool:
        """Whether what came can't be a meter's at this rate: it isn't even text."""
        return self.heard >= ENOUGH and self._legible < LEGIBLE * self.heard

    def feed(self, data: bytes) -> str | None:
        """Return the model that a message names, if one is complete now."""
        self.heard += len(data)
        self._legible += sum(byte in _TEXT for byte in data)
        return next(
            (
                item.model
                for item in self._parser.feed(data)
                if not isinstance(item, Damaged) and not item.repaired
            ),
            None,
        )


async def _async_listen(device: str, baudrate: int, listener: _Listener) -> str | None:
    """Return the model that a meter names at this rate, None if none does."""
    try:
        port = await async_open_port(device, baudrate)
    except PORT_ERRORS as err:
        raise ProbeError(key=_reason(err), error=str(err)) from err
    try:
        async with asyncio.timeout(LISTEN_TIMEOUT):
            while not listener.garbage:
                if model := listener.feed(await async_read(port)):
                    return model
    except TimeoutError:
        pass
    except PORT_ERRORS as err:
        raise ProbeError(key="lost", error=str(err)) from err
    finally:
        await port.close()
    return None


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
