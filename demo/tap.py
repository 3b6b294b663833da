"""Stands on the line between household and provider and writes down every byte.

What it heard is what the provider was ever given: the demonstration takes the sizes
of messages from it, and the end-to-end tests search it for readings. It forwards
bytes as they come and reads plain HTTP with Content-Length, as both sides speak it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
import re
from typing import Final, Self

from currentcost_exchange import Missing, Report, parse_claim

WINDOW_REQUEST: Final = re.compile(r"POST /v1/agreements/[0-9a-f]{32}/windows ")
_CONTENT_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMessage:
    """A request or an answer: first line and headers, and the body."""

    head: bytes
    body: bytes = field(repr=False)

    @property
    def first_line(self) -> str:
        """The request line or the status line."""
        return self.head.split(b"\r\n", 1)[0].decode("ascii", "replace")

    @property
    def claim(self) -> Report | Missing | None:
        """What a request says of a window, None if it is about something else."""
        if not WINDOW_REQUEST.match(self.first_line):
            return None
        return parse_claim(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request of the household's and the provider's answer."""

    request: HttpMessage
    answer: HttpMessage

    @property
    def status(self) -> int:
        """The answer's status."""
        return int(self.answer.first_line.split(" ")[1])

    @property
    def claim(self) -> Report | Missing | None:
        """The window's message, if that is what was sent and the provider took it."""
        return self.request.claim if self.status == HTTPStatus.OK else None


class Tap:
    """Listens on a free loopback port and forwards to the provider's."""

    def __init__(self, *, port: int) -> None:
        """Take the provider's port on loopback."""
        self._target = port
        self._server: asyncio.Server | None = None
        self._heard: asyncio.Queue[Exchange] = asyncio.Queue()
        self._losing = False
        self.requests: list[HttpMessage] = []
        """Every request, answered or not."""
        self.exchanges: list[Exchange] = []
        """Every request whose answer came through."""
        self.received = bytearray()
        """All that was forwarded to the provider, connections interleaved."""

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the port and the connections."""
        if self._server is not None:
            self._server.close()
            self._server.close_clients()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the tap does not listen")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The address to give to the household."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def answers_lost(self) -> Iterator[None]:
        """Let requests through meanwhile, and lose the answers on the way back."""
        self._losing = True
        try:
            yield
        finally:
            self._losing = False

    async def next(self) -> Exchange:
        """Wait for the next complete exchange; each is returned once."""
        return await self._heard.get()

    async def _forward(
        self, household: asyncio.StreamReader, to_household: asyncio.StreamWriter
    ) -> None:
        """Forward one connection until either side closes it."""
        with suppress(OSError):
            provider, to_provider = await asyncio.open_connection(
                "127.0.0.1", self._target
            )
            line = _Line()
            requests = asyncio.create_task(
                self._pump(household, to_provider, line.requests, line)
            )
            answers = asyncio.create_task(
                self._pump(provider, to_household, line.answers, line)
            )
            await asyncio.wait([requests, answers], return_when=asyncio.FIRST_COMPLETED)
            requests.cancel()
            answers.cancel()
            to_provider.close()
        to_household.close()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        heard: bytearray,
        line: _Line,
    ) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                if heard is line.requests:
                    self.received += data
                elif self._losing:
                    return
                heard += data
                self.requests += line.new_requests()
                for exchange in line.new_exchanges():
                    self.exchanges.append(exchange)
                    self._heard.put_nowait(exchange)
                sink.write(data)
                await sink.drain()


class _Line:
    """What was heard on one connection and not yet put together."""

    def __init__(self) -> None:
        self.requests = bytearray()
        self.answers = bytearray()
        self._open: list[HttpMessage] = []

    def new_requests(self) -> list[HttpMessage]:
        """Return the requests that have become complete."""
        requests = []
        while request := _take_message(self.requests):
            requests.append(request)
        self._open += requests
        return requests

    def new_exchanges(self) -> list[Exchange]:
        """Return the exchanges that have become complete."""
        exchanges = []
        # The provider may answer before it was told all.
        while self._open and (answer := _take_message(self.answers)):
            exchanges.append(Exchange(request=self._open.pop(0), answer=answer))
        return exchanges


def _take_message(buffer: bytearray) -> HttpMessage | None:
    """Take one whole message off the front of what was heard."""
    if (end := buffer.find(b"\r\n\r\n")) < 0:
        return None
    head = bytes(buffer[: end + 4])
    length = int(found[1]) if (found := _CONTENT_LENGTH.search(head)) else 0
    if len(buffer) < len(head) + length:
        return None
    body = bytes(buffer[len(head) : len(head) + length])
    del buffer[: len(head) + length]
    return HttpMessage(head=head, body=body)
