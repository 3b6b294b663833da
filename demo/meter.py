"""A meter: `currentcost-meter simulate` on a pseudo-terminal."""

from pathlib import Path
import re
import sys
import time
from typing import Final

from .processes import Process, Processes, clean_environment
from .truth import Sample, read_record

COMMAND: Final = Path(sys.executable).with_name("currentcost-meter")
START_TIMEOUT: Final = 20.0

CLOCK: Final = (17 * 60 + 30) * 60
"""What the display's clock shows at the start, in seconds since midnight: a time of
day at which people are at home and cook."""

DAY: Final = 86_400


class Meter:
    """The simulated meter; unplugged by a kill, it comes back under the same path."""

    def __init__(
        self,
        processes: Processes,
        *,
        seed: int,
        interval: float,
        clock: int | None = CLOCK,
        name: str = "meter",
    ) -> None:
        """Choose the household's day.

        Args:
            processes: what starts it and ends it.
            seed: of the simulated household; the same seed, the same day.
            interval: seconds between two messages. A real meter sends one every 6 s;
                at a shorter interval the household lives so much faster.
            clock: what the display shows at the start, in seconds since midnight;
                UTC's time of day if None.
            name: of its files.
        """
        self._processes = processes
        self._options = ["--sensors", "3", "--seed", str(seed)]
        self._options += ["--interval", str(interval)]
        self._process: Process | None = None
        self._environment = clean_environment(
            TZ="UTC0" if clock is None else _time_zone(clock)
        )
        self.port = processes.folder / name
        """The path that Home Assistant is told."""
        self.record = processes.folder / f"{name}-record.jsonl"

    async def start(self) -> None:
        """Plug the meter in and wait until its port is there.

        Raises:
            DemoError: the simulator ended, or named no port in time.
        """
        files: list[str | Path] = ["--link", self.port, "--record", self.record]
        self._process = await self._processes.start(
            self.port.name.capitalize(),
            [COMMAND, "simulate", *files, *self._options],
            environment=self._environment,
        )
        await self._process.ready(re.escape(str(self.port)), timeout=START_TIMEOUT)

    async def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            await self._process.kill()

    def samples(self, *, sensor: int = 0) -> list[Sample]:
        """Return what it has sent, oldest first; sensor 0 is the whole house."""
        return read_record(self.record, sensor=sensor)


def _time_zone(clock: int) -> str:
    """Return a time zone (POSIX TZ) in which it is now `clock` s after midnight.

    A display's clock is set by hand and knows no date: this is how to set the
    simulated one, which starts with the local time.
    """
    east = (clock - int(time.time()) + DAY // 2) % DAY - DAY // 2
    hours, rest = divmod(abs(east), 3600)
    sign = "-" if east > 0 else "+"
    return f"<meter>{sign}{hours}:{rest // 60:02}:{rest % 60:02}"
