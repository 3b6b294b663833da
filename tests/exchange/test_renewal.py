"""An agreement goes on for another period without a person, on the same values only."""

from dataclasses import replace
import secrets
from typing import Any

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    Malformed,
    Plan,
    PlanError,
    PlanStatement,
    ProofRefused,
    ProviderAgreement,
    ProviderSetup,
    ProviderValues,
    RangeQuestion,
    Report,
    Violation,
    bucket_of,
    provider,
    renewed_agreement,
)
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.proof import GarbledProof
from currentcost_exchange.setup import Renewal, Transfer
from hypothesis import given, strategies as st
import pytest

from .parties import (
    DAY,
    VALUES,
    Agreed,
    Offered,
    agree,
    asking,
    offer_plan,
    plan_of,
    report_of,
)
from .strategies import examples
from .test_proof import evaluate_unchecked

pytestmark = pytest.mark.usefixtures("trusted_party")


def following(
    offered: Offered,
    values: tuple[int, ...] = VALUES,
    *,
    days: int = 30,
    **changes: Any,
) -> Offered:
    """Return what the same provider offers for the period after."""
    earlier = offered.plan
    private = ProviderValues.new(values)
    start, end = earlier.end, earlier.end + days * DAY
    commitment = private.commitment(earlier.plan_id, start, end)
    plan = replace(earlier, start=start, end=end, commitment=commitment, **changes)
    statement = offered.identity.sign_plan(plan)
    return Offered(identity=offered.identity, values=private, statement=statement)


def begin_renewal(
    agreed: Agreed, offered: Offered, *, day: int = 0
) -> tuple[HouseholdSetup, ProviderSetup, bytes]:
    """Return both sides of a renewal up to the household's transfer."""
    household = agreed.household.advanced(day)
    setup = HouseholdSetup(household.identity, offered.statement, renews=household)
    begun = ProviderSetup.begin(
        offered.identity, offered.statement, offered.values, setup.request()
    )
    return setup, begun, setup.transfer(begun.offer)


def renew(
    agreed: Agreed, offered: Offered, *, day: int = 0
) -> tuple[HouseholdAgreement, ProviderAgreement]:
    setup, begun, transfer = begin_renewal(agreed, offered, day=day)
    assert renewed_agreement(transfer) == agreed.household.id
    held, confirmation = begun.finish(transfer, earlier=agreed.provider)
    return setup.finish(confirmation), held


@pytest.mark.parametrize("day", [0, 1, 29])
def test_the_same_values_go_on(agreed: Agreed, day: int) -> None:
    """With the seeds of any day that the household has come to."""
    offered = following(agreed.offered)
    kept, held = renew(agreed, offered, day=day)
    assert kept.id == held.id != agreed.household.id
    assert kept.statement == offered.statement
    window = offered.plan.schedule.window_at(offered.plan.start)
    for x in (0, 512, 513, 2001, 51_438):
        report = Report.from_bytes(kept.report(window, (x,)))
        held.check(report)
        answer = held.answer(report)
        assert kept.verify_reply(report.data, answer.reply) == bucket_of(x, VALUES)


def test_a_renewal_can_be_renewed(agreed: Agreed) -> None:
    second = following(agreed.offered)
    kept, held = renew(agreed, second, day=3)
    setup = HouseholdSetup(
        kept.identity, (third := following(second)).statement, renews=kept
    )
    begun = ProviderSetup.begin(
        third.identity, third.statement, third.values, setup.request()
    )
    _, confirmation = begun.finish(setup.transfer(begun.offer), earlier=held)
    assert setup.finish(confirmation).statement == third.statement


@examples(30)
@given(bit=st.integers(0, 50))
def test_one_bit_of_difference_is_noticed(bit: int) -> None:
    """An honest provider says so; a cheating one has no label that passes."""
    agreed = agree(offer_plan(minimum_width=1))
    number = sum(value << 17 * i for i, value in enumerate(VALUES)) ^ 1 << bit
    values = tuple(number >> 17 * i & 2**17 - 1 for i in range(3))
    if not 0 < values[0] < values[1] < values[2] < 2**17 - 2:
        return
    offered = following(agreed.offered, values)
    setup, begun, transfer = begin_renewal(agreed, offered)
    with pytest.raises(PlanError, match="not the values"):
        begun.finish(transfer, earlier=agreed.provider)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "prove", evaluate_unchecked)
        for choices in (agreed.provider.choices, begun.receiver.choices):
            pretended = replace(
                begun, receiver=replace(begun.receiver, choices=choices)
            )
            earlier = replace(agreed.provider, choices=choices)
            seeds = begun.receiver.seeds
            with pytest.MonkeyPatch.context() as inner:
                inner.setattr(
                    type(begun.receiver),
                    "seeds",
                    lambda _, response, seeds=seeds: seeds(response),
                )
                _, confirmation = pretended.finish(transfer, earlier=earlier)
            with pytest.raises(Violation, match="promise"):
                setup.finish(confirmation)


def test_values_pinned_otherwise_than_committed(
    agreed: Agreed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commitments hide whether values changed: what counts is what the seeds pin."""
    narrow = (512, 612, 712)
    offered = following(agreed.offered)
    monkeypatch.setattr(
        Plan,
        "choices",
        lambda *_: b"".join(bits_of(value, 17) for value in narrow),
    )
    setup, begun, transfer = begin_renewal(agreed, offered)
    monkeypatch.setattr(provider, "prove", evaluate_unchecked)
    earlier = replace(agreed.provider, choices=begun.receiver.choices)
    _, confirmation = begun.finish(transfer, earlier=earlier)
    with pytest.raises(Violation, match="promise"):
        setup.finish(confirmation)


CHANGES: dict[str, dict[str, Any]] = {
    "another title": {"title": "How much do you draw now?"},
    "another lateness": {"lateness": 3600},
    "another provider's name": {"provider": "Acme Gas"},
    "too short": {"days": 27},
    "too long": {"days": 34},
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_plan_needs_a_person(agreed: Agreed, name: str) -> None:
    offered = following(agreed.offered, **CHANGES[name])
    with pytest.raises(PlanError, match="another plan"):
        begin_renewal(agreed, offered)


@pytest.mark.parametrize("days", [28, 30, 33])
def test_months_differ(agreed: Agreed, days: int) -> None:
    assert begin_renewal(agreed, following(agreed.offered, days=days))


def test_other_questions_need_a_person(agreed: Agreed) -> None:
    offered = following(agreed.offered)
    earlier = agreed.plan
    question = offered.plan.question
    assert isinstance(question, RangeQuestion)
    for plan in (
        asking(offered.plan, labels=("above", "low", "middle", "high")),
        asking(offered.plan, minimum_width=99),
        replace(offered.plan, start=earlier.start, end=earlier.end),
        replace(offered.plan, start=earlier.end + DAY, end=earlier.end + 31 * DAY),
        replace(offered.plan, start=earlier.end - DAY, end=earlier.end + 29 * DAY),
    ):
        assert not plan.follows(earlier)
        signed = offered.identity.sign_plan(plan)
        with pytest.raises(PlanError, match="another plan"):
            HouseholdSetup(agreed.household.identity, signed, renews=agreed.household)
    other = offer_plan().identity.sign_plan(offered.plan)
    with pytest.raises(PlanError, match="another plan"):
        HouseholdSetup(agreed.household.identity, other, renews=agreed.household)


def test_a_renewal_of_another_agreement(agreed: Agreed) -> None:
    offered = following(agreed.offered)
    _, begun, transfer = begin_renewal(agreed, offered)
    other = agree(agreed.offered).provider
    stranger = replace(agreed.provider, household_key=other.household_key)
    for earlier in (None, other, stranger):
        with pytest.raises(Violation, match="another agreement"):
            begun.finish(transfer, earlier=earlier)


def test_seeds_that_the_provider_has_forgotten(agreed: Agreed) -> None:
    offered = following(agreed.offered)
    _, begun, transfer = begin_renewal(agreed, offered, day=3)
    assert begun.finish(transfer, earlier=agreed.provider.advanced(3))
    with pytest.raises(PlanError, match="forgotten"):
        begun.finish(transfer, earlier=agreed.provider.advanced(4))


def changed(setup: HouseholdSetup, transfer: bytes, **changes: Any) -> bytes:
    """Return a renewal with parts of its proof of equality exchanged, signed anew."""
    state = setup._agreement
    assert state is not None
    plan, identity = state.statement.plan, state.identity
    read = Transfer.from_bytes(transfer, plan, identity.key, state.session)
    assert read.renewal is not None
    renewal = read.renewal
    if (day := changes.pop("day", None)) is not None:
        renewal = replace(renewal, day=day)
    equality = replace(renewal.equality, **changes)
    again = replace(read, renewal=replace(renewal, equality=equality))
    return again.sign(identity, state.session)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda it: {"tables": secrets.token_bytes(len(it.tables))},
        lambda it: {"tables": bytes(len(it.tables))},
        lambda it: {"corrections": secrets.token_bytes(len(it.corrections))},
        lambda _: {"pass_hash": secrets.token_bytes(32)},
        lambda _: {"nonce": secrets.token_bytes(32)},
        lambda _: {"key": secrets.token_bytes(16)},
        lambda _: {"day": 1},
    ],
    ids=["tables", "no tables", "corrections", "hash", "nonce", "key", "day"],
)
def test_a_household_that_garbles_something_else(agreed: Agreed, spoil: Any) -> None:
    """It gets the one refusal, whatever label came out."""
    offered = following(agreed.offered)
    setup, begun, transfer = begin_renewal(agreed, offered)
    state = setup._agreement
    assert state is not None
    read = Transfer.from_bytes(
        transfer, offered.plan, state.identity.key, state.session
    )
    assert isinstance(read.renewal, Renewal)
    equality: GarbledProof = read.renewal.equality
    message = changed(setup, transfer, **spoil(equality))
    with pytest.raises(ProofRefused, match="another circuit"):
        begun.finish(message, earlier=agreed.provider)
    assert begun.finish(transfer, earlier=agreed.provider)


def test_an_ordinary_confirmation_renews_nothing(agreed: Agreed) -> None:
    offered = following(agreed.offered)
    setup, begun, transfer = begin_renewal(agreed, offered)
    _, confirmation = begun.finish(transfer, earlier=agreed.provider)
    ordinary = confirmation[:3] + b"\5" + confirmation[4:36]
    with pytest.raises(Malformed, match="another kind"):
        setup.finish(ordinary)
    for position in (20, 36, 51):
        flipped = bytearray(confirmation)
        flipped[position] ^= 1
        with pytest.raises(Violation, match="promise"):
            setup.finish(bytes(flipped))
    assert setup.finish(confirmation)


def test_an_ordinary_transfer_is_no_renewal(agreed: Agreed) -> None:
    assert renewed_agreement(agreed.transfer) is None
    assert agreed.provider_setup.finish(agreed.transfer, earlier=agreed.provider)


def test_the_earlier_agreement_still_reports(agreed: Agreed) -> None:
    renew(agreed, following(agreed.offered))
    report = report_of(agreed, 700)
    answer = agreed.provider.answer(report)
    assert agreed.household.verify_reply(report.data, answer.reply) == 2


def test_no_value_but_the_same_renews() -> None:
    offered = offer_plan((7,), width=4, minimum_width=2)
    agreed = agree(offered)
    for value in range(2, 13):
        following_one = following(offered, (value,))
        setup, begun, transfer = begin_renewal(agreed, following_one)
        if value == 7:
            _, confirmation = begun.finish(transfer, earlier=agreed.provider)
            assert setup.finish(confirmation)
        else:
            with pytest.raises(PlanError):
                begun.finish(transfer, earlier=agreed.provider)


def test_identities_are_the_earlier_ones(agreed: Agreed) -> None:
    """Another identity's renewal is no renewal of this household's agreement."""
    offered = following(agreed.offered)
    setup = HouseholdSetup(
        HouseholdIdentity.new(), offered.statement, renews=agreed.household
    )
    begun = ProviderSetup.begin(
        offered.identity, offered.statement, offered.values, setup.request()
    )
    with pytest.raises(Violation, match="another agreement"):
        begun.finish(setup.transfer(begun.offer), earlier=agreed.provider)


def test_plans_that_follow() -> None:
    statement: PlanStatement = offer_plan().statement
    assert not statement.plan.follows(statement.plan)
    assert not plan_of(ProviderValues.new(VALUES)).follows(statement.plan)
