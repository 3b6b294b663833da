"""A meter to test with: it writes an EnviR's lines to a real pseudo-terminal."""

import asyncio
from collections.abc import Callable
import os
from typing import Final

PATIENCE: Final = 10.0


class Meter:
    """The display's end of the line."""

    def __init__(self) -> None:
        """Open the line; the other end's address is `device`."""
        self._display, self._port = os.openpty()
        self._plugged = True
        self.device = os.ttyname(self._port)
        self.opened = asyncio.Semaphore(0)

    async def async_opened(self) -> None:
        """Wait until the coordinator has opened the port once more."""
        async with asyncio.timeout(PATIENCE):
            await self.opened.acquire()

    def send(self, data: bytes) -> None:
        """Send bytes to whoever has the port open."""
        os.write(self._display, data)

    def unplug(self) -> None:
        """Pull the cable: the port is gone for good."""
        if self._plugged:
            self._plugged = False
            os.close(self._display)
            os.close(self._port)


async def async_until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens by itself on the other side of a real port."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


def reading(
    *channels: int,
    sensor: int = 0,
    temperature: float = 20.0,
    time: str = "08:59:19",
    transmitter: int = 77,
) -> bytes:
    """Return an EnviR's line with these watts on the channels from 1 on."""
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
    b"<msg><src>CC128-v1.48.03</src><dsb>00044</dsb><time>13:02:39</time>"
    b"<tmpr>19.5</tmpr><sensor>9</sensor><id>01234</id><type>2</type>"
    b"<imp>0000012345</imp><ipu>1000</ipu></msg>\r\n"
)
