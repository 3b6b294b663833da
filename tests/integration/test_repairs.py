"""Repair issues of reports: raised when a person can act, cleared when it is over."""

from types import MappingProxyType

import pytest

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.report_issues import (
    ReportIssue,
    async_raise_issue,
)
from custom_components.currentcost_private.report_watch import SOURCE_PATIENCE
from custom_components.currentcost_private.storage import NotWrittenError, ReportStorage
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from .fixing import async_fix, async_next_flow, async_open_fix, issues_shown
from .household import BUCKET, SOURCE, Household
from .line import Line
from .provider import USER

pytestmark = pytest.mark.usefixtures("socket_enabled")

DAY = 86_400


async def test_provider_gone_for_a_day(household: Household, line: Line) -> None:
    """Told once, with the way to another address; it goes away by itself."""
    hass = household.hass
    await household.async_agree()
    household.provider.kill()
    await household.async_window(500)
    await household.async_pass(DAY - 60)
    assert issues_shown(hass) == {}
    await household.async_pass(120)
    await household.async_pass(30)
    issue = issues_shown(hass)["provider_gone"]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["report"] == "Example Energy"

    household.provider.set_clock(household.now + 7200)
    household.provider.start()
    moved = line.address
    line.target = household.provider.address
    form = await async_open_fix(hass, "provider_gone")
    assert form["step_id"] == "confirm"
    form = await async_next_flow(hass, form)
    assert form["step_id"] == "access"
    done = await household.async_submit(
        form["flow_id"], {"url": moved, "username": USER}
    )
    assert done["reason"] == "reconfigure_successful"
    await household.async_settle()
    await household.async_sent()
    assert issues_shown(hass) == {}
    assert line.heard


async def test_period_that_ends_soon(household: Household) -> None:
    """Told days before, only while nothing follows."""
    hass = household.hass
    await household.async_agree()
    end = household.reporter.statement.plan.end
    await household.async_pass(end - household.now - 8 * DAY)
    assert "period_ending" not in issues_shown(hass)
    await household.async_pass(DAY + 60)
    assert "period_ending" in issues_shown(hass)
    form = await async_open_fix(hass, "period_ending")
    assert (await async_next_flow(hass, form))["step_id"] == "agree_again"
    household.reporter._renewal.is_settled = True
    await household.async_pass(60)
    assert "period_ending" not in issues_shown(hass)


async def test_sensor_that_is_gone(household: Household) -> None:
    """A person may bring it back, or choose the one that has taken its place."""
    hass = household.hass
    await household.async_agree()
    household.draw(None)
    await household.async_live(int(SOURCE_PATIENCE) + 60)
    assert issues_shown(hass) == {}, "unavailable is not gone"

    hass.states.async_remove(SOURCE)
    await household.async_live(int(SOURCE_PATIENCE) - 60)
    assert issues_shown(hass) == {}
    await household.async_live(120)
    assert set(issues_shown(hass)) == {"source_gone"}
    household.draw(500)
    await household.async_pass(30)
    assert issues_shown(hass) == {}

    hass.states.async_remove(SOURCE)
    await household.async_live(int(SOURCE_PATIENCE) + 60)
    power = {"unit_of_measurement": "W", "device_class": "power"}
    hass.states.async_set("sensor.other", "2500", power)
    form = await async_open_fix(hass, "source_gone")
    done = await async_fix(hass, form, {"source": "sensor.other"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await household.async_settle()
    assert household.subentry.data["source"] == "sensor.other"
    assert issues_shown(hass) == {}
    await household.async_window(0)
    await household.async_window(0)
    await household.async_sent()
    assert household.state(BUCKET) == "bucket 3"


async def test_sensor_that_another_report_measures(household: Household) -> None:
    """Nor does the repair let two questions about one source be asked."""
    hass, entry = household.hass, household.entry
    await household.async_agree()
    subentry = household.subentry
    other = ConfigSubentry(
        data=MappingProxyType({**subentry.data, "source": "sensor.flat"}),
        subentry_type="report",
        title="Other",
        unique_id="other",
    )
    hass.config_entries.async_add_subentry(entry, other)
    await household.async_settle()
    async_raise_issue(hass, ReportIssue.SOURCE_GONE, subentry, source="x")
    form = await async_open_fix(hass, "source_gone")
    form = await async_fix(hass, form, {"source": "sensor.flat"})
    assert form["errors"] == {"source": "source_taken"}


async def test_what_was_opened_is_read_once(household: Household) -> None:
    hass = household.hass
    await household.async_agree()
    storage = household.reporter.storage
    subentry = household.subentry
    async_raise_issue(hass, ReportIssue.OPENED, subentry, values="1 W")
    form = await async_open_fix(hass, "opened")
    assert form["description_placeholders"]["values"] == "1 W"
    done = await async_fix(hass, form, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert issues_shown(hass) == {}
    assert await storage.async_is_read()


async def test_report_that_was_deleted_meanwhile(household: Household) -> None:
    hass = household.hass
    await household.async_agree()
    subentry = household.subentry
    forms = []
    for issue in (ReportIssue.STOPPED, ReportIssue.SOURCE_GONE):
        async_raise_issue(hass, issue, subentry, source="x")
        forms.append(await async_open_fix(hass, issue))
    hass.config_entries.async_remove_subentry(household.entry, subentry.subentry_id)
    await household.async_settle()
    assert issues_shown(hass) == {}
    for form, typed in zip(forms, ({}, {"source": "sensor.x"}), strict=True):
        result = await async_fix(hass, form, typed)
        assert (result["type"], result["reason"]) == (
            FlowResultType.ABORT,
            "report_removed",
        )


async def test_unloading_takes_all_issues_away(household: Household) -> None:
    hass = household.hass
    await household.async_agree()
    for issue in ReportIssue:
        async_raise_issue(
            hass, issue, household.subentry, end="x", since="x", source="x", values="x"
        )
    assert len(issues_shown(hass)) == len(ReportIssue)
    assert await hass.config_entries.async_unload(household.entry.entry_id)
    assert issues_shown(hass) == {}


async def test_rejected_access_leads_to_its_own_report(
    household: Household, hass: HomeAssistant
) -> None:
    await household.async_agree()
    password = household.provider.reset()
    await household.async_window(1500)
    await household.async_live(90)
    form = await async_next_flow(hass, await async_open_fix(hass, "token_rejected"))
    assert form["step_id"] == "access"
    typed = {"url": household.address, "username": USER, "password": password}
    done = await household.async_submit(form["flow_id"], typed)
    assert done["reason"] == "reconfigure_successful"
    await household.async_settle()
    await household.async_sent()
    assert issues_shown(hass) == {}


async def test_disk_that_takes_nothing(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.async_agree()

    async def full(*_args: object) -> None:
        raise NotWrittenError

    with monkeypatch.context() as patched:
        patched.setattr(ReportStorage, "async_save_outbox", full)
        await household.async_window(500)
        await household.async_live(120)
        assert set(issues_shown(household.hass)) == {"disk_full"}
    await household.async_sent()
    assert issues_shown(household.hass) == {}


async def test_total_of_the_meter_takes_the_place(household: Household) -> None:
    """Chosen as an entity, it is the meter's total."""
    hass, entry = household.hass, household.entry
    await household.async_agree()
    total = er.async_get(hass).async_get_or_create(
        "sensor", DOMAIN, f"{entry.entry_id}_0_power", config_entry=entry
    )
    async_raise_issue(hass, ReportIssue.SOURCE_GONE, household.subentry, source="x")
    form = await async_open_fix(hass, "source_gone")
    done = await async_fix(hass, form, {"source": total.entity_id})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert household.subentry.data["source"] is None
