"""A stream as a list for people and scripts: one JSON line for each of its items."""

from collections.abc import Iterable, Iterator
import json
from typing import Any

from .messages import Damaged, History, Message, Reading
from .stream import StreamParser


class Listing:
    """Lists a stream and accounts for its bytes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parser = StreamParser()
        self._size = 0
        self._readings = 0
        self._histories = 0
        self._message_bytes = 0
        self._damaged_bytes = 0

    def lines(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the JSON of each item, in order."""
        for chunk in chunks:
            self._size += len(chunk)
            for item in self._parser.feed(chunk):
                yield self._line(item)
        for item in self._parser.flush():
            yield self._line(item)

    def summary(self) -> str:
        """Return where every byte so far belongs, in words."""
        damaged = self._parser.counts.damaged
        kinds = "".join(f", {kind}: {count}" for kind, count in sorted(damaged.items()))
        blank = self._size - self._message_bytes - self._damaged_bytes
        return (
            f"{self._size} bytes = {self._message_bytes} in messages "
            f"(readings: {self._readings}, histories: {self._histories}) "
            f"+ {self._damaged_bytes} damaged (stretches: {damaged.total()}{kinds}) "
            f"+ {blank} of line ends and blanks"
        )

    def _line(self, item: Message | Damaged) -> str:
        """Return one item's JSON and count its bytes."""
        match item:
            case Reading():
                self._readings += 1
                self._message_bytes += item.length
                content = _reading(item)
            case History():
                self._histories += 1
                self._message_bytes += item.length
                content = _history(item)
            case Damaged():
                self._damaged_bytes += item.length
                content = _damaged(item)
        place = {"offset": item.offset, "length": item.length}
        if item.repaired:
            content["repaired"] = True
        return json.dumps({**content, **place})


def _reading(reading: Reading) -> dict[str, Any]:
    impulses = reading.impulses
    return {
        "item": "reading",
        **_head(reading),
        "temperature": reading.temperature,
        "sensor": reading.sensor,
        "transmitter": reading.transmitter,
        "channels": dict(reading.channels),
        "impulses": impulses
        and {"count": impulses.count, "per_unit": impulses.per_unit},
    }


def _history(history: History) -> dict[str, Any]:
    """Return the content, kWh by sensor, store and index."""
    sensors: dict[int, dict[str, dict[int, float]]] = {}
    for entry in history.entries:
        stores = sensors.setdefault(entry.sensor, {})
        stores.setdefault(entry.store, {})[entry.index] = float(entry.energy)
    return {
        "item": "history",
        **_head(history),
        "days_since_wipe": history.days_since_wipe,
        "sensors": sensors,
    }


def _head(message: Message) -> dict[str, Any]:
    return {
        "model": message.model,
        "firmware": message.firmware,
        "days": message.days,
        "time": message.time.isoformat(),
    }


def _damaged(damaged: Damaged) -> dict[str, Any]:
    return {
        "item": "damaged",
        "kind": damaged.kind,
        "reason": damaged.reason,
        "raw": damaged.raw.decode("ascii", "backslashreplace"),
    }
