"""A meter: `currentcost-meter simulate` on a pseudo-terminal."""

from pathlib import Path
import sys
from typing import Final

from .processes import Process, Processes
from .truth import Sample, read_record

COMMAND: Final = Path(sys.executable).with_name("currentcost-meter")
START_TIMEOUT: Final = 20.0


class Meter:
    """The simulated meter; unplugged by a kill, it comes back under the same path."""

    def __init__(
        self, processes: Processes, *, seed: int, interval: float | None = None
    ) -> None:
        """Choose the household's day.

        Args:
            processes: what starts it and ends it.
            seed: of the simulated household; the same seed, the same day.
            interval: seconds between two messages, a real meter's 6 by default.
        """
        self._processes = processes
        self._options = ["--seed", str(seed)]
        if interval is not None:
            self._options += ["--interval", str(interval)]
        self.port = processes.folder / "meter"
        """The path that Home Assistant is told."""
        self.record = processes.folder / "meter-record.jsonl"
        self._process: Process | None = None

    @property
    def process(self) -> Process | None:
        """The running process."""
        return self._process

    async def start(self) -> None:
        """Plug the meter in and wait until its port is there.

        Raises:
            DemoError: the simulator ended, or named no port in time.
        """
        self._process = await self._processes.start(
            "Meter",
            [
                COMMAND,
                "simulate",
                "--link",
                self.port,
                "--record",
                self.record,
                *self._options,
            ],
        )
        await self._process.ready(r"/dev/\S+", timeout=START_TIMEOUT)

    async def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            await self._process.kill()

    def samples(self) -> list[Sample]:
        """Return what the meter has sent of the whole house, oldest first."""
        return read_record(self.record)
