"""The parser of a meter's stream: bytes in, typed messages out. It does no I/O."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .decoding import DamagedMessage, decode
from .framing import Frame, Framer
from .messages import RAW_LIMIT, Damage, Damaged, Message


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a parser has met so far."""

    accepted: int = 0
    """Messages; a Classic's reading with its history is one of them."""

    damaged: Counter[Damage] = field(default_factory=Counter)
    """Damaged stretches by kind."""


class StreamParser:
    """Takes a stream in any chunks and returns what it says, damage included.

    Every byte of the stream belongs to exactly one of the returned items, in order,
    except the line ends and spaces between them. Nothing is raised, whatever comes.
    """

    def __init__(self) -> None:
        """Begin at the stream's first byte."""
        self.counts = Counts()
        self._framer = Framer()

    def feed(self, data: bytes) -> list[Message | Damaged]:
        """Return what these bytes complete."""
        return self._decoded(self._framer.feed(data))

    def flush(self) -> list[Message | Damaged]:
        """Return what was left when the stream ended; another may follow."""
        return self._decoded(self._framer.flush())

    def _decoded(self, frames: Iterable[Frame]) -> list[Message | Damaged]:
        items: list[Message | Damaged] = []
        for frame in frames:
            if frame.damage is not None:
                items.append(self._damaged(frame, frame.damage, frame.reason))
                continue
            try:
                items += decode(frame.data, frame.offset)
            except DamagedMessage as err:
                items.append(self._damaged(frame, err.kind, err.reason))
            else:
                self.counts.accepted += 1
        return items

    def _damaged(self, frame: Frame, kind: Damage, reason: str) -> Damaged:
        self.counts.damaged[kind] += 1
        return Damaged(
            offset=frame.offset,
            length=len(frame.data),
            kind=kind,
            reason=reason,
            raw=frame.data[:RAW_LIMIT],
        )
