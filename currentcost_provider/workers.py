"""Many processes on one address: started, restarted when they die, stopped together.

The parent listens and answers nothing itself; each worker is this same command, told
by its environment which socket it serves. A worker keeps nothing that another one
lacks: any of them may be killed at any time.
"""

import asyncio
from collections.abc import Callable
import contextlib
from functools import cache
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

from .metrics import MULTIPROCESS

SOCKET: Final = "CURRENTCOST_PROVIDER_WORKER"
"""Names the socket that a worker serves, and the process that it belongs to."""

_LIVED_SECONDS: Final = 30.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_LOGGER: Final = logging.getLogger(__name__)


class WorkersFailed(Exception):
    """No worker could be started; their log says why."""


@cache
def inherited() -> socket.socket | None:
    """Return the socket that this worker serves, None in any other process."""
    text = os.environ.get(SOCKET)
    if text is None:
        return None
    parent, _, number = text.partition(":")
    if int(parent) != os.getppid():
        return None
    return socket.socket(fileno=int(number))


async def orphaned() -> None:
    """Return once this process has lost its parent, which can't stop it any more."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        OSError: the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    listening.set_inheritable(True)
    return listening


class Workers:
    """The workers of one socket."""

    def __init__(self, listening: socket.socket, count: int) -> None:
        """Prepare so many workers."""
        self._listening = listening
        self._count = count
        self._stopping = asyncio.Event()
        self._processes: set[asyncio.subprocess.Process] = set()
        self._ready = 0
        self._all_ready = asyncio.Event()
        self._failed = False

    async def serve(self, ready: Callable[[], None]) -> None:
        """Run the workers until this process is told to stop.

        Raises:
            WorkersFailed: one ended before it was ready the first time.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        with tempfile.TemporaryDirectory(prefix="currentcost-metrics-") as numbers:
            environment = os.environ | {
                MULTIPROCESS: numbers,
                SOCKET: f"{os.getpid()}:{self._listening.fileno()}",
            }
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep_one(environment))
                group.create_task(self._stop_all())
                group.create_task(self._tell(ready))
        if self._failed:
            raise WorkersFailed

    async def _tell(self, ready: Callable[[], None]) -> None:
        await self._all_ready.wait()
        if not self._stopping.is_set():
            ready()

    async def _stop_all(self) -> None:
        await self._stopping.wait()
        self._all_ready.set()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()

    async def _keep_one(self, environment: dict[str, str]) -> None:
        """Run a worker, and another one whenever it dies."""
        pause, first = _FIRST_PAUSE, True
        while not self._stopping.is_set():
            begun = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                # This very command again.
                *(sys.executable, *sys.orig_argv[1:]),
                env=environment,
                pass_fds=[self._listening.fileno()],
                # Ends when this process does, however it does.
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            self._processes.add(process)
            if process.stdout and await process.stdout.readline():
                if first:
                    self._ready += 1
                    if self._ready == self._count:
                        self._all_ready.set()
                first = False
            status = await process.wait()
            # Numbers of what is now, such as who waits, went with it.
            mark_process_dead(process.pid, environment[MULTIPROCESS])  # type: ignore[no-untyped-call]
            self._processes.discard(process)
            if self._stopping.is_set():
                return
            if first:
                self._failed = True
                self._stopping.set()
                return
            _LOGGER.error("Worker %d ended with %d", process.pid, status)
            lived = time.monotonic() - begun
            pause = _FIRST_PAUSE if lived > _LIVED_SECONDS else pause
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
