"""A set-up from statement to agreement, through bytes at every stage."""

from dataclasses import replace
import secrets

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    Violation,
    bucket_of,
    group,
    parse_claim,
)
from currentcost_exchange.setup import Offer, Request, Transfer
from currentcost_exchange.statement import is_signed
import pytest

from .ideal import TrustedParty
from .parties import (
    VALUES,
    Agreed,
    Offered,
    agree,
    begin,
    offer_plan,
    transfer_again,
    window_at,
)
from .receivers import points_of


def test_every_stage_through_bytes(offered: Offered) -> None:
    statement = PlanStatement.from_bytes(offered.statement.to_bytes())
    identity = HouseholdIdentity(HouseholdIdentity.new().secret)
    setup = HouseholdSetup(identity, statement)
    request = setup.request()
    assert setup.request() == request

    begun = ProviderSetup.begin(
        ProviderIdentity(offered.identity.secret),
        statement,
        offered.values,
        request,
    )
    begun = ProviderSetup.from_bytes(begun.to_bytes())
    assert begun.household_key == identity.key
    transfer = setup.transfer(begun.offer)
    begun = ProviderSetup.from_bytes(begun.to_bytes())
    held, confirmation = begun.finish(transfer)
    kept = setup.finish(confirmation)

    kept = HouseholdAgreement.from_bytes(kept.to_bytes())
    held = ProviderAgreement.from_bytes(held.to_bytes())
    assert kept.id == held.id == begun.agreement_id
    for number, measure in enumerate((0, 512, 513, 2001, 51_438)):
        sent = kept.report(window_at(number), (measure,))
        claim = parse_claim(sent)
        held.check(claim)
        answer = held.answer(claim)
        assert answer.outcome == bucket_of(measure, VALUES)
        assert kept.verify_reply(sent, answer.reply) == answer.outcome


def test_storage_is_exact(agreed: Agreed) -> None:
    kept, held, begun = agreed.household, agreed.provider, agreed.provider_setup
    assert HouseholdAgreement.from_bytes(kept.to_bytes()) == kept
    assert ProviderAgreement.from_bytes(held.to_bytes()) == held
    assert ProviderSetup.from_bytes(begun.to_bytes()) == begun


def test_what_each_side_holds(agreed: Agreed) -> None:
    held, kept = agreed.provider, agreed.household
    bits = agreed.offered.values.bits((17, 17, 17))
    assert held.choices == bits
    for seed, pair, bit in zip(held.seeds, kept.pairs, bits, strict=True):
        assert seed == pair[bit]
        assert seed != pair[1 - bit]


def test_the_first_message_is_evidence(agreed: Agreed) -> None:
    """What the household keeps binds the thresholds, with b opened by the provider."""
    read, session = Offer.from_bytes(
        agreed.household.offer,
        agreed.offered.statement,
        Request.from_bytes(agreed.request),
    )
    assert session == agreed.household.session
    body, signature = agreed.offer[:-64], agreed.offer[-64:]
    assert is_signed(agreed.offered.identity.key, signature, session + body)
    points, b = points_of(read.choices), agreed.provider.exponent
    assert points[0] == group.multiply_generator(b)
    opened = []
    for index in range(51):
        x, *z = points[1 + 3 * index : 4 + 3 * index]
        opened.append(z.index(group.multiply(b, x)))
    assert bytes(opened) == agreed.offered.values.bits((17, 17, 17))


@pytest.mark.usefixtures("trusted_party")
def test_nothing_repeats_between_set_ups(offered: Offered) -> None:
    first, second = agree(offered), agree(offered)
    assert first.household.session != second.household.session
    assert first.request != second.request
    seeds = [{s for pair in it.household.pairs for s in pair} for it in (first, second)]
    assert not seeds[0] & seeds[1]
    identity = HouseholdIdentity.new()
    setups = [HouseholdSetup(identity, offered.statement) for _ in range(2)]
    assert setups[0].request() != setups[1].request()


def test_the_session_binds_both_sides(offered: Offered) -> None:
    request = Request(secrets.token_bytes(32), bytes(32), offered.statement.digest)
    other = offer_plan().statement
    sessions = {
        request.session(offered.statement, bytes(32)),
        request.session(offered.statement, b"\1" * 32),
        request.session(other, bytes(32)),
        replace(request, share=b"\1" * 32).session(offered.statement, bytes(32)),
        replace(request, household_key=b"\1" * 32).session(
            offered.statement, bytes(32)
        ),
    }
    assert len(sessions) == 5


def test_a_request_for_another_statement(offered: Offered) -> None:
    other = offered.identity.sign_plan(replace(offered.plan, title="Another"))
    setup = HouseholdSetup(HouseholdIdentity.new(), other)
    with pytest.raises(Violation, match="another statement"):
        begin(offered, setup)


def test_a_request_signed_by_another(offered: Offered) -> None:
    identity = HouseholdIdentity.new()
    request = Request(identity.key, bytes(32), offered.statement.digest)
    with pytest.raises(Violation, match="false signature"):
        Request.from_bytes(request.sign(HouseholdIdentity.new()))
    assert Request.from_bytes(request.sign(identity)) == request


@pytest.mark.usefixtures("trusted_party")
def test_offers_of_others(offered: Offered) -> None:
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    elsewhere = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    with pytest.raises(Violation, match="another session"):
        setup.transfer(begin(offered, elsewhere).offer)

    honest = begin(offered, setup)
    read, session = Offer.from_bytes(
        honest.offer, offered.statement, Request.from_bytes(setup.request())
    )
    for forged in (
        read.sign(ProviderIdentity.new(), session),
        read.sign(offered.identity, secrets.token_bytes(32)),
        replace(read, choices=secrets.token_bytes(len(read.choices))).sign(
            ProviderIdentity.new(), session
        ),
    ):
        with pytest.raises(Violation, match="false signature"):
            setup.transfer(forged)
    for changed in (
        replace(read, share=bytes(32)).sign(offered.identity, session),
        replace(read, agreement_id=bytes(16)).sign(offered.identity, session),
    ):
        with pytest.raises(Violation, match="another session"):
            setup.transfer(changed)


@pytest.mark.usefixtures("trusted_party")
def test_transfers_of_others(offered: Offered) -> None:
    first = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    second = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    first_begun, second_begun = begin(offered, first), begin(offered, second)
    transfer = first.transfer(first_begun.offer)
    with pytest.raises(Violation, match="another session"):
        second_begun.finish(transfer)

    read = Transfer.from_bytes(
        transfer, offered.plan, first_begun.household_key, first_begun.session
    )
    for forged in (
        read.sign(HouseholdIdentity.new(), first_begun.session),
        transfer[:-64] + bytes(64),
    ):
        with pytest.raises(Violation, match="false signature"):
            first_begun.finish(forged)
    moved = replace(read, agreement_id=second_begun.agreement_id)
    with pytest.raises(Violation, match="another session"):
        first_begun.finish(moved.sign(HouseholdIdentity.new(), first_begun.session))


def test_a_bad_point_under_a_good_signature(offered: Offered) -> None:
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    begun = begin(offered, setup)
    transfer = setup.transfer(begun.offer)
    errors = set()
    for bit in (0, 1, 25, 50):
        for side in (0, 1):

            def spoil(response: bytes, at: int = 128 * bit + 32 * side) -> bytes:
                return response[:at] + group.IDENTITY + response[at + 32 :]

            with pytest.raises(Violation) as caught:
                begun.finish(transfer_again(setup, transfer, response=spoil))
            errors.add((type(caught.value), str(caught.value)))
    assert errors == {(Violation, "not a point of the group")}
    assert begun.finish(transfer)[0].id == begun.agreement_id


def test_a_second_offer_in_one_session(
    offered: Offered, trusted_party: TrustedParty
) -> None:
    """Each transfer has seeds of its own: two offers never open both of a pair."""
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    begun = begin(offered, setup)
    setup.transfer(begun.offer)
    setup.transfer(begun.offer)
    first, second = trusted_party.sent.values()
    assert not {s for pair in first for s in pair} & {
        s for pair in second for s in pair
    }
