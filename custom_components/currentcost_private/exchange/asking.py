"""A question between two reports: the provider's message, and what may be answered.

    ASK      agreement (16), window (17), tag (16)

The window is one on demand that is over, so that the provider can't move it about and
no two of them overlap. The household's owner says how often one is answered.
"""

from enum import StrEnum
from typing import Final

from .authentication import TAG_BYTES, check_tag, tagged
from .errors import Malformed, Violation
from .hashing import Use
from .setup import AGREEMENT_ID_BYTES
from .window import INSTANT_SECONDS, Window, WindowKind
from .wire import MessageType, Reader, Writer

ASK_SECONDS: Final = 60
"""Time that a household has to answer."""
TOLERANCE: Final = 30
"""Seconds by which the two clocks may differ."""


class Verdict(StrEnum):
    """What a household does with a question on demand."""

    ANSWER = "answer"
    EARLY = "early"
    """The window is not over by far."""
    LATE = "late"
    """The window was over long ago."""
    REPEATED = "repeated"
    """The window was asked before, or a later one."""
    TOO_OFTEN = "too_often"
    """The owner allows it less often."""


def window_to_ask(now: float) -> Window:
    """Return the window on demand that has just ended (UTC s)."""
    return Window.instant_at(now - INSTANT_SECONDS)


def judge(
    window: Window, *, now: float, every: int, answered: int, asked: int
) -> Verdict:
    """Return what to do with a question.

    Args:
        window: that is asked about.
        now: the household's time (UTC s).
        every: seconds from one answer to the next at least.
        answered: start of the last window that was answered, 0 before the first.
        asked: start of the last window that was asked, 0 before the first.
    """
    if window.end > now + TOLERANCE:
        return Verdict.EARLY
    if window.end < now - ASK_SECONDS - TOLERANCE:
        return Verdict.LATE
    if window.start <= max(answered, asked):
        return Verdict.REPEATED
    if window.start < answered + every:
        return Verdict.TOO_OFTEN
    return Verdict.ANSWER


def ask_bytes(agreement_id: bytes, window: Window, key: bytes) -> bytes:
    """Return the message that asks about a window."""
    writer = Writer(MessageType.ASK).raw(agreement_id)
    window.write(writer)
    return tagged(Use.REPLY, key, writer.to_bytes())


def read_ask(data: bytes, agreement_id: bytes, key: bytes) -> Window:
    """Return the window that a message asks about.

    Raises:
        NotAuthentic: not the provider's.
        Malformed, UnsupportedVersion: not such a message of this protocol.
        Violation: another agreement's.
    """
    check_tag(Use.REPLY, key, data)
    reader = Reader(data, MessageType.ASK)
    named = reader.raw(AGREEMENT_ID_BYTES)
    window = Window.read(reader)
    reader.raw(TAG_BYTES)
    reader.finish()
    if named != agreement_id:
        raise Violation("a message for another agreement")
    if window.kind is not WindowKind.INSTANT:
        raise Malformed("not a window on demand")
    return window
