"""A display's messages, heard by a clock and a memory; and one that is made up."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from currentcost_envir import History, StreamParser
from currentcost_metering import Entry, Grain, Memory, MeterClock

CAPTURES: Final = Path(__file__).parents[3] / "shared" / "envir" / "captures"
DATA: Final = CAPTURES.parents[1] / "data"
LONDON: Final = ZoneInfo("Europe/London")


def utc(text: str) -> float:
    """Return UTC seconds of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@dataclass
class Listener:
    """What a home hears of its display."""

    zone: tzinfo = LONDON
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.clock = MeterClock(self.zone)

    def know(self, now: float, days: int, shown: time) -> None:
        """Hear the time until it is believed."""
        for _ in range(3):
            self.clock.hear(now, days, shown)

    def hear(self, message: History, now: float) -> None:
        """Take one part."""
        self.clock.hear(now, message.days, message.time)
        if self.clock.shows(now, message.time):
            self.memory.take(
                [
                    Entry(
                        entry.sensor,
                        Grain(entry.store),
                        entry.index,
                        float(entry.energy),
                    )
                    for entry in message.entries
                ],
                heard=now,
                days=message.days_since_wipe,
                clock=self.clock,
            )


def read_capture(path: Path) -> list[History]:
    """Return the parts of histories in a capture."""
    parser = StreamParser()
    items = parser.feed(path.read_bytes()) + parser.flush()
    return [item for item in items if isinstance(item, History)]


def heard(
    messages: Sequence[History], *, date: str, zone: tzinfo = LONDON, slow: float = 0.0
) -> Listener:
    """Return who heard a capture on a date at the display's own times."""
    listener = Listener(zone)

    def at(message: History) -> float:
        shown = datetime.combine(datetime.fromisoformat(date), message.time, zone)
        return shown.timestamp() + slow

    listener.know(at(messages[0]), messages[0].days, messages[0].time)
    for message in messages:
        listener.hear(message, at(message))
    return listener


@dataclass
class Display:
    """A display that adds up a load by its own clock."""

    settings: Sequence[tuple[float, float]]
    """Since which UTC second its clock has which offset to UTC, in order."""
    born: float
    """UTC seconds at which it was switched on for the first time."""

    def offset(self, now: float) -> float:
        """Return the clock's offset at a time."""
        at = bisect_right(self.settings, now, key=lambda setting: setting[0])
        return self.settings[at - 1][1]

    def shown(self, now: float) -> time:
        """Return the time that it shows."""
        return (_MIDNIGHT + timedelta(seconds=now + self.offset(now))).time()

    def days(self, now: float) -> int:
        """Return the days since it was born, by its clock."""
        return int((now + self.offset(now)) // 86_400 - self.born // 86_400)

    def ends(self, now: float, *, step: int, phase: int) -> list[float]:
        """Return when it closed a bin, newest first: its clock entered another one."""
        ends = []
        minute = 60.0
        slot = None
        moment = self.born
        while moment <= now:
            entered = (moment + self.offset(moment) - phase) // step
            if slot is not None and entered > slot:
                ends.append(moment)
            slot = entered
            moment += minute
        return ends[::-1]

    def entries(self, now: float, load: Callable[[float, float], float]) -> list[Entry]:
        """Return what it would send of sensor 0."""
        hours = self.ends(now, step=7200, phase=3600)
        days = self.ends(now, step=86_400, phase=23 * 3600)
        return [
            Entry(0, Grain.TWO_HOURLY, 4 + 2 * index, load(start, end))
            for index, (end, start) in enumerate(pairwise(hours[:373]))
        ] + [
            Entry(0, Grain.DAILY, 1 + index, load(start, end))
            for index, (end, start) in enumerate(pairwise(days[:91]))
        ]


_MIDNIGHT: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # what a display shows


def uneven(start: float, end: float) -> float:
    """Return the kWh of a load that differs from one time to any other."""
    return (end**2 - start**2) / 1e13 - (end - start) / 5e3
