"""A meter to test with: it writes an EnviR's lines to a real pseudo-terminal."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
from threading import Event
import tty
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed_exact

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util


class Meter:
    """The display's end of the line, which can be unplugged and plugged in again."""

    def __init__(self, folder: Path) -> None:
        """Plug it in; the address of the other end, `device`, stays the same."""
        self.device = str(folder / "serial-by-id-meter")
        self.failures = 0
        self.openings = 0
        self._awaited = 0
        self._plugged = False
        self.plug_in()

    def plug_in(self) -> None:
        """Give the address a new line."""
        self._display, self._port = os.openpty()
        os.set_blocking(self._display, False)
        tty.setraw(self._port)
        self._plugged = True
        Path(self.device).symlink_to(os.ttyname(self._port))

    async def async_opened(self) -> None:
        """Wait until the coordinator has opened the port once more."""
        await async_until(lambda: self.openings > self._awaited)
        self._awaited += 1

    async def async_failed(self, times: int) -> None:
        """Wait until the coordinator has failed so many times to open the port."""
        await async_until(lambda: self.failures >= times)

    def send(self, data: bytes) -> None:
        """Send bytes to whoever has the port open."""
        os.write(self._display, data)

    async def async_send(self, data: bytes) -> None:
        """Send more than the line holds at once, as fast as it is read."""
        while data:
            try:
                data = data[os.write(self._display, data) :]
            except BlockingIOError:
                await asyncio.to_thread(Event().wait, 0.005)

    @asynccontextmanager
    async def chatter(self, data: bytes) -> AsyncGenerator[None]:
        """Send the same bytes over and over, lost while nobody has the port open."""

        async def repeat() -> None:
            while True:
                with suppress(BlockingIOError):
                    self.send(data)
                await asyncio.sleep(0.02)

        task = asyncio.create_task(repeat())
        try:
            yield
        finally:
            task.cancel()

    def unplug(self) -> None:
        """Pull the cable, if it is in: the line is gone, and the address with it."""
        if self._plugged:
            self._plugged = False
            Path(self.device).unlink()
            os.close(self._display)
            os.close(self._port)


async def async_until(condition: Callable[[], bool]) -> None:
    """Wait for what a real port brings, by real time even where a test froze it."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.to_thread(Event().wait, 0.005)
    message = "it never happened"
    raise AssertionError(message)


async def async_advance(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let the frozen time go on."""
    freezer.tick(seconds)
    async_fire_time_changed_exact(hass)
    await hass.async_block_till_done()


def reading(
    *channels: int,
    sensor: int = 0,
    temperature: float = 20.0,
    time: str | None = None,
    transmitter: int | None = None,
) -> bytes:
    """Return an EnviR's line with these watts on the channels from 1 on.

    The display's clock shows UTC, and each sensor has a radio id of its own, unless
    told otherwise.
    """
    time = f"{dt_util.utcnow():%H:%M:%S}" if time is None else time
    transmitter = 77 + sensor if transmitter is None else transmitter
    watts = "".join(
        f"<ch{channel}><watts>{power:05}</watts></ch{channel}>"
        for channel, power in enumerate(channels, start=1)
    )
    return (
        f"<msg><src>CC128-v1.29</src><dsb>00017</dsb><time>{time}</time>"
        f"<tmpr>{temperature:4.1f}</tmpr><sensor>{sensor}</sensor>"
        f"<id>{transmitter:05}</id><type>1</type>{watts}</msg>\r\n"
    ).encode()


IMPULSES: Final = (
    b"<msg><src>CC128-v1.29</src><dsb>00017</dsb><time>08:59:19</time>"
    b"<tmpr>19.5</tmpr><sensor>9</sensor><id>01234</id><type>2</type>"
    b"<imp>0000012345</imp><ipu>1000</ipu></msg>\r\n"
)
