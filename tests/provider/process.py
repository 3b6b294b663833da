"""The real command, and the real service in a process of its own."""

import asyncio
import json
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

COMMAND = Path(sys.executable).with_name("currentcost-provider")


def run(
    place: Path, *arguments: str, option: str = "--database"
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(  # noqa: S603  # our own command
        [COMMAND, option, place, *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def done(place: Path, *arguments: str, option: str = "--database") -> str:
    """Run a command that succeeds; return what it printed."""
    result = run(place, *arguments, option=option)
    assert result.returncode == 0, result.stderr
    return result.stdout


def done_json(place: Path, *arguments: str, option: str = "--database") -> Any:
    return json.loads(done(place, *arguments, "--json", option=option))


class Process:
    """`currentcost-provider serve`, with its log in a file."""

    def __init__(
        self, database: Path, *arguments: str, option: str = "--database"
    ) -> None:
        self.database = database
        self.log = database.with_suffix(".log")
        self.address = ""
        self._arguments = [option, str(database), "serve", *arguments]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def start(self, port: int = 0) -> None:
        """Start it, and wait for the line that says where it listens."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                COMMAND,
                *self._arguments,
                "--port",
                str(port),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        assert "listens on" in line, self.log.read_text()
        self.address = line.split()[-1]

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return what the process ended with."""
        if self._process.returncode is None:
            self._process.send_signal(with_signal)
        return await self._process.wait()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)
