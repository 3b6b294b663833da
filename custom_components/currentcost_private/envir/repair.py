"""Repairs readings that were damaged where it is known what must have stood there.

Most of a reading's bytes never change: its tags, its source, the colons of its time.
A stream shows its own forms, and a damaged reading that has one of them but for a byte
or two of these can be restored without a guess. A digit is never invented, moved or
removed: a reading with damage in a value is lost.
"""

from collections.abc import Iterator
import re
from typing import Final

LONGEST: Final = 512
"""Bytes; history messages are longer, and come again."""

MOST_FORMS: Final = 16
MOST_REPLACED: Final = 2

_TAG: Final = re.compile(rb"<src>[^<]*</src>|<[^<>]*>")
_VALUE: Final = 0
_IN_VALUES: Final = frozenset(b"0123456789 -")
_BLANK_OUT: Final = bytes(_VALUE if byte in _IN_VALUES else byte for byte in range(256))


class Repairer:
    """Knows the latest message of each length, as an example of its form."""

    def __init__(self) -> None:
        """Begin without any example."""
        self._examples: dict[int, bytes] = {}

    def learn(self, message: bytes) -> None:
        """Take an undamaged message as an example."""
        length = len(message)
        if length <= LONGEST:
            self._examples[length] = message
            if len(self._examples) > MOST_FORMS:
                del self._examples[next(iter(self._examples))]

    def repaired(self, data: bytes) -> Iterator[bytes]:
        """Yield what a damaged message may have been; the first that decodes is it."""
        if b"\0" in data:
            yield data.replace(b"\0", b"")
        if len(data) > LONGEST + 1:
            return
        for difference, restored in ((0, _replaced), (1, _lost), (-1, _inserted)):
            example = self._examples.get(len(data) + difference)
            if example is None or b"<uid>" in example:
                continue
            if (repaired := restored(data, _form(example))) is not None:
                yield repaired


def _form(message: bytes) -> bytes:
    """Return a message with `_VALUE` where its values stand."""
    pieces = []
    end = 0
    for tag in _TAG.finditer(message):
        pieces += [message[end : tag.start()].translate(_BLANK_OUT), tag[0]]
        end = tag.end()
    return b"".join(pieces)


def _fits(byte: int, wanted: int) -> bool:
    return byte == wanted or (wanted == _VALUE and byte in _IN_VALUES)


def _replaced(data: bytes, form: bytes) -> bytes | None:
    """Restore bytes that were replaced."""
    wrong = [i for i in range(len(data)) if not _fits(data[i], form[i])]
    if len(wrong) > MOST_REPLACED or any(form[i] == _VALUE for i in wrong):
        return None
    restored = bytearray(data)
    for i in wrong:
        restored[i] = form[i]
    return bytes(restored)


def _lost(data: bytes, form: bytes) -> bytes | None:
    """Restore a byte that was lost, or two for which one stands."""
    before, after = _agreement(data, form)
    for i in range(max(len(data) - after, 0), min(before, len(data)) + 1):
        if form[i] != _VALUE:
            return data[:i] + form[i : i + 1] + data[i:]
    if before + after == len(data) - 1 and _VALUE not in form[before : before + 2]:
        return data[:before] + form[before : before + 2] + data[before + 1 :]
    return None


def _inserted(data: bytes, form: bytes) -> bytes | None:
    """Remove a byte that was inserted, unless it could be of a value."""
    before, after = _agreement(data, form)
    if before + after < len(form) or data[before] in _IN_VALUES:
        return None
    return data[:before] + data[before + 1 :]


def _agreement(data: bytes, form: bytes) -> tuple[int, int]:
    """Return how many bytes fit from the beginning, and from the end backwards."""
    shorter = min(len(data), len(form))
    before = after = 0
    while before < shorter and _fits(data[before], form[before]):
        before += 1
    while after < shorter and _fits(data[-1 - after], form[-1 - after]):
        after += 1
    return before, after
