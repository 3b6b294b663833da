"""Watches what processes hold, and says whether it grows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
import statistics
from typing import Final

from .clock import Clock
from .home import Home

EVERY: Final = 300.0
"""Seconds of the day between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one process held at one moment."""

    time: float
    """UTC seconds."""

    process: str
    pid: int
    memory: float
    """MiB."""

    files: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How something developed over a part of the day."""

    name: str
    first: float
    last: float
    """Medians of the part's first and last quarter."""

    grown: float
    """In all of the part, by the median of the slopes between any two looks (Theil and
    Sen): single jumps don't count."""

    most: float
    """That it may grow by."""


async def watch(home: Home, looks: list[Look], sizes: list[tuple[float, int]]) -> None:
    """Look again and again: at the processes, and at the report's files (bytes)."""
    while True:
        looks += _look(home.clock, home.processes_watched())
        sizes.append((home.clock.now(), stored_bytes(home.storage)))
        await home.clock.sleep(EVERY)


def stored_bytes(storage: Path) -> int:
    """Return the size of the files that reports and the meter's energy have.

    What is heard of the display's memory and its clock grows, up to a bound of its own.
    """
    size = 0
    for path in storage.glob("currentcost_private.[!h]*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def _look(clock: Clock, processes: Iterable[tuple[str, int]]) -> Iterable[Look]:
    for name, pid in processes:
        folder = Path(f"/proc/{pid}")
        with suppress(OSError, KeyError):
            lines = (folder / "status").read_text().splitlines()
            status = dict(line.split(":", 1) for line in lines)
            yield Look(
                time=clock.now(),
                process=name,
                pid=pid,
                memory=int(status["VmRSS"].split()[0]) / 1024,
                files=len(list((folder / "fd").iterdir())),
                threads=int(status["Threads"]),
            )


def growth(
    name: str, points: Sequence[tuple[float, float]], *, most: float
) -> Iterator[Growth]:
    """Yield how values developed over time, nothing of too few."""
    quarter = len(points) // 4
    if not quarter:
        return
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in combinations(points, 2)
        if later[0] > earlier[0]
    ]
    yield Growth(
        name=name,
        first=statistics.median(value for _, value in points[:quarter]),
        last=statistics.median(value for _, value in points[-quarter:]),
        grown=statistics.median(slopes) * (points[-1][0] - points[0][0]),
        most=most,
    )
