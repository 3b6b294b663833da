"""What a display remembers beside what was recorded: which hours to fill, and how.

A recorded hour is never lowered. An hour without a record gets its part of the display's
bin: what is left of it after the recorded hours inside. A record can also have missed
something: of the time when Home Assistant was off, its recorder says that the meter
stood still. So where a bin has clearly more than the record, the record is topped up,
its lowest hours first.
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

# Both add up the same readings. Up to this part of a bin and kWh, they count them
# differently; beyond, the record has missed some.
INEXACT: Final = 0.1
INEXACT_KWH: Final = 0.01

# Bins that stand an hour off, because nobody knows when the clock was set, have more than
# the record here and less there. A record that missed something never has more.
NEIGHBOURS: Final = 6

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
    covered: float
    grain: Grain
    is_gap: bool
    """Whether the record doesn't have all of it for sure."""
    added: float = 0.0


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
    missing = [_missing(piece, hours, recorded) for piece in pieces]
    for at, piece in enumerate(pieces):
        around = range(max(at - NEIGHBOURS, 0), min(at + NEIGHBOURS + 1, len(pieces)))
        fits = all(missing[near] >= -_inexact(pieces[near]) for near in around)
        _distribute(piece, hours, missing[at], fits=fits)
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
        base = recorded.get(number, 0.0)
        is_gap = number not in recorded
        if number in imported and not is_gap:
            if imported[number].hours <= coarsest.hours or covered < COVERED:
                continue
            base, is_gap = 0.0, True
        elif not is_gap:
            # The hours beside a gap were recorded in part only.
            is_gap = any(
                beside not in recorded or beside in imported
                for beside in (number - 1, number + 1)
                if beside in grains and beside < until
            )
            is_flat = base <= LEAST
            if not (is_gap or is_flat or coarsest is Grain.TWO_HOURLY):
                continue
        hours[number] = _Open(base, covered, coarsest, is_gap)
    return hours


def _inexact(piece: Piece) -> float:
    return max(INEXACT * piece.energy, INEXACT_KWH)


def _missing(
    piece: Piece, hours: Mapping[int, _Open], recorded: Mapping[int, float]
) -> float:
    """Return the kWh that a piece has beyond the record; less than 0 if it has less."""
    missing = piece.energy
    for number in _hours(piece):
        hour = hours.get(number)
        known = hour.base if hour else recorded.get(number, 0.0)
        missing -= known * _share(piece, number)
    return missing


def _distribute(
    piece: Piece, hours: Mapping[int, _Open], left: float, *, fits: bool
) -> None:
    """Raise the open hours of a piece to one level, the lowest first.

    Where no gap is known, only if bins and record fit around it.
    """
    vessels = [
        (hour.base, share, hour)
        for number in _hours(piece)
        if (hour := hours.get(number)) and (share := _share(piece, number))
    ]
    if gaps := [vessel for vessel in vessels if vessel[2].is_gap]:
        # Where some of the record is known to be missing, the rest of it is whole.
        least, vessels = 0.0, gaps
    else:
        least = _inexact(piece)
        if not fits:
            return
    if left <= least or not vessels:
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
