"""The HTTP server: where it listens, TLS, slow clients, start and stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, override

from fastapi import FastAPI
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .service import Service

HEADER_SECONDS: Final = 10.0
"""Time after which a connection without a complete request is closed."""

_KEEP_ALIVE_SECONDS: Final = 5
_STOP_SECONDS: Final = 10


class UnusableAddress(Exception):
    """An address that can't be listened on; says why."""


def create_server(
    app: FastAPI,
    *,
    host: str,
    port: int,
    certificate: Path | None = None,
    private_key: Path | None = None,
    ready: Callable[[str], None],
) -> Server:
    """Return the server of an application; its `serve` runs it until it is stopped.

    `ready` is told the address once the server listens. Requests in work are
    finished before it stops.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        http=PromptProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return Server(app, config, ready)


class PromptProtocol(H11Protocol):
    """HTTP/1.1 that doesn't wait for a client that never completes its headers.

    An idle connection is closed by the keep-alive timeout already, which is
    shorter; what is left without a new request is one that trickles.
    """

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch a new connection."""
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS, self._watch, None)

    def _watch(self, seen: Any) -> None:
        """Close the connection if nothing was asked since the last look."""
        if self.transport.is_closing():
            return
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting and self.cycle is seen:
            self.transport.close()
        else:
            self.loop.call_later(HEADER_SECONDS, self._watch, self.cycle)


class Server(uvicorn.Server):
    """Tells when and where it listens, and takes a signal as a wish to stop."""

    def __init__(
        self, app: FastAPI, config: uvicorn.Config, ready: Callable[[str], None]
    ) -> None:
        """Keep whom to tell."""
        super().__init__(config)
        self._app = app
        self._ready = ready

    @override
    async def serve(self, *args: Any, **kwargs: Any) -> None:
        """Serve until stopped.

        Raises:
            UnusableAddress: the address is taken or not this machine's.
        """
        try:
            await super().serve(*args, **kwargs)
        except SystemExit as err:
            raise UnusableAddress(
                f"The service can't listen on {self.config.host}, port"
                f" {self.config.port}: see the line above."
            ) from err

    @override
    async def startup(self, *args: Any, **kwargs: Any) -> None:
        """Listen, and say where."""
        await super().startup(*args, **kwargs)
        port = self.servers[0].sockets[0].getsockname()[1]
        host = self.config.host
        shown = f"[{host}]" if ":" in host else host
        self._ready(f"{'https' if self.config.ssl else 'http'}://{shown}:{port}")

    @override
    async def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """Let go whom the application keeps on the line, and finish the others."""
        service = getattr(self._app.state, "service", None)
        if isinstance(service, Service):
            service.following.closing.set()
            service.asking.stop_waiting()
        await super().shutdown(*args, **kwargs)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; uvicorn would die of the signal afterwards, which is no success."""
        self.should_exit = True
