"""The network between household and provider, and how it fails.

Two hops: the line carries bytes and does to them what networks do; behind it the front
ends TLS, as in front of a real service, and may answer in the provider's place.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
import ssl
from typing import Any, Final, Self

from .clock import Clock
from .plan import Answer, Damage

_CHUNK: Final = 65536
_MOST_BYTES: Final = 6000
"""What a connection with one report carries one way, TLS included."""

_LONGEST_DELAY: Final = 45.0
_PAGE: Final = b"<html><title>Sign in to the guest network</title></html>"
_PROBLEM: Final = b'{"type": "urn:currentcost:busy", "title": "busy"}'

type Delay = Callable[[], Coroutine[Any, Any, None]]

ANSWERS: Final = {
    Answer.BAD_GATEWAY: (b"502 Bad Gateway", b"text/html", b"<h1>Bad gateway</h1>"),
    Answer.BUSY: (
        b"503 Service Unavailable\r\nRetry-After: 90",
        b"application/problem+json",
        _PROBLEM,
    ),
    Answer.PORTAL: (b"200 OK", b"text/html", _PAGE),
    Answer.TOO_MANY: (
        b"429 Too Many Requests\r\nRetry-After: 40",
        b"application/problem+json",
        _PROBLEM,
    ),
}


class _Hop(ABC):
    """A listener on loopback that forwards connections."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.connections = 0
        """How many there have been."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, ssl=self._tls()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            self._server.abort_clients()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("it does not listen")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _tls(self) -> ssl.SSLContext | None:
        return None

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            with suppress(OSError):
                await self._forward(reader, writer)
        finally:
            writer.transport.abort()

    @abstractmethod
    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None: ...


class Front(_Hop):
    """Ends TLS, and forwards to the service unless it is told to answer itself."""

    def __init__(self, *, port: int, tls: ssl.SSLContext) -> None:
        """Take the service's port and the server's side of TLS."""
        super().__init__()
        self._target = port
        self._context = tls
        self.answer: Answer | None = None
        self.losing = False
        """Whether answers of the service are thrown away."""

    def _tls(self) -> ssl.SSLContext:
        return self._context

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.answer is not None:
            await reader.readuntil(b"\r\n\r\n")
            status, kind, body = ANSWERS[self.answer]
            writer.write(
                b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n"
                b"Connection: close\r\n\r\n%b" % (status, kind, len(body), body)
            )
            await writer.drain()
            # What is left of the request is read, or the end would cut the answer.
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reader.read()
            return
        behind, to_behind = await asyncio.open_connection("127.0.0.1", self._target)
        up = _pass_on(reader, to_behind)
        down = behind.read() if self.losing else _pass_on(behind, writer)
        try:
            await _first(up, down)
        finally:
            to_behind.transport.abort()


class Line(_Hop):
    """Carries bytes, in the way that it is told to."""

    def __init__(self, *, port: int, clock: Clock, seed: int) -> None:
        """Take the port behind it, the time of its delays, and the seed of its whims."""
        super().__init__()
        self._target = port
        self._clock = clock
        self._random = Random(seed)  # noqa: S311  # a soak is to be repeatable
        self._damage: Damage | None = None
        self._changed = asyncio.Event()

    def become(self, damage: Damage | None) -> None:
        """Do this to all connections from now on; those that are open feel it too."""
        self._damage = damage
        self._changed.set()
        self._changed = asyncio.Event()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        damage, changed = self._damage, self._changed
        if damage is Damage.REFUSED:
            return
        if damage is Damage.BLACK_HOLE:
            await changed.wait()
            return
        if damage is Damage.SHUFFLED:
            await self._clock.sleep(self._random.uniform(0, _LONGEST_DELAY))
        behind, to_behind = await asyncio.open_connection("127.0.0.1", self._target)
        most, delay = self._random.randrange(_MOST_BYTES), self._delay(damage)
        up = _pass_on(
            reader,
            to_behind,
            most=most if damage is Damage.RESET else None,
            delay=delay,
        )
        down = _pass_on(
            behind,
            writer,
            most=most if damage is Damage.TRUNCATED else None,
            delay=delay,
        )
        try:
            await _first(_first(up, down), self._cut_off(changed))
            if self._damage is Damage.BLACK_HOLE:
                await self._changed.wait()
            if damage is Damage.TRUNCATED:
                # An end in good order, in the middle of an answer.
                writer.close()
                await writer.wait_closed()
        finally:
            to_behind.transport.abort()

    async def _cut_off(self, changed: asyncio.Event) -> None:
        """Return when the line breaks under an open connection."""
        await changed.wait()
        while self._damage not in {Damage.BLACK_HOLE, Damage.REFUSED}:
            await self._changed.wait()

    def _delay(self, damage: Damage | None) -> Delay | None:
        if damage is not Damage.SLOW:
            return None
        return lambda: self._clock.sleep(self._random.uniform(0, _LONGEST_DELAY / 3))


async def _pass_on(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    *,
    most: int | None = None,
    delay: Delay | None = None,
) -> None:
    """Pass on until the source ends, or `most` bytes have gone by."""
    with suppress(OSError):
        while data := await source.read(_CHUNK):
            if delay is not None:
                await delay()
            if most is not None:
                data, most = data[:most], most - len(data)
            sink.write(data)
            await sink.drain()
            if most is not None and most <= 0:
                return


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Return when one of them has, and cancel the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
