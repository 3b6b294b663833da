"""The messages of a set-up, once per agreement.

    household                                   provider
    REQUEST  identity, share, statement    ->
                                           <-   OFFER  share, first transfer message
    TRANSFER second transfer message,      ->
             garbled policy
                                           <-   CONFIRMATION  pass label

Where the agreement renews an earlier one on the same values, which takes no person, the
last two are RENEWAL and RENEWED: the same with a second garbled proof, of equality, on
the seeds of both, and its label.

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
from .programs import equality_circuit
from .proof import GarbledProof
from .statement import KEY_BYTES, SIGNATURE_BYTES, PlanStatement, is_signed
from .transfer import choice_bytes, response_bytes
from .wire import MessageType, Reader, Writer, message_type_of

AGREEMENT_ID_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_DAY_BYTES: Final = 4
_CONFIRMATIONS: Final = {1: MessageType.CONFIRMATION, 2: MessageType.RENEWED}


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
class Renewal:
    """What a transfer has beside the rest where it renews an earlier agreement.

    Attributes:
        agreement_id: of the earlier one, 16 bytes.
        day: of the earlier period; the proof is on the seeds of that day.
        equality: garbled on them and on the new ones.
    """

    agreement_id: bytes
    day: int
    equality: GarbledProof


@dataclass(frozen=True, slots=True)
class Transfer:
    """The household's transfer message with the garbled policy."""

    agreement_id: bytes
    response: bytes
    policy: GarbledProof
    renewal: Renewal | None = None

    def sign(self, identity: HouseholdIdentity, session: bytes) -> bytes:
        """Return the signed message."""
        renewal = self.renewal
        writer = Writer(MessageType.RENEWAL if renewal else MessageType.TRANSFER)
        writer.raw(self.agreement_id)
        if renewal:
            writer.raw(renewal.agreement_id).unsigned(renewal.day, _DAY_BYTES)
        writer.raw(self.response)
        self.policy.write(writer)
        if renewal:
            renewal.equality.write(writer)
        body = writer.to_bytes()
        return body + identity.sign(session + body)

    @classmethod
    def from_bytes(
        cls, data: bytes, plan: Plan, household_key: bytes, session: bytes
    ) -> Transfer:
        """Read a message and verify its signature."""
        renews = renewed_agreement(data) is not None
        reader = Reader(data, MessageType.RENEWAL if renews else MessageType.TRANSFER)
        agreement_id = reader.raw(AGREEMENT_ID_BYTES)
        if renews:
            earlier, day = reader.raw(AGREEMENT_ID_BYTES), reader.unsigned(_DAY_BYTES)
        response = reader.raw(response_bytes(plan.provider_bits))
        policy = GarbledProof.read(reader, plan.policy)
        renewal = None
        if renews:
            circuit = equality_circuit(plan.provider_bits)
            equality = GarbledProof.read(reader, circuit)
            renewal = Renewal(earlier, day, equality)
        transfer = cls(agreement_id, response, policy, renewal)
        if transfer.agreement_id != session[:AGREEMENT_ID_BYTES]:
            raise Violation("a transfer for another session")
        _verify(reader, household_key, session)
        return transfer


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The pass labels, one for each proof: the values are what was promised."""

    agreement_id: bytes
    labels: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the message."""
        writer = Writer(_CONFIRMATIONS[len(self.labels)]).raw(self.agreement_id)
        return writer.raw(b"".join(self.labels)).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Confirmation:
        """Read a message."""
        proofs = 2 if message_type_of(data) is MessageType.RENEWED else 1
        reader = Reader(data, _CONFIRMATIONS[proofs])
        confirmation = cls(
            reader.raw(AGREEMENT_ID_BYTES),
            tuple(reader.raw(BLOCK_BYTES) for _ in range(proofs)),
        )
        reader.finish()
        return confirmation


def renewed_agreement(transfer: bytes) -> bytes | None:
    """Return the id of the agreement that a transfer renews, None if none.

    Raises:
        Malformed, UnsupportedVersion: not a message of this protocol.
    """
    if message_type_of(transfer) is not MessageType.RENEWAL:
        return None
    reader = Reader(transfer, MessageType.RENEWAL)
    reader.raw(AGREEMENT_ID_BYTES)
    return reader.raw(AGREEMENT_ID_BYTES)


def _verify(reader: Reader, key: bytes, session: bytes = b"") -> None:
    """Take the signature at the end of a message and verify it."""
    body = reader.consumed()
    signature = reader.raw(SIGNATURE_BYTES)
    reader.finish()
    if not is_signed(key, signature, session + body):
        raise Violation("a message with a false signature")
