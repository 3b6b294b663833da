"""Questions on demand: from the operator to a household that waits, and back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from currentcost_exchange import (
    ASK_SECONDS,
    Measure,
    Plan,
    ProviderValues,
    RangeQuestion,
    Window,
)
import httpx
import pytest

from currentcost_provider import asks, waiters
from currentcost_provider.api import gate
from currentcost_provider.asks import Asks
from currentcost_provider.storage.audit import Audit
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import Role
from currentcost_provider.storage.registry import Registry
from currentcost_provider.waiters import Full, Waiters

from .conftest import ENGINES, NOON, THRESHOLDS, WINDOW, Provider
from .household import Household, problem
from .test_interface import operator

LAST = Window.instant_at(NOON - 10)
"""What a question at noon is about."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


@pytest.fixture
async def asker(provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may ask."""
    headers = await operator(provider, Role.OPERATOR)
    async with httpx.AsyncClient(
        base_url=provider.client.base_url, headers=headers, timeout=30
    ) as client:
        yield client


async def wait_for(
    household: Household, *, wait: int = 20, after: int = 0
) -> httpx.Response:
    agreement_id = household.agreement.id.hex()
    return await household.get(
        f"/v1/agreements/{agreement_id}/ask?wait={wait}&after={after}"
    )


async def waiting(provider: Provider, count: int = 1) -> None:
    """Return once so many wait."""
    while len(provider.service.asking._waiters._waiting) < count:  # noqa: ASYNC110  # nothing tells
        await asyncio.sleep(0.01)


async def add_plan(provider: Provider, plan: Plan) -> None:
    """Sign another plan, on the same thresholds."""
    registry = Registry(provider.database)
    row = await registry.provider()
    assert row is not None
    values = ProviderValues.new(THRESHOLDS)
    commitment = values.commitment(plan.plan_id, plan.start, plan.end)
    statement = registry.identity(row).sign_plan(replace(plan, commitment=commitment))
    await registry.add_plan(statement, values, NOON)


async def ask(asker: httpx.AsyncClient, **whom: str) -> dict[str, Any]:
    response = await asker.post("/v1/operator/asks", json=whom)
    assert response.status_code == 201, response.text
    asking: dict[str, Any] = response.json()
    return asking


async def answers(
    asker: httpx.AsyncClient, asking: dict[str, Any], **query: Any
) -> list[tuple[str, str, int | None]]:
    response = await asker.get(
        f"/v1/operator/asks/{asking['asking']}", params=query or None
    )
    assert response.json()["asking"] == asking
    return [
        (each["household"], each["state"], each["result"] and each["result"]["outcome"])
        for each in response.json()["answers"]
    ]


async def test_a_household_that_waits_is_asked_and_answers(
    provider: Provider, anna: Household, asker: httpx.AsyncClient
) -> None:
    listening = asyncio.create_task(wait_for(anna))
    await waiting(provider)
    asking = await ask(asker, household="anna")
    assert asking == {
        "asking": asking["asking"],
        "start": "2026-01-01T11:59:50Z",
        "end": "2026-01-01T12:00:00Z",
        "expires": "2026-01-01T12:01:00Z",
        "households": 1,
    }
    assert await answers(asker, asking) == [("anna", "waiting", None)]
    window = anna.agreement.read_ask((await listening).content)
    assert window == LAST
    sent = anna.report(window, 1500)
    assert anna.outcome(sent, await anna.send(sent)) == 2
    # The same bytes get the same answer, and others none.
    assert anna.outcome(sent, await anna.send(sent)) == 2
    assert problem(await anna.send(anna.report(window, 1500))) == (409, "window_taken")
    assert await answers(asker, asking) == [("anna", "bucket", 2)]
    page = (await asker.get("/v1/operator/asks", params={"household": "anna"})).json()
    assert page["next"] is None
    assert page["asks"] == [
        {
            "asking": asking["asking"],
            "household": "anna",
            "start": asking["start"],
            "end": asking["end"],
            "state": "bucket",
            "result": page["asks"][0]["result"],
        }
    ]
    assert page["asks"][0]["result"]["upper"] == 2000
    # It is no regular window: nobody bills by it, and it hides no late one.
    assert await Ledger(provider.database).results() == []
    [(_, _, _, last)] = await Registry(provider.database).households()
    assert last is None
    entries = await Audit(provider.database).last(before=None, limit=5)
    assert ("operator operator", "ask", "anna") in [
        (entry.actor, entry.action, entry.subject) for entry in entries
    ]


async def test_who_comes_later_finds_the_question_once(
    provider: Provider,
    anna: Household,
    asker: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiters, "LOOK_SECONDS", 0.05)
    await ask(asker, household="anna")
    response = await wait_for(anna, wait=5)
    assert anna.agreement.read_ask(response.content) == LAST
    assert (await wait_for(anna, wait=0, after=LAST.start)).status_code == 204
    provider.clock.now += ASK_SECONDS
    await asyncio.sleep(0.2)
    assert (await wait_for(anna, wait=1)).status_code == 204


async def test_only_what_was_asked_is_answered_and_only_in_time(
    provider: Provider, anna: Household, asker: httpx.AsyncClient
) -> None:
    asking = await ask(asker, household="anna")
    for moved in (-10, 10):
        window = Window.instant_at(LAST.start + moved)
        provider.clock.now = NOON + 20
        for message in (
            anna.report(window, 700),
            anna.agreement.missing(window),
            anna.agreement.declined(window),
        ):
            assert problem(await anna.send(message)) == (409, "not_asked")
    # Another household's question is nobody else's.
    ben = await (await provider.household("ben")).set_up()
    assert problem(await ben.send(ben.report(LAST, 700))) == (409, "not_asked")
    # The lateness of regular windows is hours.
    provider.clock.now = NOON + ASK_SECONDS
    late = anna.report(LAST, 700)
    assert problem(await anna.send(late)) == (410, "window_late")
    assert await answers(asker, asking) == [("anna", "expired", None)]
    regular = anna.report(anna.window(NOON - WINDOW), 700)
    assert anna.outcome(regular, await anna.send(regular)) == 1


@pytest.mark.parametrize("state", ["missing", "declined", "refused"])
async def test_answers_without_a_bucket(
    anna: Household, asker: httpx.AsyncClient, state: str
) -> None:
    asking = await ask(asker, household="anna")
    match state:
        case "missing":
            sent = anna.agreement.missing(LAST)
        case "declined":
            sent = anna.agreement.declined(LAST)
        case _:
            sent = anna.broken(anna.report(LAST, 700))
    response = await anna.send(sent)
    assert response.status_code == 200
    if state != "refused":
        assert anna.outcome(sent, response) is None
    assert await answers(asker, asking) == [("anna", state, None)]
    assert problem(await anna.send(anna.report(LAST, 700))) == (409, "window_taken")


async def test_all_of_a_plan(
    provider: Provider, anna: Household, asker: httpx.AsyncClient
) -> None:
    ben = await (await provider.household("ben")).set_up()
    await provider.household("carl")
    listening = [asyncio.create_task(wait_for(each)) for each in (anna, ben)]
    await waiting(provider, 2)
    asking = await ask(asker, plan="evening")
    assert asking["households"] == 2
    for household, watts, heard in zip(
        (anna, ben), (500, 2500), listening, strict=True
    ):
        window = household.agreement.read_ask((await heard).content)
        await household.send(household.report(window, watts))
    found = [("anna", "bucket", 1), ("ben", "bucket", 3)]
    assert await answers(asker, asking) == found
    assert await answers(asker, asking, limit=1) == found[:1]
    assert await answers(asker, asking, after="anna") == found[1:]


async def test_a_window_asked_twice_has_one_answer(
    anna: Household, asker: httpx.AsyncClient
) -> None:
    askings = [await ask(asker, household="anna") for _ in range(2)]
    sent = anna.report(LAST, 500)
    assert anna.outcome(sent, await anna.send(sent)) == 1
    for asking in askings:
        assert await answers(asker, asking) == [("anna", "bucket", 1)]


async def test_what_can_not_be_asked(
    provider: Provider,
    anna: Household,
    asker: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = anna.agreement.statement.plan
    assert isinstance(plan.question, RangeQuestion)
    peaks = replace(plan.question, measure=Measure.PEAK_POWER)
    await add_plan(provider, replace(plan, plan_id="peaks", question=peaks))
    ben = await (await provider.household("ben", plan_id="peaks")).set_up()
    assert not ben.agreement.statement.plan.can_be_asked
    for whom in ({"household": "ben"}, {"plan": "peaks"}):
        response = await asker.post("/v1/operator/asks", json=whom)
        assert problem(response) == (409, "not_askable")
        assert "mean power" in response.json()["detail"]
    for whom in ({"household": "nobody"}, {"plan": "nothing"}):
        response = await asker.post("/v1/operator/asks", json=whom)
        assert problem(response) == (409, "not_askable")
    for bad in ({}, {"household": "anna", "plan": "evening"}, {"plan": 1}, {"x": "y"}):
        response = await asker.post("/v1/operator/asks", json=bad)
        assert problem(response) == (400, "malformed")
    monkeypatch.setattr(asks, "MOST", 0)
    response = await asker.post("/v1/operator/asks", json={"plan": "evening"})
    assert problem(response) == (409, "not_askable")
    response = await asker.get(f"/v1/operator/asks/{'0' * 32}")
    assert problem(response) == (404, "not_found")
    # Somebody who tries too much waits.
    monkeypatch.undo()
    codes = {
        (await asker.post("/v1/operator/asks", json={"household": "anna"})).status_code
        for _ in range(12)
    }
    assert 429 in codes


async def test_who_may_ask_and_who_may_wait(
    provider: Provider, anna: Household
) -> None:
    headers = await operator(provider, Role.VIEWER)
    response = await provider.client.post(
        "/v1/operator/asks", json={"household": "anna"}, headers=headers
    )
    assert problem(response) == (403, "role")
    ben = await provider.household("ben")
    await ben.log_in()
    path = f"/v1/agreements/{anna.agreement.id.hex()}/ask"
    assert problem(await ben.get(path)) == (404, "agreement_unknown")
    assert problem(await anna.get(f"{path}?wait=56")) == (400, "malformed")
    await provider.reset(anna)
    await anna.log_in()
    anna.identity = ben.identity
    await anna.log_in()
    assert problem(await anna.get(path)) == (403, "agreement_stopped")


async def test_a_second_wait_ends_the_first(
    provider: Provider, anna: Household
) -> None:
    first = asyncio.create_task(wait_for(anna))
    await waiting(provider)
    second = asyncio.create_task(wait_for(anna))
    assert (await first).status_code == 204
    assert not second.done()
    # The service stops: nobody waits any longer, and nobody can again.
    provider.service.asking.stop_waiting()
    assert (await second).status_code == 204
    assert (await wait_for(anna)).status_code == 204


async def test_who_waits_is_not_in_work(
    provider: Provider, anna: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_REQUESTS", 1)
    listening = asyncio.create_task(wait_for(anna))
    await waiting(provider)
    sent = anna.report(anna.window(NOON - WINDOW), 700)
    assert (await anna.send(sent)).status_code == 200
    provider.service.asking.stop_waiting()
    await listening


async def test_what_another_process_asked_is_found(
    provider: Provider, anna: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiters, "LOOK_SECONDS", 0.05)
    listening = asyncio.create_task(wait_for(anna))
    await waiting(provider)
    other = Database(provider.database.url, provider.database.vault)
    await Asks(other).ask(user="anna", actor="command:root", now=NOON)
    await other.close()
    assert anna.agreement.read_ask((await listening).content) == LAST


async def test_the_seeds_of_a_day_outlive_its_last_question(
    provider: Provider, anna: Household
) -> None:
    """A question just before a day's end is answered after one of the next day."""
    plan = anna.agreement.statement.plan
    await add_plan(provider, replace(plan, plan_id="prompt", lateness=5))
    ben = await (await provider.household("ben", plan_id="prompt")).set_up()
    day = plan.start + 2 * 86_400
    questions = Asks(provider.database)
    asked = []
    for provider.clock.now in (day + 1, day + 12):
        asked.append(
            await questions.ask(user="ben", actor="test", now=provider.clock())
        )
    before, after = (asking.window for asking in asked)
    assert (plan.day_of(before.end - 1), plan.day_of(after.end - 1)) == (1, 2)
    for window in (after, before):
        sent = ben.report(window, 500)
        assert ben.outcome(sent, await ben.send(sent)) == 1


async def test_waiters_are_bounded_and_told_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiters, "MOST", 3)
    monkeypatch.setattr(waiters, "RELEASES_A_SECOND", 2)
    asked: dict[bytes, int] = {}
    failures = [OSError("no database")]

    async def look() -> dict[bytes, int]:
        if failures:
            raise failures.pop()
        return asked

    waiting = Waiters(look)
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def wait(name: bytes) -> int | None:
        start = await waiting.wait(name, after=0, seconds=10)
        times.append(loop.time())
        return start

    tasks = [asyncio.create_task(wait(bytes([number]))) for number in range(3)]
    await asyncio.sleep(0.01)
    with pytest.raises(Full):
        await waiting.wait(b"another", after=0, seconds=1)
    asked |= {bytes([number]): 20 for number in range(3)}
    waiting.ring()
    assert await asyncio.gather(*tasks) == [20, 20, 20]
    assert times[2] - times[0] > 0.9
    # Nobody waits: nobody looks.
    assert waiting._looking is not None
    await asyncio.wait_for(waiting._looking, 2)
    assert await waiting.wait(b"another", after=0, seconds=0.01) is None
