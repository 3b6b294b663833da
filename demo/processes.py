"""The processes of one run: started with logs in files, ended without a trace.

Each process leads a process group and a session of its own, so that Ctrl-C at the
terminal reaches the demonstration alone, which then ends them in order. The keeper
(keeper.py) ends what is left when the demonstration itself was killed.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import re
import signal
import socket
import sys
from typing import Final, Self

from .errors import DemoError

KEEPER: Final = Path(__file__).with_name("keeper.py")
LOG_LINES: Final = 15
POLL: Final = 0.05


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without what would steer a child's Python."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }
    return environment | {"PYTHONUNBUFFERED": "1"} | extra


def reserve_port() -> socket.socket:
    """Return a bound socket whose loopback port nobody else is given meanwhile.

    The service that it is meant for can still bind and listen (Linux: both sockets
    allow the address to be used again and this one never listens). Hold it for as
    long as the service may be started.
    """
    reservation = socket.socket()
    reservation.bind(("127.0.0.1", 0))
    # Set after the bind: until then no other socket can have taken the port.
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return reservation


class Process:
    """A command that runs, with all that it says in a file."""

    def __init__(
        self, process: asyncio.subprocess.Process, *, name: str, log: Path, offset: int
    ) -> None:
        """Take a process that was started; its words begin at `offset` in the log."""
        self.name = name
        self.log = log
        self._process = process
        self._offset = offset
        self._signalled = False

    @property
    def pid(self) -> int:
        """The process's number, which is also its group's."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def check(self) -> None:
        """Raise DemoError if it has ended and nobody asked it to."""
        if not self.running and not self._signalled:
            raise self.failure("ended by itself")

    def output(self) -> str:
        """Return what it has said so far, on both of its outputs."""
        with self.log.open("rb") as file:
            file.seek(self._offset)
            return file.read().decode(errors="replace")

    async def ready(self, pattern: str, *, timeout: float) -> re.Match[str]:  # noqa: ASYNC109  # with a message of its own
        """Return the first match of `pattern` in what it says.

        Raises:
            DemoError: it ended, or said nothing of the kind in `timeout` seconds.
        """
        compiled = re.compile(pattern)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    if match := compiled.search(self.output()):
                        return match
                    self.check()
                    await asyncio.sleep(POLL)
        raise self.failure(f"was not ready after {timeout:.0f} s")

    def failure(self, what: str) -> DemoError:
        """Return the error that says what happened and what was said last."""
        said = _last_lines(self.output())
        return DemoError(f"{self.name} {what}. The last it said ({self.log}):\n{said}")

    async def stop(self, *, grace: float = 20.0) -> None:
        """End it in good order; kill it if it takes longer than `grace` seconds."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """Kill it and its group at once, as a power cut would (SIGKILL)."""
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        self._signalled = True
        if self.running:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


class Processes:
    """Starts processes and ends all of them on the way out; the last come first."""

    def __init__(self, folder: Path, *, keep: bool = False) -> None:
        """Take the folder for the logs; it is removed at the end unless `keep`."""
        self.folder = folder
        self._keep = keep
        self._running: list[Process] = []
        self._keeper: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start the keeper."""
        self._keeper = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            KEEPER,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
            env=clean_environment(),
        )
        if not self._keep:
            self._tell_keeper(f"folder {self.folder}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop what runs; what can't be stopped is the keeper's."""
        try:
            while self._running:
                await self._running[-1].stop()
                self._forget(self._running[-1])
        finally:
            if self._keeper is not None and self._keeper.stdin is not None:
                self._keeper.stdin.close()
                await self._keeper.wait()

    async def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a command, its words in `<folder>/<name>.log`, after earlier ones."""
        for ended in [process for process in self._running if not process.running]:
            self._forget(ended)
        path = self.folder / f"{name.lower().replace(' ', '-')}.log"
        with path.open("ab") as log:
            offset = log.tell()
            started = await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                cwd=cwd or self.folder,
                env=clean_environment() if environment is None else dict(environment),
                start_new_session=True,
            )
        self._tell_keeper(f"started {started.pid}")
        process = Process(started, name=name, log=path, offset=offset)
        self._running.append(process)
        return process

    def check(self) -> None:
        """Raise DemoError if a process has ended that nobody stopped."""
        for process in self._running:
            process.check()

    def _forget(self, process: Process) -> None:
        self._running.remove(process)
        self._tell_keeper(f"ended {process.pid}")

    def _tell_keeper(self, line: str) -> None:
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.write(f"{line}\n".encode())


async def run(name: str, command: Sequence[str | Path]) -> bytes:
    """Run a command to its end and return its standard output.

    Raises:
        DemoError: it failed; says with what words.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=clean_environment(),
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        said = _last_lines((errors or output).decode(errors="replace"))
        raise DemoError(f"{name} failed (status {process.returncode}):\n{said}")
    return output


def _last_lines(words: str) -> str:
    lines = words.splitlines()[-LOG_LINES:]
    return "\n".join(f"    {line}" for line in lines) or "    (nothing)"
