"""Logging in and agreeing: passwords, tokens, set-ups and their limits."""

import asyncio
from typing import Any

from currentcost_exchange import HouseholdIdentity, HouseholdSetup
import pytest
from sqlalchemy import select

from currentcost_provider.plans import DAY
from currentcost_provider.service import MAX_SETUPS
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import AgreementRow

from .conftest import ENGINES, NOON, WINDOW, Provider
from .household import Household, agreement_of, problem


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


async def test_service_says_who_it_is(provider: Provider) -> None:
    response = await provider.client.get("/v1/")
    assert response.json() == {
        "service": "currentcost-provider",
        "protocol": 1,
        "name": "Acme Power",
        "fingerprint": provider.service.fingerprint,
    }
    assert response.headers["Cache-Control"] == "no-store"


async def test_log_in_tells_the_plan(provider: Provider) -> None:
    anna = await provider.household()
    response = await anna.log_in()
    assert response.status_code == 200
    assert response.json()["plan"] == "evening"
    assert len(response.json()["token"]) >= 43
    statement = await anna.statement()
    assert statement.fingerprint == provider.service.fingerprint


@pytest.mark.parametrize("typed", [str.upper, lambda p: p.replace("-", " ") + " "])
async def test_password_is_taken_as_people_type_it(
    provider: Provider, typed: Any
) -> None:
    anna = await provider.household()
    anna.password = typed(anna.password)
    assert (await anna.log_in()).status_code == 200


async def test_every_wrong_log_in_gets_the_same_answer(provider: Provider) -> None:
    anna = await provider.household()
    ben = await (await provider.household("ben")).set_up()
    await ben.send(ben.report(ben.window(NOON - WINDOW), 1500))
    strangers = [
        Household(provider.client, anna.user, "wrong"),
        Household(provider.client, "nobody", anna.password),
        # Spent: the household has reported.
        Household(provider.client, ben.user, ben.password),
    ]
    answers = [await stranger.log_in() for stranger in strangers]
    provider.clock.now = NOON + 7 * DAY
    answers.append(await anna.log_in())
    assert {answer.text for answer in answers} == {answers[0].text}
    assert problem(answers[0]) == (401, "credentials")


async def test_log_in_can_be_repeated_until_the_first_report(
    provider: Provider,
) -> None:
    """A household that lost all it had agreed on begins anew with the same sheet."""
    anna = await (await provider.household()).set_up()
    lost, agreement = anna.token, anna.agreement
    anna.identity = HouseholdIdentity.new()
    await anna.set_up()
    assert anna.token != lost
    report = agreement.report(anna.window(NOON - WINDOW), (1500,))
    response = await anna.post(f"/v1/agreements/{agreement.id.hex()}/windows", report)
    assert problem(response) == (403, "agreement_stopped")
    report = anna.report(anna.window(NOON - WINDOW), 1500)
    assert anna.outcome(report, await anna.send(report)) == 2

    stranger = Household(provider.client, "anna", anna.password)
    stranger.token = lost
    assert problem(await stranger.get("/v1/plan")) == (401, "token")
    assert problem(await stranger.log_in()) == (401, "credentials")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer \xe4"],
)
async def test_token_is_needed(provider: Provider, authorization: str | None) -> None:
    headers = [] if authorization is None else [("Authorization", authorization)]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    response = await provider.client.get("/v1/plan", headers=encoded)
    assert problem(response) == (401, "token")
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_attempts_are_limited_by_user(provider: Provider) -> None:
    anna = await provider.household()
    stranger = Household(provider.client, "anna", "wrong")
    for _ in range(5):
        assert problem(await stranger.log_in()) == (401, "credentials")
    limited = await anna.log_in()
    assert problem(limited) == (429, "too_many_attempts")
    assert 0 < int(limited.headers["Retry-After"]) <= 60
    # Somebody else is not concerned.
    ben = await provider.household("ben")
    assert (await ben.log_in()).status_code == 200


async def test_attempts_are_limited_by_source(provider: Provider) -> None:
    anna = await provider.household()
    for number in range(20):
        stranger = Household(provider.client, f"user{number}", "wrong")
        assert problem(await stranger.log_in()) == (401, "credentials")
    assert problem(await anna.log_in()) == (429, "too_many_attempts")


async def test_right_log_ins_are_not_counted(provider: Provider) -> None:
    anna = await provider.household()
    for _ in range(8):
        assert (await anna.log_in()).status_code == 200


async def test_requests_of_a_household_are_limited(provider: Provider) -> None:
    anna = await (await provider.household()).set_up()
    while (response := await anna.get("/v1/plan")).status_code == 200:
        pass
    assert problem(response) == (429, "rate_limited")
    assert int(response.headers["Retry-After"]) > 0


async def test_repeated_request_begins_one_set_up(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    request = HouseholdSetup(anna.identity, await anna.statement()).request()
    offers = {(await anna.post("/v1/agreements", request)).content for _ in range(5)}
    assert len(offers) == 1


async def test_of_a_finished_set_up_no_message_is_kept(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    setup, offer = await anna.begin()
    transfer, agreement_id = setup.transfer(offer.content), agreement_of(offer.content)
    confirmation = await anna.finish(agreement_id, transfer)
    async with provider.database.read() as session:
        row = await session.get(AgreementRow, agreement_id)
    assert row is not None
    kept = [getattr(row, column.key) for column in AgreementRow.__table__.columns]
    assert row.setup is None
    assert not any(
        isinstance(value, bytes)
        and (transfer[40:72] in value or offer.content in value)
        for value in kept
    )
    # The transfer still brings its confirmation; the request begins nothing.
    again = await anna.finish(agreement_id, transfer)
    assert again.content == confirmation.content
    response = await anna.post("/v1/agreements", row.request)
    assert problem(response) == (409, "transfer_taken")


async def test_request_that_comes_twice_at_once_begins_one_set_up(
    provider: Provider,
) -> None:
    anna = await provider.household()
    await anna.log_in()
    request = HouseholdSetup(anna.identity, await anna.statement()).request()
    offers = await asyncio.gather(
        *(anna.post("/v1/agreements", request) for _ in range(4))
    )
    assert len({offer.content for offer in offers}) == 1


async def test_set_up_takes_the_place_of_one_that_was_not_finished(
    provider: Provider,
) -> None:
    """What was only begun told nothing: it doesn't count and isn't kept."""
    anna = await provider.household()
    await anna.log_in()
    begun = [await anna.begin() for _ in range(2 * MAX_SETUPS)]
    for setup, offer in begun[:-1]:
        transfer = setup.transfer(offer.content)
        response = await anna.finish(agreement_of(offer.content), transfer)
        assert problem(response) == (404, "agreement_unknown")
    async with provider.database.read() as session:
        rows = (await session.scalars(select(AgreementRow))).all()
    assert [row.id for row in rows] == [agreement_of(begun[-1][1].content)]

    setup, offer = begun[-1]
    transfer = setup.transfer(offer.content)
    setup.finish((await anna.finish(agreement_of(offer.content), transfer)).content)


async def test_set_up_replaced_while_it_was_evaluated(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever came out, nothing goes out."""
    anna = await provider.household()
    await anna.log_in()
    for name in ("confirm", "refuse_setup"):
        store = getattr(Ledger, name)

        async def replaced(*arguments: Any, store: Any = store) -> Any:
            await anna.begin()
            return await store(*arguments)

        monkeypatch.setattr(Ledger, name, replaced)
    for honest in (True, False):
        setup, offer = await anna.begin()
        transfer = setup.transfer(offer.content)
        sent = transfer if honest else refused_policy(anna, setup, transfer)
        response = await anna.finish(agreement_of(offer.content), sent)
        assert problem(response) == (404, "agreement_unknown")
    assert (await anna.begin())[1].status_code == 201


async def test_offers_are_limited_by_time(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    while (response := (await anna.begin())[1]).status_code == 201:
        pass
    assert problem(response) == (429, "rate_limited")
    assert 0 < int(response.headers["Retry-After"]) <= 30


async def test_set_ups_are_limited_until_the_operator_allows_more(
    provider: Provider,
) -> None:
    anna = await provider.household()
    await anna.log_in()
    for _ in range(MAX_SETUPS):
        await anna.agree()
    _, refused = await anna.begin()
    assert problem(refused) == (409, "setups_exhausted")

    await provider.reset(anna)
    await anna.set_up()


async def test_plan_must_be_the_running_one(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    statement = await anna.statement()
    setup = HouseholdSetup(anna.identity, statement)
    request = setup._request
    other = type(request)(request.household_key, request.share, bytes(32))
    response = await anna.post("/v1/agreements", other.sign(anna.identity))
    assert problem(response) == (409, "plan_changed")

    provider.clock.now = statement.plan.end
    _, response = await anna.begin()
    assert problem(response) == (409, "plan_changed")


async def test_request_is_signed_with_the_key_of_the_log_in(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    anna.identity = HouseholdIdentity.new()
    _, response = await anna.begin()
    assert problem(response) == (400, "malformed")


async def test_lost_confirmation_can_be_asked_for_again(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    setup, offer = await anna.begin()
    transfer = setup.transfer(offer.content)
    agreement_id = agreement_of(offer.content)
    first = await anna.finish(agreement_id, transfer)
    again = await anna.finish(agreement_id, transfer)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    setup.finish(again.content)

    # Another transfer for the same set-up is not evaluated.
    other = setup.transfer(offer.content)
    assert problem(await anna.finish(agreement_id, other)) == (409, "transfer_taken")


def flipped(message: bytes) -> bytes:
    """Return a message with its last bit flipped."""
    return message[:-1] + bytes((message[-1] ^ 1,))


async def test_broken_transfer_leaves_the_set_up_open(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    setup, offer = await anna.begin()
    transfer = setup.transfer(offer.content)
    agreement_id = agreement_of(offer.content)
    for damaged in (b"", transfer[:-1], transfer + b"\0", flipped(transfer)):
        response = await anna.finish(agreement_id, damaged)
        assert problem(response) == (400, "malformed")
    response = await anna.finish(agreement_id, transfer)
    setup.finish(response.content)


def refused_policy(anna: Household, setup: HouseholdSetup, transfer: bytes) -> bytes:
    """Return a transfer whose policy has another hash of the pass label.

    It stands before the 64 bytes of the signature.
    """
    assert setup._agreement is not None
    body = transfer[:-65] + bytes((transfer[-65] ^ 1,))
    return body + anna.identity.sign(setup._agreement.session + body)


async def test_garbling_another_policy_blocks_the_household(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    setup, offer = await anna.begin()
    transfer = setup.transfer(offer.content)
    cheat = refused_policy(anna, setup, transfer)
    agreement_id = agreement_of(offer.content)
    for _ in range(2):
        response = await anna.finish(agreement_id, cheat)
        assert problem(response) == (403, "policy_refused")
    # Neither the honest message nor another set-up is taken any more.
    assert problem(await anna.finish(agreement_id, transfer)) == (409, "transfer_taken")
    _, response = await anna.begin()
    assert problem(response) == (403, "policy_refused")

    await provider.reset(anna)
    await anna.set_up()


async def test_same_installation_keeps_its_agreement_after_a_reset(
    provider: Provider, anna: Household
) -> None:
    report = anna.report(anna.window(NOON - WINDOW), 1500)
    await provider.reset(anna)
    assert problem(await anna.send(report)) == (401, "token")

    assert (await anna.log_in()).status_code == 200
    # Until it is used, a lost token can be replaced by logging in again.
    assert (await anna.log_in()).status_code == 200
    assert anna.outcome(report, await anna.send(report)) == 2
    assert problem(await anna.log_in()) == (401, "credentials")


async def test_other_installation_ends_the_agreement(
    provider: Provider, anna: Household
) -> None:
    report = anna.report(anna.window(NOON - WINDOW), 1500)
    await provider.reset(anna)
    anna.identity = HouseholdIdentity.new()
    await anna.log_in()
    assert problem(await anna.send(report)) == (403, "agreement_stopped")

    await anna.agree()
    report = anna.report(anna.window(NOON - WINDOW), 1500)
    assert anna.outcome(report, await anna.send(report)) == 2


async def test_new_agreement_takes_the_place_of_the_old(anna: Household) -> None:
    old = anna.agreement
    report = anna.report(anna.window(NOON - WINDOW), 1500)
    await anna.agree()
    response = await anna.post(f"/v1/agreements/{old.id.hex()}/windows", report)
    assert problem(response) == (403, "agreement_stopped")
