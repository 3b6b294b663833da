"""The parser of a meter's stream: bytes in, typed messages out. It does no I/O."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .decoding import DamagedMessage, decode
from .framing import Frame, Framer
from .messages import RAW_LIMIT, Damage, Damaged, Message
from .repair import Repairer


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a parser has met so far."""

    accepted: int = 0
    """Messages; a Classic's reading with its history is one of them."""

    repaired: int = 0
    """Those of them that were damaged where it doesn't matter."""

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
        self._repairer = Repairer()

    def feed(self, data: bytes) -> list[Message | Damaged]:
        """Return what these bytes complete."""
        return self._decoded(self._framer.feed(data))

    def flush(self) -> list[Message | Damaged]:
        """Return what was left when the stream ended; another may follow."""
        return self._decoded(self._framer.flush())

    def _decoded(self, frames: Iterable[Frame]) -> list[Message | Damaged]:
        items: list[Message | Damaged] = []
        for frame in frames:
            try:
                items += _decoded(frame)
            except DamagedMessage as err:
                items += self._repaired(frame) or [self._damaged(frame, err)]
            else:
                self.counts.accepted += 1
                self._repairer.learn(frame.data)
        return items

    def _repaired(self, frame: Frame) -> list[Message]:
        """Return what a damaged frame says if it can be repaired."""
        for data in self._repairer.repaired(frame.data):
            with suppress(DamagedMessage):
                messages = decode(data, frame.offset)
                self.counts.accepted += 1
                self.counts.repaired += 1
                last = messages[-1]
                length = len(frame.data) - (last.offset - frame.offset)
                messages[-1] = replace(last, length=length)
                return [replace(message, repaired=True) for message in messages]
        return []

    def _damaged(self, frame: Frame, err: DamagedMessage) -> Damaged:
        self.counts.damaged[err.kind] += 1
        return Damaged(
            offset=frame.offset,
            length=len(frame.data),
            kind=err.kind,
            reason=err.reason,
            raw=frame.data[:RAW_LIMIT],
        )


def _decoded(frame: Frame) -> list[Message]:
    """Return what a frame says; raise DamagedMessage."""
    if frame.damage is not None:
        raise DamagedMessage(frame.damage, frame.reason)
    return decode(frame.data, frame.offset)
