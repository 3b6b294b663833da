"""A window's one message, and the reply to it.

    REPORT   agreement (16), window (17), nonce (32)      the context of all hashes
             hash key S (16), seed of x's active labels (16),
             corrections (16 a provider bit), tables (32 an AND gate),
             hashes of both labels of each output bit (2 x 32), tag (16)
    REPLY    digest of the report (32), status (1), output labels (16 each), tag (16)
    MISSING, DECLINED
             agreement (16), window (17), tag (16)

A refusal has the form of an answer with labels of zero, so that nothing in a reply
but the outcome depends on what the household put in.
"""

from dataclasses import dataclass
import hmac
from typing import ClassVar, Final, Self

from .authentication import TAG_BYTES, check_tag, tagged
from .errors import Malformed, Refused, Violation
from .garbling import BLOCK_BYTES
from .hashing import Use, digest
from .plan import HASH_BYTES, Plan
from .setup import AGREEMENT_ID_BYTES
from .window import Window, WindowKind
from .wire import MAX_CLAIM, MessageType, Reader, Writer, message_type_of

NONCE_BYTES: Final = 32
DIGEST_BYTES: Final = 32

_REFUSED: Final = 0
_ANSWERED: Final = 1

type OutputHashes = list[tuple[bytes, bytes]]
"""For each output bit the hashes of its zero label and its one label."""


@dataclass(frozen=True, slots=True)
class ReportBody:
    """What the provider needs to evaluate, at the lengths of its plan."""

    key: bytes
    active_seed: bytes
    corrections: bytes
    tables: bytes
    output_hashes: OutputHashes

    def write(self, writer: Writer) -> None:
        """Append it to a message."""
        writer.raw(self.key).raw(self.active_seed)
        writer.raw(self.corrections).raw(self.tables)
        for pair in self.output_hashes:
            writer.raw(b"".join(pair))


@dataclass(frozen=True, slots=True)
class Report:
    """A report, read as far as that goes without its plan."""

    data: bytes
    agreement_id: bytes
    window: Window
    context: bytes

    @property
    def digest(self) -> bytes:
        """What the window's claim is bound to, 32 bytes."""
        return digest(Use.REPORT, self.data)

    @classmethod
    def from_bytes(cls, data: bytes) -> Report:
        """Read the context.

        Raises:
            Malformed, UnsupportedVersion: not a report of this protocol.
        """
        reader = Reader(data, MessageType.REPORT, maximum=MAX_CLAIM)
        agreement_id = reader.raw(AGREEMENT_ID_BYTES)
        window = Window.read(reader)
        reader.raw(NONCE_BYTES)
        return cls(data, agreement_id, window, reader.consumed())

    def body(self, plan: Plan) -> ReportBody:
        """Read the rest at the plan's lengths; nothing secret is touched.

        Raises:
            Malformed: wrong lengths, or hashes that can't tell zero from one.
        """
        reader = Reader(self.data, MessageType.REPORT, maximum=MAX_CLAIM)
        reader.raw(len(self.context) - len(reader.consumed()))
        body = ReportBody(
            key=reader.raw(BLOCK_BYTES),
            active_seed=reader.raw(BLOCK_BYTES),
            corrections=reader.raw(BLOCK_BYTES * plan.provider_bits),
            tables=reader.raw(2 * BLOCK_BYTES * plan.circuit.and_gates),
            output_hashes=[
                (reader.raw(HASH_BYTES), reader.raw(HASH_BYTES))
                for _ in range(plan.output_bits)
            ],
        )
        reader.raw(TAG_BYTES)
        reader.finish()
        if any(zero == one for zero, one in body.output_hashes):
            raise Malformed("an output bit with one hash for both values")
        return body


@dataclass(frozen=True, slots=True)
class Missing:
    """A window of which the household knows too little."""

    type: ClassVar[MessageType] = MessageType.MISSING

    data: bytes
    agreement_id: bytes
    window: Window

    @property
    def digest(self) -> bytes:
        """What the window's claim is bound to, 32 bytes."""
        return digest(Use.REPORT, self.data)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a message.

        Raises:
            Malformed, UnsupportedVersion: not such a message of this protocol.
        """
        reader = Reader(data, cls.type, maximum=MAX_CLAIM)
        agreement_id = reader.raw(AGREEMENT_ID_BYTES)
        window = Window.read(reader)
        reader.raw(TAG_BYTES)
        reader.finish()
        cls._check(window)
        return cls(data, agreement_id, window)

    @classmethod
    def _check(cls, window: Window) -> None:
        """Refuse a window that none of these can be of."""


@dataclass(frozen=True, slots=True)
class Declined(Missing):
    """A question on demand that the owner doesn't let the household answer."""

    type: ClassVar[MessageType] = MessageType.DECLINED

    @classmethod
    def _check(cls, window: Window) -> None:
        if window.kind is not WindowKind.INSTANT:
            raise Malformed("only what is asked on demand can be declined")


def parse_claim(data: bytes) -> Report | Missing:
    """Read what a household may send for a window.

    Raises:
        Malformed, UnsupportedVersion: neither a report nor a window without one.
    """
    match message_type_of(data):
        case MessageType.MISSING:
            return Missing.from_bytes(data)
        case MessageType.DECLINED:
            return Declined.from_bytes(data)
    return Report.from_bytes(data)


def output_hash(context: bytes, position: int, label: bytes) -> bytes:
    """Return the hash that stands in a report for a label of an output bit."""
    return digest(Use.OUTPUT, context, bytes((position,)), label, size=HASH_BYTES)


def unreported_bytes(
    kind: type[Missing], agreement_id: bytes, window: Window, key: bytes
) -> bytes:
    """Return the message of a kind for a window that has no report."""
    writer = Writer(kind.type).raw(agreement_id)
    window.write(writer)
    return tagged(Use.CLAIM, key, writer.to_bytes())


def answer_bytes(report: Report, labels: list[bytes], key: bytes) -> bytes:
    """Return the reply that carries the output labels."""
    return _reply(report, _ANSWERED, labels, key)


def refusal_bytes(report: Report, output_bits: int, key: bytes) -> bytes:
    """Return the constant refusal."""
    return _reply(report, _REFUSED, [bytes(BLOCK_BYTES)] * output_bits, key)


def acknowledgement_bytes(missing: Missing, key: bytes) -> bytes:
    """Return the reply to a window without a report."""
    writer = Writer(MessageType.ACKNOWLEDGEMENT).raw(missing.digest)
    return tagged(Use.REPLY, key, writer.to_bytes())


def verify_reply(sent: bytes, reply: bytes, outcomes: int, key: bytes) -> int | None:
    """Return the outcome that a reply proves, or None for a window without a report.

    It is checked against the hashes in the bytes that were sent; no secret of the
    garbling is needed, and none was kept.

    Args:
        sent: the report (or message that there is none) as it was sent.
        reply: the provider's answer.
        outcomes: how many the question has.
        key: the agreement's, that authenticates it.

    Raises:
        Refused: the constant refusal.
        NotAuthentic: not the provider's.
        Malformed, UnsupportedVersion: not a reply of this protocol to this message.
        Violation: labels that evaluating the report does not give.
    """
    check_tag(Use.REPLY, key, reply)
    claim = parse_claim(sent)
    is_missing = isinstance(claim, Missing)
    bits = 0 if is_missing else (outcomes - 1).bit_length()
    reader = Reader(
        reply, MessageType.ACKNOWLEDGEMENT if is_missing else MessageType.REPLY
    )
    named = reader.raw(DIGEST_BYTES)
    status = _ANSWERED if is_missing else reader.unsigned(1)
    labels = [reader.raw(BLOCK_BYTES) for _ in range(bits)]
    reader.raw(TAG_BYTES)
    reader.finish()
    if named != claim.digest:
        raise Malformed("a reply to another message")
    if isinstance(claim, Missing):
        return None
    if status == _REFUSED:
        raise Refused("the provider refused the report")
    if status != _ANSWERED:
        raise Malformed("a reply of unknown status")
    hashes = sent[:-TAG_BYTES][-2 * HASH_BYTES * bits :]
    pairs = [
        (hashes[start : start + HASH_BYTES], hashes[start + HASH_BYTES :][:HASH_BYTES])
        for start in range(0, len(hashes), 2 * HASH_BYTES)
    ]
    outcome = decode_outcome(claim.context, labels, pairs)
    if outcome is None or outcome >= outcomes:
        raise Violation("the reply's labels are not the report's")
    return outcome


def decode_outcome(
    context: bytes, labels: list[bytes], pairs: OutputHashes
) -> int | None:
    """Return the integer that output labels stand for, None if one stands for none.

    All labels are hashed and compared before anything is decided.
    """
    outcome, valid = 0, True
    for position, (label, (zero, one)) in enumerate(zip(labels, pairs, strict=True)):
        found = output_hash(context, position, label)
        is_zero = hmac.compare_digest(found, zero)
        is_one = hmac.compare_digest(found, one)
        valid &= is_zero | is_one
        outcome |= is_one << position
    return outcome if valid else None


def _reply(report: Report, status: int, labels: list[bytes], key: bytes) -> bytes:
    writer = Writer(MessageType.REPLY).raw(report.digest).unsigned(status, 1)
    return tagged(Use.REPLY, key, writer.raw(b"".join(labels)).to_bytes())
