"""The messages of a set-up, once per agreement.

    household                                   provider
    REQUEST  identity, share, statement    ->
                                           <-   OFFER  share, first transfer message
    TRANSFER second transfer message,      ->
             garbled policy
                                           <-   CONFIRMATION  pass label

The session binds both identities, the statement (plan, period, circuit and
commitment in it) and a fresh share of each side, from which comes the key that
authenticates claims and replies; it goes into every key and signature that follows.
Its first half names the agreement.
"""

from dataclasses import dataclass
from typing import Final

from .authentication import SHARE_BYTES
from .errors import Violation
from .garbling import BLOCK_BYTES
from .hashing import Use, digest
from .identity import HouseholdIdentity, ProviderIdentity
from .plan import Plan
from .policy import GarbledPolicy
from .statement import KEY_BYTES, SIGNATURE_BYTES, PlanStatement, is_signed
from .transfer import choice_bytes, response_bytes
from .wire import MessageType, Reader, Writer

AGREEMENT_ID_BYTES: Final = 16
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Request:
    """A household asks for an agreement on a plan."""

    household_key: bytes
    share: bytes
    statement: bytes
    """Digest of the statement that the household's owner consented to."""

    def sign(self, identity: HouseholdIdentity) -> bytes:
        """Return the signed message."""
        body = (
            Writer(MessageType.REQUEST)
            .raw(self.household_key)
            .raw(self.share)
            .raw(self.statement)
            .to_bytes()
        )
        return body + identity.sign(body)

    @classmethod
    def from_bytes(cls, data: bytes) -> Request:
        """Read a message and verify its signature."""
        reader = Reader(data, MessageType.REQUEST)
        request = cls(
            reader.raw(KEY_BYTES), reader.raw(SHARE_BYTES), reader.raw(_DIGEST_BYTES)
        )
        _verify(reader, request.household_key)
        return request

    def session(self, statement: PlanStatement, provider_share: bytes) -> bytes:
        """Return the 32 bytes that name the session to both sides."""
        return digest(
            Use.SESSION,
            self.household_key,
            statement.provider_key,
            statement.digest,
            self.share,
            provider_share,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """The provider's first transfer message, signed: it binds the thresholds."""

    agreement_id: bytes
    share: bytes
    choices: bytes

    def sign(self, identity: ProviderIdentity, session: bytes) -> bytes:
        """Return the signed message."""
        body = (
            Writer(MessageType.OFFER)
            .raw(self.agreement_id)
            .raw(self.share)
            .raw(self.choices)
            .to_bytes()
        )
        return body + identity.sign(session + body)

    @classmethod
    def from_bytes(
        cls, data: bytes, statement: PlanStatement, request: Request
    ) -> tuple[Offer, bytes]:
        """Read a message and verify its signature; return the session with it."""
        reader = Reader(data, MessageType.OFFER)
        offer = cls(
            reader.raw(AGREEMENT_ID_BYTES),
            reader.raw(SHARE_BYTES),
            reader.raw(choice_bytes(statement.plan.provider_bits)),
        )
        session = request.session(statement, offer.share)
        if offer.agreement_id != session[:AGREEMENT_ID_BYTES]:
            raise Violation("an offer for another session")
        _verify(reader, statement.provider_key, session)
        return offer, session


@dataclass(frozen=True, slots=True)
class Transfer:
    """The household's transfer message with the garbled policy."""

    agreement_id: bytes
    response: bytes
    policy: GarbledPolicy

    def sign(self, identity: HouseholdIdentity, session: bytes) -> bytes:
        """Return the signed message."""
        writer = Writer(MessageType.TRANSFER).raw(self.agreement_id).raw(self.response)
        self.policy.write(writer)
        body = writer.to_bytes()
        return body + identity.sign(session + body)

    @classmethod
    def from_bytes(
        cls, data: bytes, plan: Plan, household_key: bytes, session: bytes
    ) -> Transfer:
        """Read a message and verify its signature."""
        reader = Reader(data, MessageType.TRANSFER)
        transfer = cls(
            reader.raw(AGREEMENT_ID_BYTES),
            reader.raw(response_bytes(plan.provider_bits)),
            GarbledPolicy.read(reader, plan),
        )
        if transfer.agreement_id != session[:AGREEMENT_ID_BYTES]:
            raise Violation("a transfer for another session")
        _verify(reader, household_key, session)
        return transfer


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The pass label: the thresholds keep the promise."""

    agreement_id: bytes
    label: bytes

    def to_bytes(self) -> bytes:
        """Return the message."""
        writer = Writer(MessageType.CONFIRMATION)
        return writer.raw(self.agreement_id).raw(self.label).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Confirmation:
        """Read a message."""
        reader = Reader(data, MessageType.CONFIRMATION)
        confirmation = cls(reader.raw(AGREEMENT_ID_BYTES), reader.raw(BLOCK_BYTES))
        reader.finish()
        return confirmation


def _verify(reader: Reader, key: bytes, session: bytes = b"") -> None:
    """Take the signature at the end of a message and verify it."""
    body = reader.consumed()
    signature = reader.raw(SIGNATURE_BYTES)
    reader.finish()
    if not is_signed(key, signature, session + body):
        raise Violation("a message with a false signature")
