"""What a display remembers beside what was recorded: which hours to fill, and how.

A recorded hour stands. An hour without a record gets its part of the display's bin: what
is left of it after the recorded hours inside. The hours next to such a gap were recorded
in part only, so they are topped up with what the bin has beyond the record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from .history import Grain
from .history_clock import HOUR
from .history_line import Piece

# Below a milliwatt hour nothing has changed.
LEAST: Final = 1e-6

# An hour that a gap in the display's own memory shortens by more is left alone.
COVERED: Final = 0.95


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour to be written."""

    energy: float
    """kWh."""
    grain: Grain
    """The coarsest that it comes from."""


@dataclass(slots=True)
class _Open:
    """An hour that can take energy."""

    base: float
    """kWh that were recorded."""
    added: float = 0.0
    covered: float = 0.0
    grain: Grain = Grain.TWO_HOURLY


def fill(
    pieces: Iterable[Piece],
    *,
    recorded: Mapping[int, float],
    imported: Mapping[int, Grain],
    until: int,
) -> dict[int, Hour]:
    """Return the hours to be written, by hours since 1970 in UTC.

    Args:
        pieces: what the display remembers, in order.
        recorded: kWh of every hour that has a record, whoever made it.
        imported: which of them came from the display, and how finely.
        until: the first hour that isn't over for the record.
    """
    pieces = list(pieces)
    hours = _open_hours(pieces, recorded, imported, until)
    for piece in pieces:
        _distribute(piece, hours, recorded)
    filled = {}
    for number, hour in sorted(hours.items()):
        energy = hour.base + hour.added
        changed = abs(energy - recorded.get(number, 0.0)) > LEAST
        if hour.covered >= COVERED and (changed or number not in recorded):
            filled[number] = Hour(energy, hour.grain)
    return filled


def _open_hours(
    pieces: Iterable[Piece],
    recorded: Mapping[int, float],
    imported: Mapping[int, Grain],
    until: int,
) -> dict[int, _Open]:
    grains: dict[int, list[tuple[Grain, float]]] = {}
    for piece in pieces:
        for number in _hours(piece):
            grains.setdefault(number, []).append((piece.grain, _share(piece, number)))
    hours = {}
    for number, parts in grains.items():
        if number >= until:
            continue
        covered = sum(share for _, share in parts)
        coarsest = max((grain for grain, _ in parts), key=lambda grain: grain.hours)
        if number not in recorded:
            base = 0.0
        elif number in imported:
            if imported[number].hours <= coarsest.hours or covered < COVERED:
                continue
            base = 0.0
        elif any(
            beside not in recorded or beside in imported
            for beside in (number - 1, number + 1)
            if beside in grains and beside < until
        ):
            base = recorded[number]
        else:
            continue
        hours[number] = _Open(base, covered=covered, grain=coarsest)
    return hours


def _distribute(
    piece: Piece, hours: Mapping[int, _Open], recorded: Mapping[int, float]
) -> None:
    """Raise the open hours of a piece to one level, the lowest first."""
    left = piece.energy
    vessels = []
    for number in _hours(piece):
        share = _share(piece, number)
        if (hour := hours.get(number)) is not None:
            left -= hour.base * share
            vessels.append((hour.base, share, hour))
        else:
            left -= recorded.get(number, 0.0) * share
    if left <= 0 or not vessels:
        return
    vessels.sort(key=lambda vessel: vessel[0])
    width = level = 0.0
    for position, (base, share, _) in enumerate(vessels):
        width += share
        left += base * share
        level = left / width
        if position + 1 == len(vessels) or level <= vessels[position + 1][0]:
            break
    for base, share, hour in vessels:
        hour.added += max(level - base, 0.0) * share


def _hours(piece: Piece) -> range:
    return range(floor(piece.start / HOUR), ceil(piece.end / HOUR))


def _share(piece: Piece, number: int) -> float:
    """Return the part of an hour that lies in a piece."""
    start, end = number * HOUR, (number + 1) * HOUR
    return max(min(piece.end, end) - max(piece.start, start), 0.0) / HOUR
