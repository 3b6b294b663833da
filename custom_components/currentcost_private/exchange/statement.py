"""A plan under its provider's signature.

The statement is what a person consents to. Its digest is shown as a short code, by
the household and by the provider's public page: two households that see the same
code are asked the same question against the same committed values, and two
statements signed for one plan and period are evidence that anyone can check.
"""

import base64
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import Violation
from .group import check_point
from .hashing import Use, digest
from .plan import Plan
from .wire import MAX_STATEMENT, MessageType, Reader, Writer

SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32


@dataclass(frozen=True)
class PlanStatement:
    """A plan under its provider's Ed25519 signature."""

    plan: Plan
    provider_key: bytes
    signature: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Verify the signature.

        Raises:
            Violation: the plan was not signed with this key.
        """
        if not is_signed(self.provider_key, self.signature, self.digest):
            raise Violation("the plan's signature is not its provider's")

    @cached_property
    def digest(self) -> bytes:
        """What is signed: BLAKE2b-256 of key and plan."""
        return statement_digest(self.provider_key, self.plan)

    @property
    def code(self) -> str:
        """The digest as a code for people to compare (80 bits)."""
        return short_code(self.digest)

    @property
    def fingerprint(self) -> str:
        """The provider's key as a code for people to compare (80 bits)."""
        return short_code(self.provider_key)

    def to_bytes(self) -> bytes:
        """Return the statement's message."""
        return (
            Writer(MessageType.STATEMENT)
            .raw(self.provider_key)
            .raw(self.signature)
            .raw(self.plan.to_json())
            .to_bytes()
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> PlanStatement:
        """Read and verify a statement.

        Raises:
            Malformed, UnsupportedVersion: not a statement of this protocol.
            PlanError: a plan that can't be accepted.
            Violation: a signature that is not the provider's.
        """
        reader = Reader(data, MessageType.STATEMENT, maximum=MAX_STATEMENT)
        key, signature = reader.raw(KEY_BYTES), reader.raw(SIGNATURE_BYTES)
        return cls(Plan.from_json(reader.rest()), key, signature)


def statement_digest(provider_key: bytes, plan: Plan) -> bytes:
    """Return the digest that the provider signs."""
    return digest(Use.STATEMENT, provider_key, plan.to_json())


def short_code(data: bytes) -> str:
    """Return four groups of four letters and digits that stand for `data`."""
    text = base64.b32encode(digest(Use.CODE, data, size=10)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature is valid, under a key of the group.

    Under a key of small order anyone can sign anything, so that a signature would
    be evidence of nothing (RFC 8032 leaves the check to the protocol).
    """
    try:
        check_point(key)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature, Violation:
        return False
    return True
