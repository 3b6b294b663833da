"""A plan goes on for another period, and its households with it."""

from dataclasses import replace

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdSetup,
    PlanStatement,
    ProviderValues,
)
import httpx
import pytest

from currentcost_provider.plans import DAY, UnfitPlan, renewed_plan
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import AgreementState
from currentcost_provider.storage.registry import Exists, Registry

from .conftest import NOON, WINDOW, Provider
from .household import Household, agreement_of, problem


async def next_period(provider: Provider, *, days: int | None = None) -> PlanStatement:
    """Do what `plan renew` does."""
    registry = Registry(provider.database)
    row, keeper = await registry.plan_named("evening"), await registry.provider()
    assert row is not None
    assert keeper is not None
    statement, values = renewed_plan(
        registry.identity(keeper),
        PlanStatement.from_bytes(row.statement),
        registry.values(row),
        days=days,
    )
    await registry.add_plan(statement, values, NOON)
    return statement


async def offered(household: Household) -> httpx.Response:
    return await household.get(f"/v1/agreements/{household.agreement.id.hex()}/renewal")


async def send_renewal(
    household: Household, statement: PlanStatement
) -> tuple[HouseholdSetup, httpx.Response]:
    setup = HouseholdSetup(household.identity, statement, renews=household.agreement)
    offer = await household.post("/v1/agreements", setup.request())
    assert offer.status_code == 201, offer.text
    transfer = setup.transfer(offer.content)
    return setup, await household.finish(agreement_of(offer.content), transfer)


async def renew(household: Household) -> HouseholdAgreement:
    """Let a household renew its agreement as it would by itself."""
    statement = PlanStatement.from_bytes((await offered(household)).content)
    setup, renewed = await send_renewal(household, statement)
    assert renewed.status_code == 200, renewed.text
    return setup.finish(renewed.content)


async def test_reports_go_on_into_the_next_period(
    provider: Provider, anna: Household
) -> None:
    assert problem(await offered(anna)) == (404, "no_renewal")
    statement = await next_period(provider)
    end = anna.agreement.statement.plan.end
    assert statement.plan.start == end
    provider.clock.now = end - 3 * DAY
    following = await renew(anna)
    assert following.statement.digest == statement.digest

    # What is agreed on goes on until its end.
    provider.clock.now = end
    last = anna.report(anna.window(end - WINDOW), 2500)
    assert anna.outcome(last, await anna.send(last)) == 3
    earlier, anna._agreement = anna.agreement, following
    early = anna.report(anna.window(end), 1500)
    assert problem(await anna.send(early)) == (425, "window_early")
    provider.clock.now = end + WINDOW
    assert anna.outcome(early, await anna.send(early)) == 2
    opening = await anna.get(f"/v1/agreements/{earlier.id.hex()}/opening")
    assert earlier.verify_opening(opening.content)


async def test_after_the_period_is_over(provider: Provider, anna: Household) -> None:
    """Whoever was away at its end renews late."""
    statement = await next_period(provider)
    provider.clock.now = statement.plan.start + 2 * DAY
    first = anna.agreement
    anna._agreement = await renew(anna)
    window = anna.window(statement.plan.start + 2 * DAY - WINDOW)
    report = anna.report(window, 500)
    assert anna.outcome(report, await anna.send(report)) == 1
    household = await Registry(provider.database).household_named("anna")
    assert household is not None
    row = await Ledger(provider.database).agreement(household, first.id)
    assert row is not None
    assert row.state is AgreementState.RUNNING


async def test_period_after_period(provider: Provider, anna: Household) -> None:
    """Renewals don't use up the set-ups that a person may need."""
    for _ in range(5):
        statement = await next_period(provider)
        provider.clock.now = statement.plan.start - DAY
        anna._agreement = await renew(anna)
    await provider.reset(anna)
    provider.clock.now = NOON
    await anna.set_up()


async def test_set_ups_are_counted_within_a_period(
    provider: Provider, anna: Household
) -> None:
    statement = await next_period(provider)
    first = anna.agreement
    for _ in range(3):
        anna._agreement = first
        await renew(anna)
    setup = HouseholdSetup(anna.identity, statement, renews=first)
    answer = await anna.post("/v1/agreements", setup.request())
    assert problem(answer) == (409, "setups_exhausted")


async def test_the_same_bytes_get_the_same_answer(
    provider: Provider, anna: Household
) -> None:
    statement = await next_period(provider)
    setup = HouseholdSetup(anna.identity, statement, renews=anna.agreement)
    offer = await anna.post("/v1/agreements", setup.request())
    transfer = setup.transfer(offer.content)
    name = agreement_of(offer.content)
    answers = [await anna.finish(name, transfer) for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    assert setup.finish(answers[0].content)


async def test_other_values_are_refused_and_nobody_is_blocked(
    provider: Provider, anna: Household
) -> None:
    """As if the provider had put others into its database."""
    statement = await next_period(provider)
    registry = Registry(provider.database)
    keeper = await registry.provider()
    assert keeper is not None
    row = await registry.plan_named("evening")
    assert row is not None
    other = ProviderValues.new((900, 2000, 3000))
    plan = statement.plan
    changed = registry.identity(keeper).sign_plan(
        replace(
            plan,
            start=plan.end,
            end=plan.end + 30 * DAY,
            commitment=other.commitment("evening", plan.end, plan.end + 30 * DAY),
        )
    )
    await registry.add_plan(changed, other, NOON)
    provider.clock.now = plan.start
    anna._agreement = await renew(anna)
    provider.clock.now = plan.end - DAY
    _, answer = await send_renewal(anna, changed)
    assert problem(answer) == (409, "plan_changed")
    window = anna.window(plan.end - 2 * DAY)
    provider.clock.now = window.end
    report = anna.report(window, 500)
    assert anna.outcome(report, await anna.send(report)) == 1


async def test_only_one_s_own_running_agreement(
    provider: Provider, anna: Household
) -> None:
    statement = await next_period(provider)
    ben = await (await provider.household("ben")).set_up()
    ben_s = ben.agreement
    assert problem(await anna.get(f"/v1/agreements/{ben_s.id.hex()}/renewal")) == (
        404,
        "agreement_unknown",
    )
    ben._agreement = replace(anna.agreement, identity=ben.identity)
    _, answer = await send_renewal(ben, statement)
    assert problem(answer) == (404, "agreement_unknown")
    first = anna.agreement
    await provider.reset(anna)
    await anna.set_up()
    anna._agreement = first
    assert problem(await offered(anna)) == (403, "agreement_stopped")
    _, answer = await send_renewal(anna, statement)
    assert problem(answer) == (403, "agreement_stopped")


async def test_the_plan_in_force(provider: Provider) -> None:
    """People who agree get the period that runs, whenever they were enrolled."""
    statement = await next_period(provider)
    ben = await provider.household("ben")
    await ben.log_in()
    assert (await ben.statement()).plan.end == statement.plan.start
    provider.clock.now = statement.plan.start
    assert (await ben.statement()).digest == statement.digest
    await ben.agree()
    assert ben.agreement.statement.digest == statement.digest


async def test_periods_of_a_plan(provider: Provider) -> None:
    with pytest.raises(UnfitPlan, match="28 days or more"):
        await next_period(provider, days=20)
    with pytest.raises(UnfitPlan, match="28 days or more"):
        await next_period(provider, days=40)
    statement = await next_period(provider, days=31)
    assert statement.plan.end - statement.plan.start == 31 * DAY
    registry = Registry(provider.database)
    row = await registry.plan_named("evening")
    assert row is not None
    with pytest.raises(Exists):
        await registry.add_plan(statement, registry.values(row), NOON)
