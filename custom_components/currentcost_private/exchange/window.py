"""The span of time that one report speaks of."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from .errors import Malformed
from .wire import Reader, Writer

INSTANT_SECONDS: Final = 10
"""Of a window that is asked on demand."""

_LATEST: Final = 1 << 48


class WindowKind(IntEnum):
    """What opens a window."""

    INTERVAL = 1
    """The plan's regular windows."""
    INSTANT = 2
    """Asked for on demand."""
    PERIOD = 3
    """A local day or month."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From `start` (inclusive) to `end` (exclusive), in UTC seconds."""

    kind: WindowKind
    start: int
    end: int

    def write(self, writer: Writer) -> None:
        """Append the window's 17 bytes to a message."""
        writer.unsigned(self.kind, 1).unsigned(self.start, 8).unsigned(self.end, 8)

    @classmethod
    def instant_at(cls, time: float) -> Window:
        """Return the window on demand around a time; one on a boundary starts there."""
        start = int(time // INSTANT_SECONDS) * INSTANT_SECONDS
        return cls(WindowKind.INSTANT, start, start + INSTANT_SECONDS)

    @classmethod
    def read(cls, reader: Reader) -> Window:
        """Take a window from a message."""
        kind, start, end = reader.unsigned(1), reader.unsigned(8), reader.unsigned(8)
        if kind not in WindowKind or not start < end < _LATEST:
            raise Malformed("not a window")
        return cls(WindowKind(kind), start, end)
