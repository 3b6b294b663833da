"""The values are opened once the period is over, and never before."""

from currentcost_exchange import PlanStatement

from currentcost_provider.plans import DAY
from currentcost_provider.storage.registry import Registry

from .conftest import NOON, THRESHOLDS, WINDOW, Provider
from .household import Household, problem


async def end_of(provider: Provider) -> int:
    row = await Registry(provider.database).plan_named("evening")
    assert row is not None
    return PlanStatement.from_bytes(row.statement).plan.end


def path(household: Household) -> str:
    return f"/v1/agreements/{household.agreement.id.hex()}/opening"


async def test_not_before_the_end(provider: Provider, anna: Household) -> None:
    provider.clock.now = await end_of(provider) - 90
    early = await anna.get(path(anna))
    assert problem(early) == (425, "period_running")
    assert early.headers["Retry-After"] == "90"


async def test_after_the_end(provider: Provider, anna: Household) -> None:
    end = await end_of(provider)
    sent = anna.report(anna.window(NOON - WINDOW), 2500)
    await anna.send(sent)
    # Seeds of later days don't matter, nor does the last report.
    provider.clock.now = end
    last = anna.report(anna.window(end - WINDOW), 2500)
    assert anna.outcome(last, await anna.send(last)) == 3
    provider.clock.now = end + 40 * DAY
    opening = await anna.get(path(anna))
    assert opening.status_code == 200
    assert anna.agreement.verify_opening(opening.content) == THRESHOLDS
    # And again, the same.
    assert (await anna.get(path(anna))).content == opening.content


async def test_of_an_agreement_that_was_replaced(
    provider: Provider, anna: Household
) -> None:
    first = anna.agreement
    await provider.reset(anna)
    await anna.set_up()
    assert anna.agreement.id != first.id
    provider.clock.now = await end_of(provider)
    opening = await anna.get(f"/v1/agreements/{first.id.hex()}/opening")
    assert first.verify_opening(opening.content) == THRESHOLDS


async def test_of_nobody_else(provider: Provider, anna: Household) -> None:
    ben = await (await provider.household("ben")).set_up()
    provider.clock.now = await end_of(provider)
    assert problem(await ben.get(path(anna))) == (404, "agreement_unknown")
    ben.token = ""
    assert problem(await ben.get(path(ben))) == (401, "token")


async def test_of_a_set_up_that_was_not_finished(provider: Provider) -> None:
    ben = await provider.household("ben")
    await ben.log_in()
    setup, offer = await ben.begin()
    assert offer.status_code == 201
    setup.transfer(offer.content)
    provider.clock.now = await end_of(provider)
    unfinished = f"/v1/agreements/{setup.agreement_id.hex()}/opening"
    assert problem(await ben.get(unfinished)) == (404, "agreement_unknown")
