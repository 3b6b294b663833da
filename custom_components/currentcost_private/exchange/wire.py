"""Frames of the exchange's messages: a header, then fields of fixed order and size.

Every message opens with the magic bytes, the protocol's version and its type.
Lengths follow from the plan alone, so that no message's length can depend on a
secret, and a length that differs is refused before anything is read.
"""

from enum import IntEnum
from typing import Final

from .errors import Malformed, UnsupportedVersion

PROTOCOL_VERSION: Final = 1
MAX_STATEMENT: Final = 64 * 1024
"""Longest plan statement, in bytes."""
MAX_CLAIM: Final = 128 * 1024
"""Longest report that any plan can ask for, in bytes."""
MAX_MESSAGE: Final = 256 * 1024
"""Longest message of a set-up, in bytes."""

_MAGIC: Final = b"CP"
HEADER_BYTES: Final = 4


class MessageType(IntEnum):
    """The kinds of message.

    From 128 on: what a party keeps for itself, never sent.
    """

    STATEMENT = 1
    REQUEST = 2
    OFFER = 3
    TRANSFER = 4
    CONFIRMATION = 5
    OPENING = 6
    RENEWAL = 7
    RENEWED = 8
    REPORT = 16
    MISSING = 17
    REPLY = 18
    ACKNOWLEDGEMENT = 19
    ASK = 20
    DECLINED = 21
    HOUSEHOLD_AGREEMENT = 128
    PROVIDER_SETUP = 129
    PROVIDER_AGREEMENT = 130


class Writer:
    """Builds one message."""

    def __init__(self, message_type: MessageType) -> None:
        """Start with the header."""
        self._parts = [_MAGIC + bytes((PROTOCOL_VERSION, message_type))]

    def raw(self, data: bytes) -> Writer:
        """Append bytes as they are."""
        self._parts.append(data)
        return self

    def unsigned(self, value: int, size: int) -> Writer:
        """Append an unsigned integer, big-endian, of `size` bytes."""
        self._parts.append(value.to_bytes(size))
        return self

    def sized(self, data: bytes) -> Writer:
        """Append bytes behind their length."""
        return self.unsigned(len(data), 4).raw(data)

    def to_bytes(self) -> bytes:
        """Return the message."""
        return b"".join(self._parts)


class Reader:
    """Reads one message; every method raises Malformed where bytes are lacking."""

    def __init__(
        self, data: bytes, message_type: MessageType, *, maximum: int = MAX_MESSAGE
    ) -> None:
        """Check size and header."""
        if len(data) > maximum:
            raise Malformed("message too long")
        if message_type_of(data) is not message_type:
            raise Malformed(f"not a message of type {message_type.name.lower()}")
        self._data = data
        self._position = HEADER_BYTES

    def raw(self, size: int) -> bytes:
        """Take `size` bytes."""
        start = self._position
        self._position += size
        if self._position > len(self._data):
            raise Malformed("message too short")
        return self._data[start : self._position]

    def unsigned(self, size: int) -> int:
        """Take an unsigned integer of `size` bytes."""
        return int.from_bytes(self.raw(size))

    def sized(self) -> bytes:
        """Take bytes behind their length."""
        return self.raw(self.unsigned(4))

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.raw(len(self._data) - self._position)

    def consumed(self) -> bytes:
        """Return all that was read so far, the header included."""
        return self._data[: self._position]

    def finish(self) -> None:
        """Refuse bytes that nobody asked for."""
        if self._position != len(self._data):
            raise Malformed("message too long")


def message_type_of(data: bytes) -> MessageType:
    """Return a message's type.

    Raises:
        Malformed: not a message of the exchange.
        UnsupportedVersion: a message of another protocol version.
    """
    if len(data) < HEADER_BYTES or data[:2] != _MAGIC:
        raise Malformed("not a message of the exchange")
    if data[2] != PROTOCOL_VERSION:
        raise UnsupportedVersion(theirs=data[2], ours=PROTOCOL_VERSION)
    try:
        return MessageType(data[3])
    except ValueError:
        raise Malformed("unknown message type") from None
