"""Time that runs faster, or slower for a while, for all processes of a soak alike.

`fast_clock.c` is preloaded into each process and reads a mapped file. There are two
files: the world's, and the one of Home Assistant's machine, whose wall clock may be set
wrong. The monotonic clocks of both are one.
"""

import asyncio
import mmap
from pathlib import Path
import struct
import subprocess
import time
from typing import Final

SECOND: Final = 1_000_000_000
SOURCE: Final = Path(__file__).with_name("fast_clock.c")
_LAYOUT: Final = struct.Struct("=qqqd")


class Clock:
    """The soak's time: UTC seconds that start now and run `rate` times as fast."""

    def __init__(self, folder: Path) -> None:
        """Compile what is preloaded, and start at the real time and the real rate.

        Raises:
            subprocess.CalledProcessError: there is no working C compiler.
        """
        self._library = folder / "fast_clock.so"
        subprocess.run(  # noqa: S603  # nothing of anyone else's
            ["cc", "-O2", "-shared", "-fPIC", "-o", self._library, SOURCE],  # noqa: S607  # whatever compiler there is
            check=True,
        )
        self._since = self._shown = time.monotonic_ns()
        self._ahead = time.time_ns() - self._shown
        self._rate = 1.0
        self._sequence = 0
        self._maps: dict[str, mmap.mmap] = {}
        self.wrong = 0.0
        """Seconds that the wall clock of Home Assistant's machine is ahead."""
        self._paths = {name: folder / f"{name}.clock" for name in ("world", "home")}
        for name, path in self._paths.items():
            path.write_bytes(bytes(mmap.PAGESIZE))
            with path.open("r+b") as file:
                self._maps[name] = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self._write()

    @property
    def rate(self) -> float:
        """How many seconds pass in one."""
        return self._rate

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables that let a process live by the clock of that name."""
        return {
            "FAST_CLOCK": str(self._paths[name]),
            "LD_PRELOAD": str(self._library),
        }

    def now(self) -> float:
        """Return the world's time in UTC seconds."""
        return (self._monotonic(time.monotonic_ns()) + self._ahead) / SECOND

    def run(self, rate: float) -> None:
        """Let time run at this rate from now on."""
        now = time.monotonic_ns()
        self._shown, self._since = self._monotonic(now), now
        self._rate = rate
        self._write()

    def set_wrong(self, seconds: float) -> None:
        """Set the wall clock of Home Assistant's machine ahead, or back, of the world."""
        self.wrong = seconds
        self._write()

    async def sleep_until(self, moment: float) -> None:
        """Return when the world's time is `moment`, in UTC seconds."""
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110  # of another clock
            await asyncio.sleep(min(left / self._rate, 0.2))

    async def sleep(self, seconds: float) -> None:
        """Return after so many of the world's seconds."""
        await self.sleep_until(self.now() + seconds)

    def _monotonic(self, real: int) -> int:
        return self._shown + int((real - self._since) * self._rate)

    def _write(self) -> None:
        self._sequence += 2
        for name, mapped in self._maps.items():
            wrong = int(self.wrong * SECOND) if name == "home" else 0
            content = _LAYOUT.pack(
                self._since, self._shown, self._ahead + wrong, self._rate
            )
            mapped[:8] = (self._sequence - 1).to_bytes(8, "little")
            mapped[8 : 8 + len(content)] = content
            mapped[:8] = self._sequence.to_bytes(8, "little")
