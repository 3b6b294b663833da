"""Sends a simulated or a captured stream to whoever listens, at a meter's pace."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from datetime import UTC, datetime
import json
import signal
from typing import IO, Final, Protocol

from .messages import Reading
from .simulator import Event

_POLL: Final = 0.05

type Sent = Callable[[datetime, Reading, bytes], None]


class Outlet(Protocol):
    """Where a client can listen."""

    @property
    def address(self) -> str:
        """What a client opens."""

    @property
    def connected(self) -> bool:
        """Whether a client is there."""

    async def send(self, data: bytes) -> bool:
        """Send without waiting for a client; return whether one could take it all."""


class Port(Outlet, AbstractAsyncContextManager[object], Protocol):
    """An outlet that is there while its context lasts, again and again or once."""


type Serve = Callable[[Sequence[Outlet]], Coroutine[None, None, None]]


async def serve_plugged(
    serve: Serve,
    plug_in: Callable[[], Iterable[Port]],
    *,
    told: Callable[[str], object],
    unplugs: Iterable[tuple[float, float]],
) -> None:
    """Serve the ports, which are unplugged at times, until that ends.

    `unplugs` are seconds after the start, and for how long; `told` is told every
    address that a client may open.
    """
    outlets: list[Outlet] = []
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with AsyncExitStack() as stack:

        async def plug() -> None:
            for port in plug_in():
                await stack.enter_async_context(port)
                outlets.append(port)
                told(port.address)

        await plug()
        serving = asyncio.create_task(serve(outlets))
        try:
            for after, duration in sorted(unplugs):
                await asyncio.wait([serving], timeout=start + after - loop.time())
                outlets.clear()
                await stack.aclose()
                await asyncio.sleep(duration)
                await plug()
            await serving
        finally:
            serving.cancel()


async def serve_events(
    outlets: Iterable[Outlet],
    events: Iterable[Event],
    *,
    speed: float,
    damage: Callable[[bytes], bytes],
    sent: Sent,
) -> None:
    """Send each line after its time, `speed` times as fast as the meter's clock.

    `damage` is what happens to it on the way. `sent` is called with the UTC time, the
    reading and the line as it was sent, if a client could take it.
    """
    loop = asyncio.get_running_loop()
    due = loop.time()
    for event in events:
        # What is late is sent at once; time that was lost isn't made up for.
        due = max(due + event.gap.total_seconds() / speed, loop.time())
        await asyncio.sleep(due - loop.time())
        now, line = datetime.now(UTC), damage(event.line)
        if await _send(outlets, line) and event.reading is not None:
            sent(now, event.reading, line)


async def serve_lines(
    outlets: Iterable[Outlet], lines: Iterable[bytes], *, interval: float
) -> None:
    """Wait for a client, send it the lines, and wait until it has left."""
    await _until(outlets, connected=True)
    for line in lines:
        # The pause is before the line: a client sets its rate after it has connected.
        await asyncio.sleep(interval)
        await _send(outlets, line)
    await _until(outlets, connected=False)


async def _send(outlets: Iterable[Outlet], data: bytes) -> bool:
    return any(await asyncio.gather(*(outlet.send(data) for outlet in [*outlets])))


async def _until(outlets: Iterable[Outlet], *, connected: bool) -> None:
    """Wait until there is a client somewhere, or none any more."""
    while any(outlet.connected for outlet in outlets) is not connected:  # noqa: ASYNC110  # a port doesn't tell that it was opened
        await asyncio.sleep(_POLL)


def recorder(file: IO[str] | None) -> Sent:
    """Return what appends each reading that was sent to a file, one JSON line each."""

    def record(now: datetime, reading: Reading, line: bytes) -> None:
        if file is None:
            return
        entry = {
            "time": now.isoformat(),
            "sensor": reading.sensor,
            "watts": reading.total,
            "line": line.decode("latin-1"),
        }
        file.write(f"{json.dumps(entry)}\n")
        file.flush()

    return record


def run_until_signalled(main: Coroutine[None, None, None]) -> None:
    """Run to the end, or until SIGINT or SIGTERM, which end it in good order."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(main)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
