"""Agreeing anew on a report: what is different is said, and the report stays itself."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.currentcost_private.leftovers import async_delete_leftovers
from custom_components.currentcost_private.storage import NotWrittenError, ReportStorage
from homeassistant.config_entries import SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from .fixing import async_next_flow, async_open_fix, issues_shown
from .household import BUCKET, WINDOW, Household
from .line import Line
from .provider import NAME, PLAN, USER, Provider

pytestmark = [
    pytest.mark.same_clock,
    pytest.mark.usefixtures("socket_enabled"),
]

DAY = 86_400


async def async_begin(household: Household) -> Any:
    """Choose to make a new agreement; return the form."""
    flows = household.hass.config_entries.subentries
    menu = await flows.async_init(
        (household.entry.entry_id, "report"),
        context=SubentryFlowContext(
            source="reconfigure", subentry_id=household.subentry.subentry_id
        ),
    )
    return await flows.async_configure(menu["flow_id"], {"next_step_id": "agree_again"})


def access(household: Household, **changes: str) -> dict[str, str]:
    """Return what the form is filled with."""
    return {"url": household.address, "username": USER, **changes}


def enrol(provider: Provider, user: str, plan: str) -> dict[str, str]:
    """Return another household's enrolment sheet."""
    sheet = provider.command("household", "enrol", user, "--plan", plan, "--json")
    letter: dict[str, str] = json.loads(sheet)
    return letter


async def async_windows(household: Household, watts: float) -> None:
    household.provider.set_clock(household.now + WINDOW + 120)
    await household.async_window(watts)
    await household.async_sent()


async def test_other_thresholds_with_a_new_sheet(
    household: Household,
    hass_storage: dict[str, Any],
    entity_registry: er.EntityRegistry,
) -> None:
    """The report, its entities and its title stay; nothing is left of before."""
    await household.async_agree()
    await async_windows(household, 2500)
    before, old = household.subentry, household.reporter.storage.agreement_id
    entities = set(entity_registry.entities)
    household.provider.command(
        *("plan", "create", "half-hours", "--title=How much, by the half hour?"),
        *("--threshold=700", "--threshold=1400", "--window=1800", "--days=28"),
        f"--start={datetime.fromtimestamp(household.now - DAY, UTC):%Y-%m-%d}",
    )
    sheet = enrol(household.provider, "berta", "half-hours")

    form = await async_begin(household)
    for typed, errors in (
        (access(household), {"base": "nothing_new"}),
        (access(household, username="berta"), {"password": "password_required"}),
        (
            access(household, username="berta", password=USER),
            {"base": "credentials"},
        ),
    ):
        form = await household.async_submit(form["flow_id"], typed)
        assert form["step_id"] == "agree_again"
        assert form["errors"] == errors
    typed = access(household, username="berta", password=sheet["password"])
    consent = await household.async_submit(form["flow_id"], typed)
    assert consent["step_id"] == "consent"
    told = consent["description_placeholders"]
    assert told["code"] == sheet["code"]
    assert "- How often: every: 15 min → 30 min\n" in told["changes"]
    assert "→ How much, by the half hour?" in told["changes"]
    assert "- The answers\n" in told["changes"]
    assert NAME not in told["changes"]

    # Looking costs nothing: the running agreement goes on until the person agrees.
    refused = await household.async_submit(consent["flow_id"], {"agreed": False})
    assert refused["errors"] == {"agreed": "consent_required"}
    await async_windows(household, 1500)
    assert household.state(BUCKET) == "bucket 2"
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "agreed_again")
    await household.async_settle()

    subentry = household.subentry
    assert subentry.subentry_id == before.subentry_id
    assert (subentry.unique_id, subentry.title) == (before.unique_id, before.title)
    assert subentry.data["plan_id"] == "half-hours"
    assert set(entity_registry.entities) == entities
    assert not [key for key in hass_storage if old in key]
    household.provider.set_clock(household.now + 4000)
    await household.async_live(3600, 1000)
    await household.async_sent()
    assert household.state(BUCKET) == "bucket 2"
    learnt = household.provider.results()
    assert {result["household"] for result in learnt} == {USER, "berta"}


async def test_other_kind_of_question(
    household: Household, hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    """What the provider learns now has an entity; what it learnt has none any more."""
    await household.async_agree()
    await async_windows(household, 2500)
    household.provider.command(
        *("plan", "create", "cap", "--title=Was it too much?", "--days=28"),
        *("--program=demand_response", "--value=INPUT_B_cap=2000"),
        f"--start={datetime.fromtimestamp(household.now - DAY, UTC):%Y-%m-%d}",
    )
    sheet = enrol(household.provider, "berta", "cap")
    form = await async_begin(household)
    typed = access(household, username="berta", password=sheet["password"])
    consent = await household.async_submit(form["flow_id"], typed)
    assert consent["step_id"] == "consent_program", consent["errors"]
    await household.async_submit(consent["flow_id"], {"agreed": True})
    await household.async_settle()
    assert not [each for each in entity_registry.entities if "bucket" in each]
    assert hass.states.get(BUCKET) is None
    assert hass.states.get("sensor.example_energy_answer") is not None


async def test_next_period_by_hand(
    household: Household, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Not by itself, for instance because the provider can't prove it: by a person."""
    await household.async_agree()
    await async_windows(household, 500)
    old, end = household.reporter.storage, household.reporter.statement.plan.end
    household.provider.command("plan", "renew", PLAN)
    form = await async_begin(household)
    consent = await household.async_submit(form["flow_id"], access(household))
    assert consent["step_id"] == "consent", consent["errors"]
    changes = consent["description_placeholders"]["changes"]
    assert changes.count("\n- ") == 1
    assert "- Until when: " in changes
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert done["reason"] == "agreed_again"
    await household.async_settle()

    # It waits for the end of the running one, and is not offered again.
    assert household.reporter.storage.agreement_id == old.agreement_id
    form = await async_begin(household)
    form = await household.async_submit(form["flow_id"], access(household))
    assert form["errors"] == {"base": "nothing_new"}
    hass.config_entries.subentries.async_abort(form["flow_id"])
    await async_windows(household, 1500)
    household.provider.set_clock(end + 3700)
    await household.async_pass(end - household.now)
    for _ in range(100):
        await household.async_pass(30)
        if household.subentry.data["end"] != end:
            break
    await household.async_settle()
    assert household.reporter.statement.plan.start == end
    consented = await household.reporter.storage.async_load_consent()
    assert "- Until when: " in consented["changes"]
    # The one before is kept until it is opened, also by the next start.
    await async_delete_leftovers(hass, [household.reporter.storage.agreement_id])
    assert f"currentcost_private.agreement.{old.agreement_id}" in hass_storage


async def test_fix_after_the_provider_ended_it(
    household: Household, line: Line, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """From the repair issue to the consent, with the access that the report has."""
    await household.async_agree()
    stop = (
        403,
        b'{"type": "urn:currentcost:agreement_stopped", "title": "x", "status": 403}',
    )
    line.tampers["windows"] = lambda _: stop
    await household.async_window(500)
    for _ in range(40):
        await household.async_pass(5)
    assert set(issues_shown(hass)) == {"agreement_stopped"}

    form = await async_next_flow(hass, await async_open_fix(hass, "agreement_stopped"))
    assert form["step_id"] == "agree_again"
    assert set(issues_shown(hass)) == {"agreement_stopped"}
    line.tampers = {"renewal": lambda _: stop}
    old = household.reporter.storage.agreement_id
    consent = await household.async_submit(form["flow_id"], access(household))
    assert consent["step_id"] == "consent", consent["errors"]
    changes = consent["description_placeholders"]["changes"]
    assert "Nothing in the words is different" in changes
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert done["reason"] == "agreed_again"
    await household.async_settle()
    assert issues_shown(hass) == {}
    line.tampers.clear()
    await async_windows(household, 2500)
    assert household.state(BUCKET) == "bucket 3"
    assert [key for key in hass_storage if old in key], "evidence until it is opened"


async def test_agreement_of_another_version(
    household: Household,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another compiler makes another circuit: a new sheet and a new agreement help."""
    await household.async_agree()
    assert await hass.config_entries.async_unload(household.entry.entry_id)
    other = "custom_components.currentcost_private.exchange.plan.circuit_digests"
    with monkeypatch.context() as patched:
        patched.setattr(other, lambda _: {"circuit": "of another compiler"})
        await household.async_set_up()
        assert set(issues_shown(hass)) == {"other_circuit"}
        form = await async_next_flow(hass, await async_open_fix(hass, "other_circuit"))
        form = await household.async_submit(form["flow_id"], access(household))
        assert form["errors"] == {"password": "password_required"}
    password = household.provider.reset()
    typed = access(household, password=password)
    # By now it can be read again: the same household goes on.
    consent = await household.async_submit(form["flow_id"], typed)
    assert consent["errors"] == {"base": "nothing_new"}
    old = household.subentry.data["agreement_id"]
    await ReportStorage(hass, old).async_remove()
    typed = access(household, password=household.provider.reset())
    consent = await household.async_submit(form["flow_id"], typed)
    assert consent["step_id"] == "consent", consent["errors"]
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert done["reason"] == "agreed_again"
    await household.async_settle()
    assert issues_shown(hass) == {}
    await async_windows(household, 500)
    assert household.state(BUCKET) == "bucket 1"
    assert not [key for key in hass_storage if old in key]


async def test_disk_that_is_full(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.async_agree()
    household.provider.command("plan", "renew", PLAN)
    form = await async_begin(household)
    consent = await household.async_submit(form["flow_id"], access(household))

    async def full(*_args: Any, **_kwargs: Any) -> None:
        raise NotWrittenError

    with monkeypatch.context() as patched:
        patched.setattr(ReportStorage, "async_save_renewed", full)
        form = await household.async_submit(consent["flow_id"], {"agreed": True})
        assert form["errors"] == {"base": "not_written"}
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert done["reason"] == "agreed_again"
    await household.async_settle()


async def test_provider_that_answers_something_else(
    household: Household, line: Line
) -> None:
    """Whatever is wrong is told, and the form is shown again."""
    await household.async_agree()
    form = await async_begin(household)
    line.tampers["renewal"] = lambda _: (
        400,
        b'{"type": "urn:currentcost:malformed", "title": "x", "status": 400}',
    )
    form = await household.async_submit(form["flow_id"], access(household))
    assert form["errors"] == {"base": "credentials"}
    line.tampers.clear()
    form = await household.async_submit(form["flow_id"], access(household))
    assert form["errors"] == {"base": "nothing_new"}


async def test_next_period_that_is_over_too(household: Household) -> None:
    """Away for two periods: what is asked now counts, not the one that was missed."""
    await household.async_agree()
    end = household.reporter.statement.plan.end
    household.provider.command("plan", "renew", PLAN)
    household.provider.set_clock(end + 29 * DAY)
    await household.async_pass(end + 29 * DAY - household.now)
    form = await async_begin(household)
    form = await household.async_submit(form["flow_id"], access(household))
    assert form["errors"] == {"base": "period_over"}
    household.provider.command("plan", "renew", PLAN)
    consent = await household.async_submit(form["flow_id"], access(household))
    assert consent["step_id"] == "consent", consent["errors"]
