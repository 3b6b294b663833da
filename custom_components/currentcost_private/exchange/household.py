"""The household's side: it sets an agreement up and garbles its reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import hmac
import secrets

from .asking import read_ask
from .authentication import (
    AUTHENTICATION_KEY_BYTES,
    authentication_key,
    share_of,
    tagged,
)
from .circuit import Circuit, bits_of
from .errors import CircuitError, Malformed, PlanError, Violation
from .garbling import BLOCK_BYTES, garble, labels_of
from .group import self_test
from .hashing import Use, expand
from .identity import SECRET_BYTES, HouseholdIdentity, Purpose
from .inputs import garbled_inputs, zero_labels
from .opening import verify_opening
from .programs import equality_circuit
from .proof import Proof, garble_proof
from .report import (
    NONCE_BYTES,
    Declined,
    Missing,
    ReportBody,
    output_hash,
    unreported_bytes,
    verify_reply,
)
from .seeds import advance
from .setup import AGREEMENT_ID_BYTES, Confirmation, Offer, Renewal, Request, Transfer
from .statement import PlanStatement
from .transfer import SEED_BYTES, SeedPair, send
from .window import Window
from .wire import MessageType, Reader, Writer


class HouseholdSetup:
    """One set-up: `request`, `transfer` and `finish` are called in this order."""

    def __init__(
        self,
        identity: HouseholdIdentity,
        statement: PlanStatement,
        *,
        renews: HouseholdAgreement | None = None,
    ) -> None:
        """Begin a set-up on a statement that the owner consented to.

        Args:
            identity: the household's towards this provider.
            statement: what is agreed on.
            renews: an earlier agreement to which the owner consented, instead: the
                provider proves that it has the same values.

        Raises:
            PlanError: the statement asks something else than what is renewed.
            ExchangeError: the cryptographic library of this system is unsafe.
        """
        if renews and not (
            statement.provider_key == renews.statement.provider_key
            and statement.plan.follows(renews.statement.plan)
        ):
            raise PlanError("another plan than the one to renew")
        self_test()
        self._renews = renews
        self._identity = identity
        self._statement = statement
        self._secret = identity.hedge(Purpose.SHARE, statement.digest)
        self._request = Request(identity.key, share_of(self._secret), statement.digest)
        self._agreement: HouseholdAgreement | None = None
        self._labels: tuple[bytes, ...] = ()

    def request(self) -> bytes:
        """Return the first message."""
        return self._request.sign(self._identity)

    def transfer(self, offer: bytes) -> bytes:
        """Take the provider's offer, return the second message (about 0.1 s).

        Raises:
            Malformed, UnsupportedVersion: not an offer of this protocol.
            Violation: an offer that an honest provider would not make.
        """
        read, session = Offer.from_bytes(offer, self._statement, self._request)
        key = authentication_key(self._secret, read.share, session)
        plan = self._statement.plan
        hedge = self._identity.hedge
        response, pairs = send(
            session,
            plan.provider_bits,
            read.choices,
            hedge(Purpose.TRANSFER, session, offer),
        )
        policy, label = garble_proof(
            Proof.POLICY,
            plan.policy,
            session,
            pairs,
            hedge(Purpose.POLICY, session, offer),
        )
        self._labels = (label,)
        renewal = None
        if earlier := self._renews:
            equality, label = garble_proof(
                Proof.EQUALITY,
                equality_circuit(plan.provider_bits),
                session,
                earlier.pairs + pairs,
                hedge(Purpose.EQUALITY, session, offer),
            )
            self._labels += (label,)
            renewal = Renewal(earlier.id, earlier.day, equality)
        self._agreement = HouseholdAgreement(
            identity=self._identity,
            statement=self._statement,
            session=session,
            key=key,
            request=self._request.sign(self._identity),
            offer=offer,
            day=0,
            pairs=pairs,
        )
        message = Transfer(read.agreement_id, response, policy, renewal)
        return message.sign(self._identity, session)

    @property
    def agreement_id(self) -> bytes:
        """The public name of the agreement that was offered, 16 bytes."""
        return self._offered().id

    def finish(self, confirmation: bytes) -> HouseholdAgreement:
        """Take the provider's confirmation, return the agreement.

        Raises:
            Malformed, UnsupportedVersion: not a confirmation of this protocol.
            Violation: the provider's values do not keep the plan's promise, or are
                others than those of the agreement to renew.
        """
        agreement = self._offered()
        read = Confirmation.from_bytes(confirmation)
        if len(read.labels) != len(self._labels):
            raise Malformed("a confirmation of another kind")
        if not hmac.compare_digest(
            b"".join((read.agreement_id, *read.labels)),
            b"".join((agreement.id, *self._labels)),
        ):
            raise Violation("the provider's values do not keep its promise")
        return agreement

    def _offered(self) -> HouseholdAgreement:
        if self._agreement is None:
            raise RuntimeError("a set-up goes on after its transfer")
        return self._agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdAgreement:
    """A plan pinned with this household, and all that its reports need.

    Attributes:
        identity: the household's identity towards this provider.
        statement: what was agreed to.
        session: the set-up's 32 bytes.
        key: authenticates reports and replies, 32 bytes.
        request: this household's message and,
        offer: the provider's signed answer: with the statement they show anyone what
            the provider is bound to, and what its opening has to match.
        day: of the period, which the seeds are of.
        pairs: both seeds of each of the provider's input bits.
    """

    identity: HouseholdIdentity
    statement: PlanStatement
    session: bytes
    key: bytes = field(repr=False)
    request: bytes = field(repr=False)
    offer: bytes = field(repr=False)
    day: int
    pairs: list[SeedPair] = field(repr=False)

    @property
    def id(self) -> bytes:
        """The agreement's public name, 16 bytes."""
        return self.session[:AGREEMENT_ID_BYTES]

    def report(self, window: Window, measures: Sequence[int]) -> bytes:
        """Garble one report (about 0.2 ms); labels and Delta do not outlive it.

        All its secrets come from one hedged seed that the measures enter, so that
        a repeated random source never garbles two of them alike. Nothing is
        derived from a counter.

        Args:
            window: one of the plan's.
            measures: as `Plan.encode` returns them.

        Raises:
            PlanError: not a window of the plan, or the seeds of its day are forgotten.
            CircuitError: other measures than the plan's.
        """
        self._check(window)
        plan = self.statement.plan
        widths = plan.household_widths
        if len(measures) != len(widths):
            raise CircuitError(f"{len(widths)} measures are needed")
        bits = b"".join(map(bits_of, measures, widths, strict=True))
        current = self.advanced(plan.day_of(window.end - 1))
        head = Writer(MessageType.REPORT).raw(self.id)
        window.write(head)

        seed = self.identity.hedge(Purpose.REPORT, self.session, head.to_bytes(), bits)
        expanded = expand(Use.REPORT, seed, 3 * BLOCK_BYTES + NONCE_BYTES)
        delta = int.from_bytes(expanded[:16]) | 1
        key, active_seed, nonce = expanded[16:32], expanded[32:48], expanded[48:]

        context = head.raw(nonce).to_bytes()
        zeros = zero_labels(active_labels(active_seed, len(bits)), bits, delta)
        provider_zeros, corrections = garbled_inputs(
            Use.CORRECTION, current.pairs, context, delta
        )
        garbled = garble(plan.circuit, key, delta, zeros + provider_zeros)
        ReportBody(
            key=key,
            active_seed=active_seed,
            corrections=corrections,
            tables=garbled.tables,
            output_hashes=[
                (
                    output_hash(context, position, zero.to_bytes(BLOCK_BYTES)),
                    output_hash(
                        context, position, (zero ^ delta).to_bytes(BLOCK_BYTES)
                    ),
                )
                for position, zero in enumerate(garbled.outputs)
            ],
        ).write(head)
        return tagged(Use.CLAIM, self.key, head.to_bytes())

    def advanced(self, day: int) -> HouseholdAgreement:
        """Return the agreement with the seeds of a day, not of an earlier one.

        Raises:
            PlanError: the seeds of that day are forgotten.
        """
        if day == self.day:
            return self
        seeds = [seed for pair in self.pairs for seed in pair]
        seeds = advance(seeds, since=self.day, day=day)
        pairs = list(zip(seeds[::2], seeds[1::2], strict=True))
        return replace(self, day=day, pairs=pairs)

    def missing(self, window: Window) -> bytes:
        """Return the message for a window of which too little is known.

        Raises:
            PlanError: not a window of the plan.
        """
        self._check(window)
        return unreported_bytes(Missing, self.id, window, self.key)

    def declined(self, window: Window) -> bytes:
        """Return the message that a question on demand is not answered.

        Raises:
            PlanError: not a window of the plan.
        """
        self._check(window)
        return unreported_bytes(Declined, self.id, window, self.key)

    def read_ask(self, message: bytes) -> Window:
        """Return the window that the provider asks about.

        Raises:
            Malformed, UnsupportedVersion: not a question of this protocol.
            Violation: not the provider's, or for another agreement.
            PlanError: not a window of the plan.
        """
        window = read_ask(message, self.id, self.key)
        self._check(window)
        return window

    def _check(self, window: Window) -> None:
        if not self.statement.plan.has_window(window):
            raise PlanError("not a window of the plan")

    def verify_reply(self, sent: bytes, reply: bytes) -> int | None:
        """Return the outcome that a reply proves; errors are `report.verify_reply`'s."""
        outcomes = self.statement.plan.question.outcomes
        return verify_reply(sent, reply, outcomes, self.key)

    def verify_opening(self, opening: bytes) -> tuple[int, ...]:
        """Return the values that the provider opens after the period, proven.

        Raises:
            Malformed, UnsupportedVersion: not an opening of this protocol.
            Violation: an opening of something else than was pinned.
        """
        return verify_opening(self.statement, self.request, self.offer, opening)

    def to_bytes(self) -> bytes:
        """Return all of it, secrets included, for private storage."""
        return (
            Writer(MessageType.HOUSEHOLD_AGREEMENT)
            .raw(self.identity.secret)
            .raw(self.session)
            .raw(self.key)
            .unsigned(self.day, 4)
            .sized(self.statement.to_bytes())
            .sized(self.request)
            .sized(self.offer)
            .raw(b"".join(seed for pair in self.pairs for seed in pair))
            .to_bytes()
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> HouseholdAgreement:
        """Read what `to_bytes` wrote."""
        reader = Reader(data, MessageType.HOUSEHOLD_AGREEMENT)
        identity = HouseholdIdentity(reader.raw(SECRET_BYTES))
        session, key = reader.raw(32), reader.raw(AUTHENTICATION_KEY_BYTES)
        day = reader.unsigned(4)
        statement = PlanStatement.from_bytes(reader.sized())
        agreement = cls(
            identity=identity,
            statement=statement,
            session=session,
            key=key,
            request=reader.sized(),
            offer=reader.sized(),
            day=day,
            pairs=[
                (reader.raw(SEED_BYTES), reader.raw(SEED_BYTES))
                for _ in range(statement.plan.provider_bits)
            ],
        )
        reader.finish()
        return agreement


def rehearse(circuit: Circuit) -> None:
    """Garble a circuit with labels that nobody uses, to see how long it takes."""
    block = BLOCK_BYTES * 8
    zeros = [secrets.randbits(block) for _ in range(circuit.input_bits)]
    garble(
        circuit, secrets.token_bytes(BLOCK_BYTES), secrets.randbits(block) | 1, zeros
    )


def active_labels(seed: bytes, count: int) -> list[int]:
    """Return the active labels of the household's bits, as both sides expand them.

    The zero label is active xor bit * Delta, so that all of them cost one seed.
    """
    return labels_of(expand(Use.ACTIVE, seed, BLOCK_BYTES * count))
