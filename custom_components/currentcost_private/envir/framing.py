"""Cuts a stream of bytes into messages and what lies between them.

A message is what stands from `<msg>` to `</msg>`. Lines would be the simpler cut, but
bytes get lost and replaced on the way: two messages come on one line, a line begins
with strays, and in a `uid` any byte may occur. A `<msg>` always begins a message, so
whatever came before can damage no message after it.

Where a cut is made depends on the bytes alone and never on how they arrive. At most
`LIMIT` bytes wait for an end, and none is searched twice.
"""

from dataclasses import dataclass
import re
from typing import Final

from .messages import Damage

LIMIT: Final = 32 * 1024
"""Bytes of a message at most; the longest that a meter sends has 9,442."""

START: Final = b"<msg>"
END: Final = b"</msg>"

_BLANK: Final = b" \r\n"
_BLANKS: Final = re.compile(rb"[ \r\n]*+")
_INSIDE: Final = re.compile(rb"</?msg>")
_OUTSIDE: Final = re.compile(rb"<msg>|\n")


@dataclass(slots=True, kw_only=True)
class Frame:
    """A stretch of the stream: from `<msg>` to `</msg>`, or damage."""

    offset: int
    data: bytes
    damage: Damage | None = None
    reason: str = ""


class Framer:
    """Takes bytes in any chunks and returns frames; between them are only blanks."""

    def __init__(self) -> None:
        """Begin at the stream's first byte."""
        self._buffer = bytearray()
        self._offset = 0
        self._searched = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that end with these bytes."""
        self._buffer += data
        frames = []
        while frame := self._next():
            frames.append(frame)
        return frames

    def flush(self) -> list[Frame]:
        """Return what is left at the end of the stream; another may follow."""
        self._skip_blanks()
        if not self._buffer:
            return []
        return [
            self._damaged(
                len(self._buffer),
                "the stream ended inside of a message"
                if self._buffer.startswith(START)
                else None,
            )
        ]

    def _next(self) -> Frame | None:
        """Return the next frame, or None if it needs more bytes."""
        self._skip_blanks()
        if not self._buffer or START.startswith(self._buffer):
            return None
        inside = self._buffer.startswith(START)
        end = (_INSIDE if inside else _OUTSIDE).search(
            self._buffer, max(self._searched, len(START) if inside else 0), LIMIT
        )
        if end is None:
            return self._wait_or_cut(inside=inside)
        if not inside:
            return self._damaged(end.start())
        if end[0] == START:
            return self._damaged(
                end.start(), "the next message begins before this one has ended"
            )
        return self._take(end.end())

    def _wait_or_cut(self, *, inside: bool) -> Frame | None:
        """Wait for more bytes, up to the limit, without searching these again."""
        if len(self._buffer) < LIMIT:
            self._searched = max(0, len(self._buffer) - len(END) + 1)
            return None
        # The limit may fall into the tag of a message that follows.
        tail = next(
            size
            for size in range(len(START) - 1, -1, -1)
            if START.startswith(self._buffer[LIMIT - size : LIMIT])
        )
        if inside:
            return self._take(
                LIMIT - tail, Damage.OVERSIZED, f"no end within {LIMIT} bytes"
            )
        return self._damaged(LIMIT - tail)

    def _damaged(self, size: int, cut_off: str | None = None) -> Frame:
        """Take a damaged frame: a message that was cut off, or bytes outside of any."""
        if cut_off is not None:
            return self._take(size, Damage.TRUNCATED, cut_off)
        if END in self._buffer[:size]:
            return self._take(
                size, Damage.TRUNCATED, "the beginning of the message is missing"
            )
        return self._take(size, Damage.STRAY, "bytes outside of any message")

    def _take(self, size: int, damage: Damage | None = None, reason: str = "") -> Frame:
        """Take a frame of the buffer's first bytes, but for blanks at its end."""
        frame = Frame(
            offset=self._offset,
            data=bytes(self._buffer[:size]).rstrip(_BLANK),
            damage=damage,
            reason=reason,
        )
        self._drop(size)
        return frame

    def _skip_blanks(self) -> None:
        if self._buffer[:1].isspace() and (blanks := _BLANKS.match(self._buffer)):
            self._drop(blanks.end())

    def _drop(self, size: int) -> None:
        if size:
            del self._buffer[:size]
            self._offset += size
            self._searched = 0
