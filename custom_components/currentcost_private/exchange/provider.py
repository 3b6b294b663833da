"""The provider's side: it pins its values and evaluates reports."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
import hmac

from .asking import ask_bytes
from .authentication import (
    AUTHENTICATION_KEY_BYTES,
    authentication_key,
    check_tag,
    share_of,
)
from .errors import Malformed, PlanError, ProofRefused, Violation
from .garbling import BLOCK_BYTES, evaluate
from .group import SCALAR_BYTES, self_test
from .hashing import Use
from .household import active_labels
from .identity import ProviderIdentity, Purpose
from .inputs import active_inputs
from .opening import Opening
from .programs import equality_circuit
from .proof import Proof, prove
from .report import (
    Missing,
    Report,
    acknowledgement_bytes,
    answer_bytes,
    decode_outcome,
    refusal_bytes,
)
from .seeds import advance
from .setup import AGREEMENT_ID_BYTES, Confirmation, Offer, Renewal, Request, Transfer
from .statement import KEY_BYTES, PlanStatement
from .transfer import SEED_BYTES, Receiver
from .values import ProviderValues
from .window import Window
from .wire import MessageType, Reader, Writer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a claim came to; what was refused or has no report has none."""

    outcome: int | None
    reply: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetup:
    """A set-up between its two requests.

    Attributes:
        statement: what is agreed on.
        household_key: who asked.
        session: the set-up's 32 bytes.
        key: authenticates reports and replies, 32 bytes.
        receiver: the transfer under way; its exponent opens the choice bits later.
        offer: the message to send.
    """

    statement: PlanStatement
    household_key: bytes
    session: bytes
    key: bytes = field(repr=False)
    receiver: Receiver = field(repr=False)
    offer: bytes = field(repr=False)

    @property
    def agreement_id(self) -> bytes:
        """The agreement's public name, 16 bytes."""
        return self.session[:AGREEMENT_ID_BYTES]

    @classmethod
    def begin(
        cls,
        identity: ProviderIdentity,
        statement: PlanStatement,
        values: ProviderValues,
        request: bytes,
    ) -> ProviderSetup:
        """Answer a household's request.

        Raises:
            Malformed, UnsupportedVersion: not a request of this protocol.
            Violation: a false signature, or a request for another statement.
            PlanError: the values are not those of the statement, or break its
                promise, so that every household would be refused.
        """
        self_test()
        read = Request.from_bytes(request)
        if read.statement != statement.digest:
            raise Violation("a request for another statement")
        choices = statement.plan.choices(values)
        secret = identity.hedge(Purpose.SHARE, request)
        share = share_of(secret)
        session = read.session(statement, share)
        seed = identity.hedge(Purpose.OFFER, session, choices)
        receiver = Receiver.choose(session, choices, seed)
        offer = Offer(session[:AGREEMENT_ID_BYTES], share, receiver.message)
        return cls(
            statement=statement,
            household_key=read.household_key,
            session=session,
            key=authentication_key(secret, read.share, session),
            receiver=receiver,
            offer=offer.sign(identity, session),
        )

    def finish(
        self, transfer: bytes, *, earlier: ProviderAgreement | None = None
    ) -> tuple[ProviderAgreement, bytes]:
        """Take the household's transfer; return the agreement and the confirmation.

        Args:
            transfer: the message.
            earlier: the agreement that it renews, by `renewed_agreement`.

        Raises:
            Malformed, UnsupportedVersion: not a transfer of this protocol.
            PlanError: the values, or what is asked, are not those of the earlier
                agreement, or its seeds are forgotten; nothing was evaluated.
            Violation: a transfer that an honest household would not send.
            ProofRefused: the household garbled something else than it should.
        """
        plan, session = self.statement.plan, self.session
        read = Transfer.from_bytes(transfer, plan, self.household_key, session)
        renewal = read.renewal
        earlier_seeds = self._seeds_to_renew(renewal, earlier) if renewal else []
        seeds = self.receiver.seeds(read.response)
        choices = self.receiver.choices
        proofs = [(Proof.POLICY, plan.policy, seeds, choices, read.policy)]
        if renewal:
            circuit, both = equality_circuit(len(choices)), earlier_seeds + seeds
            proofs.append(
                (Proof.EQUALITY, circuit, both, choices * 2, renewal.equality)
            )
        # All of them before anything is decided: which one failed is not told.
        labels = [
            prove(proof, circuit, session, held, bits, garbled)
            for proof, circuit, held, bits, garbled in proofs
        ]
        passed = tuple(label for label in labels if label is not None)
        if len(passed) != len(proofs):
            raise ProofRefused("the household garbled another circuit")
        agreement = ProviderAgreement(
            statement=self.statement,
            household_key=self.household_key,
            session=self.session,
            key=self.key,
            exponent=self.receiver.exponent,
            day=0,
            choices=choices,
            seeds=seeds,
        )
        return agreement, Confirmation(self.agreement_id, passed).to_bytes()

    def _seeds_to_renew(
        self, renewal: Renewal, earlier: ProviderAgreement | None
    ) -> list[bytes]:
        """Return the earlier agreement's seeds, if it has the same values."""
        if (
            earlier is None
            or earlier.id != renewal.agreement_id
            or earlier.household_key != self.household_key
        ):
            raise Violation("a renewal of another agreement")
        if not hmac.compare_digest(
            earlier.choices, self.receiver.choices
        ) or not self.statement.plan.follows(earlier.statement.plan):
            raise PlanError("these are not the values or the plan to renew")
        return earlier.advanced(renewal.day).seeds

    def to_bytes(self) -> bytes:
        """Return all of it, secrets included, for private storage."""
        return (
            Writer(MessageType.PROVIDER_SETUP)
            .raw(self.household_key)
            .raw(self.session)
            .raw(self.key)
            .raw(self.receiver.exponent)
            .sized(self.statement.to_bytes())
            .raw(self.receiver.choices)
            .sized(self.receiver.message)
            .sized(self.offer)
            .to_bytes()
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ProviderSetup:
        """Read what `to_bytes` wrote."""
        reader = Reader(data, MessageType.PROVIDER_SETUP)
        household_key, session = reader.raw(KEY_BYTES), reader.raw(32)
        key = reader.raw(AUTHENTICATION_KEY_BYTES)
        exponent = reader.raw(SCALAR_BYTES)
        statement = PlanStatement.from_bytes(reader.sized())
        choices = _checked(reader.raw(statement.plan.provider_bits))
        message, offer = reader.sized(), reader.sized()
        reader.finish()
        return cls(
            statement=statement,
            household_key=household_key,
            session=session,
            key=key,
            receiver=Receiver(session, choices, exponent, message),
            offer=offer,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAgreement:
    """A plan pinned with one household, and all that its reports need.

    Attributes:
        statement: what was agreed to.
        household_key: the household's public key.
        session: the set-up's 32 bytes.
        key: authenticates reports and replies, 32 bytes.
        exponent: b of the transfer; opens the choice bits after the period.
        day: of the period, which the seeds are of.
        choices: the provider's input bits, a byte each.
        seeds: the seed of each.
    """

    statement: PlanStatement
    household_key: bytes
    session: bytes
    key: bytes = field(repr=False)
    exponent: bytes = field(repr=False)
    day: int
    choices: bytes = field(repr=False)
    seeds: list[bytes] = field(repr=False)

    @property
    def id(self) -> bytes:
        """The agreement's public name, 16 bytes."""
        return self.session[:AGREEMENT_ID_BYTES]

    def advanced(self, day: int) -> ProviderAgreement:
        """Return the agreement with the seeds of a day, not of an earlier one.

        Raises:
            PlanError: the seeds of that day are forgotten.
        """
        return replace(
            self, day=day, seeds=advance(self.seeds, since=self.day, day=day)
        )

    def check(self, claim: Report | Missing) -> None:
        """Check a claim's form, before it claims its window.

        Raises:
            Malformed: wrong lengths or useless hashes.
            Violation: another agreement's.
            NotAuthentic: not the household's.
        """
        if claim.agreement_id != self.id:
            raise Violation("a message for another agreement")
        if isinstance(claim, Report):
            claim.body(self.statement.plan)
        check_tag(Use.CLAIM, self.key, claim.data)

    def answer(self, claim: Report | Missing) -> Answer:
        """Evaluate a claim that passed `check` (about 0.1 ms).

        The output labels go out only if the hash of each is one of the two in the
        report (otherwise a household could make them carry the provider's seeds);
        if not, the reply is the constant refusal. The same claim gives the same
        answer.

        Raises:
            PlanError: the seeds of the window's day are forgotten.
        """
        if isinstance(claim, Missing):
            return Answer(None, acknowledgement_bytes(claim, self.key))
        plan = self.statement.plan
        body = claim.body(plan)
        day = plan.day_of(claim.window.end - 1)
        seeds = advance(self.seeds, since=self.day, day=day)
        active = active_labels(body.active_seed, sum(plan.household_widths))
        active += active_inputs(
            Use.CORRECTION, seeds, self.choices, claim.context, body.corrections
        )
        outputs = evaluate(plan.circuit, body.key, active, body.tables)
        labels = [label.to_bytes(BLOCK_BYTES) for label in outputs]
        outcome = decode_outcome(claim.context, labels, body.output_hashes)
        if outcome is None or outcome >= plan.question.outcomes:
            return Answer(None, refusal_bytes(claim, plan.output_bits, self.key))
        return Answer(outcome, answer_bytes(claim, labels, self.key))

    def ask(self, window: Window) -> bytes:
        """Return the message that asks about a window on demand.

        Raises:
            PlanError: not a window of the plan.
        """
        if not self.statement.plan.has_window(window):
            raise PlanError("not a window of the plan")
        return ask_bytes(self.id, window, self.key)

    def opening(self, values: ProviderValues) -> bytes:
        """Return the message that opens the values; only after the period is over.

        Raises:
            PlanError: the values are not those of the statement.
        """
        self.statement.plan.choices(values)
        return Opening(self.id, self.exponent, values).to_bytes()

    def to_bytes(self) -> bytes:
        """Return all of it, secrets included, for private storage."""
        return (
            Writer(MessageType.PROVIDER_AGREEMENT)
            .raw(self.household_key)
            .raw(self.session)
            .raw(self.key)
            .raw(self.exponent)
            .unsigned(self.day, 4)
            .sized(self.statement.to_bytes())
            .raw(self.choices)
            .raw(b"".join(self.seeds))
            .to_bytes()
        )

    @classmethod
    def from_bytes(
        cls,
        data: bytes,
        read_statement: Callable[[bytes], PlanStatement] = PlanStatement.from_bytes,
    ) -> ProviderAgreement:
        """Read what `to_bytes` wrote.

        Agreements on the same plan may share its statement: `read_statement` can keep
        what it has read.
        """
        reader = Reader(data, MessageType.PROVIDER_AGREEMENT)
        household_key, session = reader.raw(KEY_BYTES), reader.raw(32)
        key = reader.raw(AUTHENTICATION_KEY_BYTES)
        exponent, day = reader.raw(SCALAR_BYTES), reader.unsigned(4)
        statement = read_statement(reader.sized())
        bits = statement.plan.provider_bits
        agreement = cls(
            statement=statement,
            household_key=household_key,
            session=session,
            key=key,
            exponent=exponent,
            day=day,
            choices=_checked(reader.raw(bits)),
            seeds=[reader.raw(SEED_BYTES) for _ in range(bits)],
        )
        reader.finish()
        return agreement


def _checked(choices: bytes) -> bytes:
    """Return stored choice bits, a byte of 0 or 1 each."""
    if max(choices) > 1:
        raise Malformed("choices that are no bits")
    return choices
