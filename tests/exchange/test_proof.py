"""No agreement on other thresholds than promised, and no label for a cheat."""

from collections.abc import Callable
from dataclasses import replace
import secrets

from currentcost_exchange import (
    HouseholdIdentity,
    HouseholdSetup,
    Plan,
    PlanError,
    ProofRefused,
    ProviderSetup,
    ProviderValues,
    Violation,
    group,
    provider,
)
from currentcost_exchange.circuit import Circuit, bits_of
from currentcost_exchange.garbling import evaluate
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.proof import GarbledProof, Proof
from currentcost_exchange.setup import Confirmation
import pytest

from .ideal import TrustedParty
from .parties import (
    VALUES,
    Offered,
    agree,
    begin,
    household_state,
    offer_again,
    offer_plan,
    transfer_again,
)
from .receivers import points_of, prove, random_scalar

MINIMUM = 100
TOP = 2**17 - 2
BROKEN = {
    "narrow": (512, 611, 51_437),
    "first too low": (99, 2000, 51_437),
    "zero": (0, 2000, 51_437),
    "equal": (2000, 2000, 51_437),
    "unordered": (2000, 512, 51_437),
    "too high": (512, 2000, TOP - MINIMUM + 1),
    "outside": (512, 2000, TOP + 1),
}


def evaluate_unchecked(  # noqa: PLR0917  # what it stands in for
    proof: Proof,
    circuit: Circuit,
    session: bytes,
    seeds: list[bytes],
    choices: bytes,
    garbled: GarbledProof,
) -> bytes:
    """Stand in for `prove`, without its check: the label, whatever it is."""
    context = session + garbled.nonce
    active = active_inputs(proof.use, seeds, choices, context, garbled.corrections)
    (label,) = evaluate(circuit, garbled.key, active, garbled.tables)
    return label.to_bytes(16)


def pin(monkeypatch: pytest.MonkeyPatch, values: tuple[int, ...]) -> None:
    """Make the provider pin these thresholds, whatever it committed to."""

    def bits(plan: Plan, committed: object) -> bytes:
        del plan, committed
        return b"".join(bits_of(value, 17) for value in values)

    monkeypatch.setattr(Plan, "choices", bits)


def test_an_honest_provider_knows_its_promise() -> None:
    offered = offer_plan()
    bits = offered.plan.choices(offered.values)
    assert bits == b"".join(bits_of(value, 17) for value in VALUES)
    for other in (ProviderValues.new(VALUES), ProviderValues((1, 2, 3), b"")):
        with pytest.raises(PlanError, match="not those that the plan commits to"):
            offered.plan.choices(other)


@pytest.mark.parametrize("name", BROKEN)
def test_an_honest_provider_does_not_begin(name: str) -> None:
    offered = offer_plan(BROKEN[name])
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    with pytest.raises(PlanError, match="do not keep the plan's promise"):
        begin(offered, setup)


@pytest.mark.usefixtures("trusted_party")
@pytest.mark.parametrize("name", BROKEN)
def test_broken_promises_are_never_agreed(
    name: str, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, BROKEN[name])
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer = setup.transfer(provider_setup.offer)
    with pytest.raises(ProofRefused):
        provider_setup.finish(transfer)
    # A provider that doesn't mind sends the label that it has.
    monkeypatch.setattr(provider, "prove", evaluate_unchecked)
    _, confirmation = provider_setup.finish(transfer)
    with pytest.raises(Violation, match="do not keep its promise"):
        setup.finish(confirmation)
    # Nor does it help to evaluate as if it had pinned others.
    passing = b"".join(bits_of(value, 17) for value in VALUES)

    def pretend(  # what it stands in for
        proof: Proof,
        circuit: Circuit,
        session: bytes,
        seeds: list[bytes],
        _: bytes,
        garbled: GarbledProof,
    ) -> bytes:
        return evaluate_unchecked(proof, circuit, session, seeds, passing, garbled)

    monkeypatch.setattr(provider, "prove", pretend)
    _, confirmation = provider_setup.finish(transfer)
    with pytest.raises(Violation, match="do not keep its promise"):
        setup.finish(confirmation)


@pytest.mark.usefixtures("trusted_party")
def test_the_unchecked_label_of_kept_promises_is_agreed(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So the refusals above are due to the thresholds, not to the way of evaluating.
    monkeypatch.setattr(provider, "prove", evaluate_unchecked)
    for values in (VALUES, (100, 200, 300), (512, 2000, TOP - MINIMUM)):
        pin(monkeypatch, values)
        assert agree(offered).household.id


@pytest.mark.usefixtures("trusted_party")
def test_forged_confirmations(offered: Offered) -> None:
    first, second = agree(offered), agree(offered)
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer = setup.transfer(provider_setup.offer)
    agreement, honest = provider_setup.finish(transfer)
    label = Confirmation.from_bytes(honest).labels[0]
    number = int.from_bytes(label)
    forged = [
        secrets.token_bytes(16),
        bytes(16),
        *((number ^ 1 << bit).to_bytes(16) for bit in range(128)),
        Confirmation.from_bytes(first.confirmation).labels[0],
    ]
    for wrong in forged:
        message = Confirmation(agreement.id, (wrong,)).to_bytes()
        with pytest.raises(Violation, match="promise"):
            setup.finish(message)
    for replayed in (
        first.confirmation,
        second.confirmation,
        Confirmation(first.household.id, (label,)).to_bytes(),
    ):
        with pytest.raises(Violation, match="promise"):
            setup.finish(replayed)
    assert setup.finish(honest).id == agreement.id


@pytest.mark.usefixtures("trusted_party")
def test_a_confirmation_of_an_earlier_transfer(offered: Offered) -> None:
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    with pytest.raises(RuntimeError, match="after its transfer"):
        setup.finish(Confirmation(provider_setup.agreement_id, (bytes(16),)).to_bytes())
    first = setup.transfer(provider_setup.offer)
    second = setup.transfer(provider_setup.offer)
    _, confirmation = provider_setup.finish(first)
    with pytest.raises(Violation, match="promise"):
        setup.finish(confirmation)
    agreement, confirmation = provider_setup.finish(second)
    assert setup.finish(confirmation).id == agreement.id


def test_a_bit_that_is_not_pinned_never_passes() -> None:
    # One pair holds no Diffie-Hellman tuple: the provider has neither seed, so the
    # bit could later be either. Whatever it takes for the seed, no label.
    offered = offer_plan((20,), width=6, minimum_width=1)
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    honest = begin(offered, setup)
    for index in range(6):
        points = points_of(honest.receiver.message)
        for j in (2, 3):
            points[3 * index + j] = group.multiply_generator(random_scalar())
        message = prove(points, honest.receiver.exponent, session=honest.session)
        cheating = replace(
            honest,
            receiver=replace(honest.receiver, message=message),
            offer=offer_again(offered, setup.request(), honest, message),
        )
        transfer = setup.transfer(cheating.offer)
        with pytest.raises(ProofRefused):
            cheating.finish(transfer)


# A household whose label carries the provider's bits. It garbles nothing sensible:
# whatever label comes out depends on every seed that the provider holds, and with
# the seeds at hand the household finds the thresholds that give this label.

SMALL = (20,)
CHEATS: dict[str, Callable[[GarbledProof], GarbledProof]] = {
    "tables": lambda policy: replace(
        policy, tables=secrets.token_bytes(len(policy.tables))
    ),
    "tables of zero": lambda policy: replace(policy, tables=bytes(len(policy.tables))),
    "corrections": lambda policy: replace(
        policy, corrections=secrets.token_bytes(len(policy.corrections))
    ),
    "hash": lambda policy: replace(policy, pass_hash=secrets.token_bytes(32)),
}


def cheat(
    name: str, setup: HouseholdSetup, provider_setup: ProviderSetup
) -> tuple[bytes, list[GarbledProof]]:
    """Return a transfer with another policy, and that policy."""
    kept: list[GarbledProof] = []

    def change(policy: GarbledProof) -> GarbledProof:
        kept.append(CHEATS[name](policy))
        return kept[0]

    honest = setup.transfer(provider_setup.offer)
    return transfer_again(setup, honest, policy=change), kept


@pytest.mark.usefixtures("trusted_party")
@pytest.mark.parametrize("name", CHEATS)
def test_a_label_that_carries_the_thresholds_stays_inside(name: str) -> None:
    offered = offer_plan(SMALL, width=6, minimum_width=1)
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer, (policy,) = cheat(name, setup, provider_setup)
    with pytest.raises(ProofRefused) as caught:
        provider_setup.finish(transfer)
    held = provider_setup.receiver
    pairs = household_state(setup).pairs
    seeds = [pair[bit] for pair, bit in zip(pairs, held.choices, strict=True)]
    label = evaluate_unchecked(
        Proof.POLICY, offered.plan.policy, held.session, seeds, held.choices, policy
    )
    assert str(caught.value) == "the household garbled another circuit"
    assert label.hex() not in repr(caught.value)


@pytest.mark.usefixtures("trusted_party")
@pytest.mark.parametrize("name", ["tables", "tables of zero"])
def test_what_an_unchecked_label_would_give_away(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "prove", evaluate_unchecked)
    offered = offer_plan(SMALL, width=6, minimum_width=1)
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer, (policy,) = cheat(name, setup, provider_setup)
    _, confirmation = provider_setup.finish(transfer)
    leaked = Confirmation.from_bytes(confirmation).labels[0]

    found = []
    state = household_state(setup)
    for value in range(2**6):
        choices = bits_of(value, 6)
        seeds = [pair[bit] for pair, bit in zip(state.pairs, choices, strict=True)]
        label = evaluate_unchecked(
            Proof.POLICY, offered.plan.policy, state.session, seeds, choices, policy
        )
        if label == leaked:
            found.append(value)
    assert found == [*SMALL]


def test_the_pass_hash_is_bound_to_its_session(
    offered: Offered, trusted_party: TrustedParty
) -> None:
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer = setup.transfer(provider_setup.offer)
    _, confirmation = provider_setup.finish(transfer)
    label = Confirmation.from_bytes(confirmation).labels[0]

    def unbound(policy: GarbledProof) -> GarbledProof:
        elsewhere = secrets.token_bytes(32)
        found = digest(Use.PASS, elsewhere, policy.nonce, label)
        return replace(policy, pass_hash=found)

    with pytest.raises(ProofRefused):
        provider_setup.finish(transfer_again(setup, transfer, policy=unbound))
    assert len(trusted_party.sent) == 1
