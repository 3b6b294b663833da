"""One line of energy out of the three grains in which a display remembers it.

Where a finer bin is known, it counts; a coarser one tells only what is left of it for
the rest of its time, and that is spread evenly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .history import Bin, Grain, Memory

OVERFLOW: Final = 4096.0
"""kWh that a 30-day value has lost when it is negative: it wraps at 2048 kWh."""

# Shorter than this is an inexact end, not a time of its own.
SLIVER: Final = 900.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Energy that was drawn evenly, as far as is known, between two UTC times."""

    start: float
    end: float
    energy: float
    """kWh, never negative."""
    grain: Grain

    def within(self, start: float, end: float) -> float:
        """Return the part of its time that lies between two times, from 0 to 1."""
        shared = min(self.end, end) - max(self.start, start)
        return max(shared, 0.0) / (self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is known of a sensor, and what was left out."""

    pieces: Sequence[Piece]
    """In order, without overlap, beginning with the first that isn't zero."""
    doubtful: int
    """Bins that were heard with different values, none of them more often."""
    overflowed: int
    """Negative bins that were left out."""
    repaired: int
    """Negative 30-day bins that were repaired."""


def line_of(memory: Memory, sensor: int) -> Line:
    """Return what a display remembers of a sensor."""
    pieces: list[Piece] = []
    doubtful = overflowed = repaired = 0
    for grain in Grain:
        for item in memory.bins(sensor, grain):
            energy = item.energy
            if item.votes == 0:
                doubtful += 1
                continue
            if energy < 0:
                # Of the wrap of the shorter ones there is no sample. What they held is
                # in the longer one around them.
                if grain is not Grain.MONTHLY or energy < -OVERFLOW / 2:
                    overflowed += 1
                    continue
                energy += OVERFLOW
                repaired += 1
            pieces += _rest(pieces, item, energy, grain)
        pieces.sort(key=lambda piece: piece.start)
    first = next((at for at, piece in enumerate(pieces) if piece.energy > 0), None)
    return Line(
        pieces=[] if first is None else pieces[first:],
        doubtful=doubtful,
        overflowed=overflowed,
        repaired=repaired,
    )


def _rest(
    finer: Iterable[Piece], item: Bin, energy: float, grain: Grain
) -> Iterator[Piece]:
    """Yield what a bin tells beyond the finer ones, which are sorted."""
    gaps = []
    position = item.start
    for piece in finer:
        if piece.end <= item.start or piece.start >= item.end or piece.grain is grain:
            continue
        energy -= piece.energy * piece.within(item.start, item.end)
        gaps.append((position, piece.start))
        position = piece.end
    gaps.append((position, item.end))
    gaps = [gap for gap in gaps if gap[1] - gap[0] > SLIVER]
    length = sum(end - start for start, end in gaps)
    for start, end in gaps:
        yield Piece(start, end, max(energy, 0.0) * (end - start) / length, grain)
