"""Streams of meters for the benchmarks: real captures, real power, and a simulation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import gzip
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Final

from currentcost_envir import Reading, StreamParser
from currentcost_envir.encoding import encode
from currentcost_envir.load import Drawn, RecordedLoad
from currentcost_envir.simulator import Display

START: Final = datetime(2026, 3, 1, 17, 30)  # noqa: DTZ001  # a display knows no time zone
NOISE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A line, what it says, and when it is sent (s)."""

    time: float
    line: bytes
    reading: Reading


def simulated(count: int, *, seed: int = 1) -> list[Sent]:
    """Return readings of a model household with three plugs."""
    return _sent(Display(seed=seed, start=START, sensors=3), count)


def recorded(file: Path, count: int, *, seed: int = 1) -> list[Sent]:
    """Return readings of a real house's power, minute by minute, with a clamp's noise."""
    with gzip.open(file, "rt") as lines:
        table = RecordedLoad.read(lines)
    random = Random(seed)  # noqa: S311

    class Noisy:
        def advance(self, seconds: float, clock: datetime) -> Drawn:
            drawn = table.advance(seconds, clock)
            if drawn.house is None:
                return drawn
            return replace(drawn, house=round(drawn.house * random.gauss(1, NOISE)))

    display = Display(seed=seed, start=table.start + timedelta(hours=6), load=Noisy())
    return _sent(display, count)


def captured(folder: Path, count: int, *, seed: int = 1) -> list[Sent]:
    """Return the readings of three captured meters, over and over as time goes on.

    Each capture becomes as long a stream as the others; its power is repeated with a
    clamp's noise.
    """
    files = [
        "mdunschen/mirrored000.data",
        "rt_v0.11_3ch_run.xml",
        "rt_v1.31_multisensor_run.xml",
    ]
    random = Random(seed)  # noqa: S311
    sent: list[Sent] = []
    for name in files:
        items = StreamParser().feed((folder / name).read_bytes())
        readings = [item for item in items if isinstance(item, Reading)]
        sent += _repeated(readings, count // len(files), random)
    return sent


def _repeated(readings: list[Reading], count: int, random: Random) -> Iterator[Sent]:
    """Yield the readings again and again, each the right time after the one before."""
    sensors = len({reading.sensor for reading in readings})
    moment = START
    for reading in islice(cycle(readings), count):
        moment += timedelta(seconds=6 / sensors)
        changed = replace(
            reading,
            days=readings[0].days + (moment.date() - START.date()).days,
            time=moment.time().replace(microsecond=0),
            temperature=readings[0].temperature,
            channels={
                channel: round(watts * random.gauss(1, NOISE))
                for channel, watts in reading.channels.items()
            },
        )
        yield Sent(
            time=(moment - START).total_seconds(), line=encode(changed), reading=changed
        )


def _sent(display: Display, count: int) -> list[Sent]:
    time = 0.0
    sent = []
    for event in islice(display.events(), count):
        time += event.gap.total_seconds()
        if event.reading is not None:
            sent.append(Sent(time=time, line=event.line, reading=event.reading))
    return sent
