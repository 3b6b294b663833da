"""A display's messages, heard by a clock and a memory; and one that is made up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
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
    """A display that adds up a load by its own clock, in the home's time."""

    clock: Iterable[tuple[float, float]]
    """Since which UTC second the clock has which offset to UTC, in order."""
    load: Sequence[float]
    """kWh of each hour since the first of them."""

    def offset(self, now: float) -> float:
        """Return the offset at a time."""
        return [offset for since, offset in self.clock if since <= now][-1]

    def shown(self, now: float) -> time:
        """Return the time that it shows."""
        return (
            datetime.fromtimestamp(0, UTC) + timedelta(seconds=now + self.offset(now))
        ).time()
