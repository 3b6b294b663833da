"""A report goes on for another period by itself, on the same values."""

import asyncio
from collections.abc import Awaitable, Callable
import time
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.currentcost_private.exchange import HouseholdAgreement
from custom_components.currentcost_private.measured import async_measured_already
from custom_components.currentcost_private.storage import (
    NotWrittenError,
    ReportStorage,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .household import BUCKET, WINDOW, Household
from .line import Line
from .provider import PLAN

pytestmark = [
    pytest.mark.same_clock,
    pytest.mark.usefixtures("socket_enabled"),
]

DAY = 86_400


async def async_jump(household: Household, to: int) -> None:
    """Move both clocks, the provider's a bit further."""
    household.provider.set_clock(to + 120)
    await household.async_pass(to - household.now)


async def async_window(household: Household, watts: float) -> int:
    """Live through a window and let it be sent; return its start.

    The provider's clock is ahead, or it would find every window early.
    """
    household.provider.set_clock(household.now + WINDOW + 120)
    start = await household.async_window(watts)
    await household.async_sent()
    return start


async def async_half_days(household: Household, count: int) -> None:
    for _ in range(count):
        await async_jump(household, household.now + DAY // 2)


async def async_renewed(household: Household) -> bytes:
    """Let half a day pass until the agreement is renewed."""
    for _ in range(4):
        await async_half_days(household, 1)
        if renewed := await async_found(
            household, household.reporter.storage.async_load_renewed
        ):
            return renewed
    raise TimeoutError


async def async_found(
    household: Household, load: Callable[[], Awaitable[bytes | None]]
) -> bytes | None:
    """Return what is written down within some seconds, by a clock that nobody stops."""
    for _ in range(600):
        if found := await load():
            return found
        await household.hass.async_add_executor_job(time.sleep, 0.005)
        await household.hass.async_block_till_done()
    return None


async def async_gone_over(household: Household, end: int, *, step: int = 10) -> None:
    """Let the report go over to the period after the one that ends then."""
    if household.now < end:
        await async_jump(household, end)
    for _ in range(20):
        await async_jump(household, household.now + step)
        for _ in range(100):
            if household.subentry.data["end"] != end and end_of(household) != end:
                await household.async_settle()
                return
            await household.hass.async_add_executor_job(time.sleep, 0.005)
            await household.hass.async_block_till_done()
    raise TimeoutError


def end_of(household: Household) -> int:
    return household.reporter.statement.plan.end


def shown(issues: ir.IssueRegistry) -> set[str]:
    return {str(issue.translation_key) for issue in issues.issues.values()}


def files_of(storage: dict[str, Any], kind: str) -> set[str]:
    return {key for key in storage if f".{kind}." in key}


async def test_goes_on_by_itself(
    household: Household,
    issue_registry: ir.IssueRegistry,
    entity_registry: er.EntityRegistry,
    hass_storage: dict[str, Any],
) -> None:
    await household.async_agree()
    await async_window(household, 500)
    before = dict(household.subentry.data)
    entities = set(entity_registry.entities)
    end = end_of(household)
    household.provider.command("plan", "renew", PLAN)

    # Not long before: nothing is asked yet.
    await async_jump(household, end - 15 * DAY)
    assert await household.reporter.storage.async_load_renewed() is None
    await async_jump(household, end - 13 * DAY)
    renewed = await async_renewed(household)
    assert household.subentry.data == before
    await household.async_restart()
    assert await household.reporter.storage.async_load_renewed() == renewed

    # To the last window of this period, and on into the next one.
    await async_jump(household, end - WINDOW)
    last = await async_window(household, 2500)
    assert household.state(BUCKET) == "bucket 3"
    await async_gone_over(household, end)
    assert household.subentry.data["agreement_id"] != before["agreement_id"]
    assert household.subentry.data["end"] == end_of(household) == end + 28 * DAY
    first = await async_window(household, 1500)
    assert (last, first) == (end - WINDOW, end)
    assert household.state(BUCKET) == "bucket 2"
    learnt = household.learnt()
    assert (learnt[last], learnt[first]) == (3, 2)
    assert set(entity_registry.entities) == entities
    assert not issue_registry.issues
    assert len(files_of(hass_storage, "agreement")) == 2

    # The earlier agreement is opened and checked; only one that is false is news.
    async def opened() -> bytes | None:
        earlier = await household.reporter.storage.async_load_earlier()
        assert earlier is not None
        return await earlier.async_load_opening()

    assert await opened() is None
    await async_half_days(household, 1)
    assert await async_found(household, opened)
    assert not issue_registry.issues

    # All of it goes with the report.
    household.hass.config_entries.async_remove_subentry(
        household.entry, household.subentry.subentry_id
    )
    await household.async_settle()
    assert not files_of(hass_storage, "agreement")
    assert not files_of(hass_storage, "outbox")
    assert not files_of(hass_storage, "checkpoint")


async def test_no_window_is_lost_by_being_away(
    household: Household, hass_storage: dict[str, Any]
) -> None:
    """Home Assistant is off when the period ends, and for an hour of the next one."""
    await household.async_agree()
    end = end_of(household)
    household.provider.command("plan", "renew", PLAN)
    await async_jump(household, end - 2 * DAY)
    await async_renewed(household)
    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    await async_jump(household, end + 4 * WINDOW)
    await household.async_set_up()
    await async_gone_over(household, end)
    assert end_of(household) == end + 28 * DAY
    household.provider.set_clock(household.now + 120)
    await household.async_sent()
    learnt = household.learnt()
    for number in range(4):
        assert learnt[end + number * WINDOW] is None
    del hass_storage


async def test_period_after_period(
    household: Household,
    issue_registry: ir.IssueRegistry,
    hass_storage: dict[str, Any],
) -> None:
    """Of all the earlier agreements only the last one's files are kept."""
    await household.async_agree()
    for number in range(3):
        end = end_of(household)
        household.provider.command("plan", "renew", PLAN)
        await async_jump(household, end - 3 * DAY)
        await async_renewed(household)
        await async_gone_over(household, end)
        assert end_of(household) == end + 28 * DAY, number
    assert not issue_registry.issues
    assert len(files_of(hass_storage, "agreement")) == 2


async def test_offered_too_late(
    household: Household, issue_registry: ir.IssueRegistry
) -> None:
    """The person is told that the period is over; it goes on when it can."""
    await household.async_agree()
    end = end_of(household)
    await async_jump(household, end - DAY)
    await async_half_days(household, 3)
    assert shown(issue_registry) >= {"period_over"}
    household.provider.command("plan", "renew", PLAN)
    await async_gone_over(household, end, step=DAY // 4)
    assert end_of(household) == end + 28 * DAY
    assert "period_over" not in shown(issue_registry)
    await async_window(household, 1500)
    assert household.state(BUCKET) == "bucket 2"


async def test_not_if_the_source_is_measured_otherwise(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person has agreed to another question about it meanwhile."""
    await household.async_agree()
    source = household.subentry.data["source"]

    def both(hass: HomeAssistant, *, but: str | None = None) -> set[str]:
        return async_measured_already(hass, but=but) | {source}

    monkeypatch.setattr(
        "custom_components.currentcost_private.report_renewal.async_measured_already",
        both,
    )
    household.provider.command("plan", "renew", PLAN)
    await async_jump(household, end_of(household) - 3 * DAY)
    await async_half_days(household, 2)
    assert await household.reporter.storage.async_load_renewed() is None


async def test_not_after_a_false_opening(
    household: Household, line: Line, issue_registry: ir.IssueRegistry
) -> None:
    """Whoever didn't open the last period's values gets no other by itself."""
    await household.async_agree()
    end = end_of(household)
    household.provider.command("plan", "renew", PLAN)
    await async_jump(household, end - 3 * DAY)
    await async_renewed(household)
    line.tampers["opening"] = lambda _answer: (200, bytes(100))
    await async_gone_over(household, end)
    await async_half_days(household, 1)
    await household.async_until(lambda: "false_opening" in shown(issue_registry))

    household.provider.command("plan", "renew", PLAN)
    await async_jump(household, end_of(household) - 3 * DAY)
    with pytest.raises(TimeoutError):
        await async_renewed(household)


@pytest.mark.parametrize(
    "method", ["async_save_renewed", "async_save_agreement", "async_save_outbox"]
)
async def test_a_disk_that_is_full_for_a_while(
    household: Household, method: str
) -> None:
    await household.async_agree()
    end = end_of(household)
    household.provider.command("plan", "renew", PLAN)
    write, failures = getattr(ReportStorage, method), [NotWrittenError()]

    async def full(*arguments: Any, **keywords: Any) -> None:
        if failures:
            raise failures.pop()
        await write(*arguments, **keywords)

    await async_jump(household, end - 3 * DAY)
    if method != "async_save_renewed":
        await async_renewed(household)
    with patch.object(ReportStorage, method, full):
        if method == "async_save_renewed":
            await async_renewed(household)
        await async_gone_over(household, end)
    assert not failures
    assert end_of(household) == end + 28 * DAY


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
async def test_stopped_in_the_middle_of_going_over(
    household: Household, hass_storage: dict[str, Any], *, done: bool
) -> None:
    """Wherever it stops, the next start goes over, and to the same agreement."""
    await household.async_agree()
    methods = ("async_save_agreement", "async_save_outbox", "async_save_checkpoint")
    for method in (*methods, "async_remove_earlier"):
        end = end_of(household)
        household.provider.command("plan", "renew", PLAN)
        await async_jump(household, end - 3 * DAY)
        renewed = HouseholdAgreement.from_bytes(await async_renewed(household))
        work, reached = getattr(ReportStorage, method), asyncio.Event()

        async def stop(
            storage: ReportStorage, *arguments: Any, **keywords: Any
        ) -> None:
            is_its = storage.agreement_id == renewed.id.hex()  # noqa: B023
            if not is_its and method != "async_remove_earlier":  # noqa: B023
                await work(storage, *arguments, **keywords)  # noqa: B023
                return
            if done:
                await work(storage, *arguments, **keywords)  # noqa: B023
            reached.set()  # noqa: B023
            await asyncio.Event().wait()

        with patch.object(ReportStorage, method, stop):
            await async_jump(household, end)
            while not reached.is_set():
                await household.async_pass(10)
            entry_id = household.entry.entry_id
            assert await household.hass.config_entries.async_unload(entry_id)
        await household.async_set_up()
        await async_gone_over(household, end)
        assert household.subentry.data["agreement_id"] == renewed.id.hex()
        await async_window(household, 1500)
        await household.async_until(lambda: household.state(BUCKET) == "bucket 2")
    assert len(files_of(hass_storage, "agreement")) == 2
