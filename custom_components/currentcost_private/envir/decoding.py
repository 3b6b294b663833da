"""From the bytes of one message to typed values, or to what is wrong with it."""

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal
from itertools import chain
import re
from typing import Final

from .grammar import CLASSIC, CLASSIC_HISTORY, FORMS, HISTORY, IMPULSES, POWER
from .messages import (
    Damage,
    History,
    HistoryEntry,
    Impulses,
    Message,
    Reading,
    Store,
)

# What the radio can carry: 12 bits of id and 15 bits of watts.
MAX_TRANSMITTER: Final = 4095
MAX_WATTS: Final = 32767

SENSORS: Final = range(10)

_CHANNELS: Final = {1: "ch1", 2: "ch2", 3: "ch3"}
_ENTRY: Final = re.compile(rb"<([hdmy])(\d+)>([^<]++)")
_STORES: Final = {
    b"h": Store.TWO_HOURLY,
    b"d": Store.DAILY,
    b"m": Store.MONTHLY,
    b"y": Store.YEARLY,
}

# The indexes that a CC128 has; the two-hourly store has no 2.
_INDEXES: Final = {
    Store.TWO_HOURLY: range(4, 747, 2),
    Store.DAILY: range(1, 91),
    Store.MONTHLY: range(1, 85),
}


class DamagedMessage(Exception):
    """A message that can't be used: the kind of damage, and words for it."""

    def __init__(self, kind: Damage, reason: str) -> None:
        """Keep the kind and the words."""
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def decode(message: bytes, offset: int = 0) -> list[Message]:
    """Return what a message says; a Classic's can hold a reading and a history.

    Takes the bytes from `<msg>` to `</msg>` and their place in the stream. Raises
    DamagedMessage.
    """
    size = len(message)
    if match := POWER.match(message) or IMPULSES.match(message):
        return [_reading(match, "CC128", offset, size)]
    if match := CLASSIC.match(message):
        return [_reading(match, "CC02", offset, size)]
    if match := HISTORY.match(message):
        return [_history(match, "CC128", _entries(match), offset, size)]
    if match := CLASSIC_HISTORY.match(message):
        border = match.start("hist")
        entries = _classic_entries(match)
        return [
            _reading(match, "CC02", offset, border),
            _history(match, "CC02", entries, offset + border, size - border),
        ]
    position, part = max(form.failure(message) for form in FORMS)
    raise DamagedMessage(
        Damage.MALFORMED, f"{part} was expected at byte {position} of the message"
    )


def _reading(match: re.Match[bytes], model: str, offset: int, length: int) -> Reading:
    fields = match.groupdict()
    transmitter = int(fields["transmitter"])
    if model == "CC128" and transmitter > MAX_TRANSMITTER:
        raise DamagedMessage(
            Damage.OUT_OF_RANGE, f"the transmitter's id is above {MAX_TRANSMITTER}"
        )
    channels = {
        number: int(watts)
        for number, name in _CHANNELS.items()
        if (watts := fields.get(name))
    }
    if max(channels.values(), default=0) > MAX_WATTS:
        raise DamagedMessage(
            Damage.OUT_OF_RANGE, f"the power of a channel is above {MAX_WATTS} W"
        )
    return Reading(
        offset=offset,
        length=length,
        model=model,
        firmware=fields["firmware"].decode(),
        days=int(fields["days"]),
        time=_time(fields),
        temperature=_temperature(fields),
        sensor=int(fields.get("sensor", b"0")),
        transmitter=transmitter,
        channels=channels,
        impulses=Impulses(count=int(fields["imp"]), per_unit=int(fields["ipu"]))
        if "imp" in fields
        else None,
    )


def _time(fields: dict[str, bytes]) -> time:
    return time(int(fields["hour"]), int(fields["minute"]), int(fields["second"]))


def _temperature(fields: dict[str, bytes | None]) -> float | None:
    """Return degrees Celsius, to as many places as Fahrenheit needs to come back."""
    if celsius := fields["celsius"]:
        return float(celsius)
    if fahrenheit := fields.get("fahrenheit"):
        return round((float(fahrenheit) - 32) / 1.8, 2)
    return None


def _history(
    match: re.Match[bytes],
    model: str,
    entries: tuple[HistoryEntry, ...],
    offset: int,
    length: int,
) -> History:
    fields = match.groupdict()
    wipe = fields.get("days_since_wipe")
    return History(
        offset=offset,
        length=length,
        model=model,
        firmware=fields["firmware"].decode(),
        days=int(fields["days"]),
        time=_time(fields),
        days_since_wipe=None if wipe is None else int(wipe),
        entries=entries,
    )


def _entries(match: re.Match[bytes]) -> tuple[HistoryEntry, ...]:
    """Return the entries of all ten sensors.

    Each sensor has the same indexes, counted down without a gap: otherwise bytes were
    lost that happened to make up whole entries.
    """
    entries = [
        list(_read_entries(sensor, match[f"data{sensor}"])) for sensor in SENSORS
    ]
    indexes = [(entry.store, entry.index) for entry in entries[0]]
    for others in entries[1:]:
        if [(entry.store, entry.index) for entry in others] != indexes:
            raise DamagedMessage(
                Damage.MALFORMED, "the sensors don't have the same entries"
            )
    if not _count_down(indexes):
        raise DamagedMessage(Damage.MALFORMED, "the entries don't follow one another")
    return tuple(chain.from_iterable(entries))


def _count_down(indexes: Sequence[tuple[Store, int]]) -> bool:
    """Return whether these are a piece of one store, oldest first."""
    if not indexes:
        return True
    store, newest = indexes[-1]
    known = _INDEXES[store]
    if newest not in known:
        return False
    first = known.index(newest)
    piece = known[first : first + len(indexes)]
    return indexes == [(store, index) for index in reversed(piece)]


def _classic_entries(match: re.Match[bytes]) -> tuple[HistoryEntry, ...]:
    return tuple(
        chain.from_iterable(
            _read_entries(0, match[f"store_{store}"])
            for store in ("hrs", "days", "mths", "yrs")
        )
    )


def _read_entries(sensor: int, data: bytes) -> Iterator[HistoryEntry]:
    for letter, index, energy in _ENTRY.findall(data):
        yield HistoryEntry(
            sensor, _STORES[letter], int(index), Decimal(energy.decode())
        )
