"""A serial bridge: the meter's lines for any number of TCP clients."""

import asyncio
from types import TracebackType
from typing import Final, Self

BACKLOG: Final = 64 * 1024
"""Bytes that may wait for a client; what it reads too late is lost to it."""


class SerialBridge:
    """A TCP server; clients reach it at `address`."""

    def __init__(self, *, host: str, port: int) -> None:
        """Take the address to listen at; port 0 takes a free one."""
        self._host = host
        self._port = port
        self._clients: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen; raises OSError."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self._port, limit=BACKLOG
        )
        self._host, self._port = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Send all clients away."""
        if self._server is not None:
            self._server.close()
            self._server.abort_clients()

    @property
    def address(self) -> str:
        """What a client opens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"socket://{host}:{self._port}"

    @property
    def connected(self) -> bool:
        """Whether there is a client."""
        return bool(self._clients)

    async def send(self, data: bytes) -> bool:
        """Send to all clients; return whether one could take it."""
        taken = False
        for client in self._clients:
            waiting = client.transport.get_write_buffer_size()
            if not client.is_closing() and waiting + len(data) <= BACKLOG:
                client.write(data)
                taken = True
        return taken

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Drop what a client sends, until it leaves."""
        self._clients.add(writer)
        try:
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            self._clients.discard(writer)
            writer.close()
