"""Long-term keys of the two parties."""

from dataclasses import dataclass, field
from enum import Enum
import secrets
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .hashing import Use, digest
from .plan import Plan
from .statement import PlanStatement, statement_digest

SECRET_BYTES = 32


class Purpose(Enum):
    """What a hedged seed is for."""

    EQUALITY = b"equality"
    OFFER = b"offer"
    POLICY = b"policy"
    REPORT = b"report"
    SHARE = b"share"
    TRANSFER = b"transfer"


@dataclass(frozen=True, slots=True)
class _Identity:
    """A secret of 32 bytes, and the Ed25519 key that comes from it."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a fresh identity."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @property
    def key(self) -> bytes:
        """The public key, 32 bytes."""
        return self._signer().public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature, 64 bytes."""
        return self._signer().sign(message)

    def hedge(self, purpose: Purpose, *fields: bytes) -> bytes:
        """Return a 32-byte seed of fresh randomness, the secret, purpose and fields.

        Should the system's random source repeat itself (a resumed snapshot), another
        purpose or other fields still give an unrelated seed; the same ones give the
        same message again, which is harmless.
        """
        fresh = secrets.token_bytes(SECRET_BYTES)
        return digest(Use.HEDGE, self.secret, fresh, purpose.value, *fields)

    def _signer(self) -> Ed25519PrivateKey:
        # The secret has a second use, so the signature's key is derived from it.
        seed = digest(Use.IDENTITY, self.secret)
        return Ed25519PrivateKey.from_private_bytes(seed)


@dataclass(frozen=True, slots=True)
class ProviderIdentity(_Identity):
    """Signs plan statements and first transfer messages."""

    def sign_plan(self, plan: Plan) -> PlanStatement:
        """Return the plan as a signed statement."""
        signature = self.sign(statement_digest(self.key, plan))
        return PlanStatement(plan, self.key, signature)


@dataclass(frozen=True, slots=True)
class HouseholdIdentity(_Identity):
    """One for each provider, so that providers can't tell they serve one home."""
