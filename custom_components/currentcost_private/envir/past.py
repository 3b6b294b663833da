"""The history that a simulated display sends, from its memory, at its times."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import batched
from math import floor
from typing import Final

from .ledger import DAILY, MONTHLY, SENSORS, TWO_HOURLY, Ledger
from .messages import Store
from .models import Model

AUTOMATIC: Final = 4
FORCED: Final = 50
"""Indexes in a message."""

CYCLE_GAP: Final = timedelta(seconds=10)
FORCED_GAP: Final = timedelta(seconds=0.5)

_STEPS: Final = {Store.TWO_HOURLY: 1 / 1024, Store.DAILY: 1 / 128, Store.MONTHLY: 1 / 4}
_LETTERS: Final = {Store.TWO_HOURLY: "h", Store.DAILY: "d", Store.MONTHLY: "m"}
_OVERFLOW: Final = 2048
"""kWh of a month at which the memory's sign changes."""

_SLOTS: Final = [
    (store, indexes)
    for store, known in (
        (Store.TWO_HOURLY, TWO_HOURLY),
        (Store.DAILY, DAILY),
        (Store.MONTHLY, MONTHLY),
    )
    for indexes in batched(reversed(known), AUTOMATIC, strict=False)
]


def automatic(
    ledger: Ledger, model: Model, *, since: datetime, until: datetime, days: int
) -> Iterator[tuple[datetime, bytes]]:
    """Yield what the display sends by itself in `[since, until)`, with the times.

    A cycle begins a minute after every odd hour, and has a message every 10 s; where
    the memory isn't filled yet nothing is sent.
    """
    start = since.replace(minute=1, second=0, microsecond=0)
    start -= timedelta(hours=1 - start.hour % 2)
    if start >= until:
        start -= timedelta(hours=2)
    for number, (store, indexes) in enumerate(_SLOTS):
        moment = start + number * CYCLE_GAP
        if since <= moment < until:
            filled = ledger.indexes(moment, store)
            if sent := [index for index in indexes if index in filled]:
                yield moment, _message(ledger, model, moment, days, (store, sent))


def forced(
    ledger: Ledger, model: Model, *, clock: datetime, days: int
) -> Iterator[bytes]:
    """Yield what the display sends when its buttons are held: everything at once."""
    for store in _STEPS:
        filled = reversed(ledger.indexes(clock, store))
        for indexes in batched(filled, FORCED, strict=False):
            yield _message(ledger, model, clock, days, (store, indexes))


def classic(ledger: Ledger, clock: datetime) -> bytes:
    """Return the part of a Classic's message that holds its history."""

    def store(
        name: str, letter: str, values: Iterable[str], width: int, by: int
    ) -> str:
        tags = (f"{letter}{by * number:0{width}}" for number, _ in enumerate(values, 1))
        body = "".join(
            f"<{tag}>{value}</{tag}>" for tag, value in zip(tags, values, strict=True)
        )
        return f"<{name}>{body}</{name}>"

    def energies(store: Store, indexes: Iterable[int]) -> list[float]:
        return [ledger.energy(clock, store, index, 0) for index in indexes]

    hours = [f"{v:05.1f}" for v in energies(Store.TWO_HOURLY, range(4, 29, 2))]
    days = [f"{v:04.0f}" for v in energies(Store.DAILY, range(1, 32))]
    months = [f"{v:04.0f}" for v in energies(Store.MONTHLY, range(1, 13))]
    content = (
        store("hrs", "h", hours, 2, 2)
        + store("days", "d", days, 2, 1)
        + store("mths", "m", months, 2, 1)
        + store("yrs", "y", ["0000000"] * 4, 1, 1)
    )
    return f"<hist>{content}</hist>".encode()


def _message(
    ledger: Ledger,
    model: Model,
    clock: datetime,
    days: int,
    part: tuple[Store, Sequence[int]],
) -> bytes:
    """Return the line with these indexes of all ten sensors."""
    store, indexes = part
    data = "".join(
        f"<data><sensor>{sensor}</sensor>"
        + "".join(
            _entry(store, index, ledger.energy(clock, store, index, sensor))
            for index in indexes
        )
        + "</data>"
        for sensor in range(SENSORS)
    )
    return (
        f"<msg><src>{model.source}-v{model.firmware}</src><dsb>{days:05}</dsb>"
        f"<time>{clock:%H:%M:%S}</time><hist><dsw>{days + 2:05}</dsw><type>1</type>"
        f"<units>kwhr</units>{data}</hist></msg>\r\n"
    ).encode()


def _entry(store: Store, index: int, energy: float) -> str:
    """Return an entry, cut off as the memory and the print cut it off."""
    step = _STEPS[store]
    # What was added up in parts may lack a little of a whole step.
    energy = floor(energy / step + 1e-6) * step
    if store is Store.MONTHLY:
        energy = (energy + _OVERFLOW) % (2 * _OVERFLOW) - _OVERFLOW
    tag = f"{_LETTERS[store]}{index:03}"
    return f"<{tag}>{f'{floor(energy * 1000) / 1000:.3f}'[:7]}</{tag}>"
