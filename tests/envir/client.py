"""A program on the other end of the simulated meter's line."""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path
import termios
from typing import Final, Self

PATIENCE: Final = 10.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens by itself on the other side."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.001)


class Client:
    """Has a serial port open, at a rate, without blocking."""

    def __init__(self, path: str | Path, *, rate: int | None = termios.B57600) -> None:
        """Open the port; set no rate if that is None."""
        self._port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        if rate is not None:
            attributes = termios.tcgetattr(self._port)
            attributes[4] = attributes[5] = rate
            termios.tcsetattr(self._port, termios.TCSANOW, attributes)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port."""
        os.close(self._port)

    def write(self, data: bytes) -> None:
        """Write something that no meter listens to."""
        os.write(self._port, data)

    def read_now(self) -> bytes:
        """Return what is there."""
        try:
            return os.read(self._port, 65536)
        except BlockingIOError:
            return b""

    async def read(self, size: int) -> bytes:
        """Wait for so many bytes, and return them and what came with them."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            while len(data) < size:
                data += self.read_now()
                await asyncio.sleep(0.001)
        return data
