"""Actions on reports, with a real provider."""

import asyncio
import math
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.provider_client import (
    ProviderClient,
    TryLaterError,
)
from custom_components.currentcost_private.report_privacy import entropy
from custom_components.currentcost_private.reporter import HURRY
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .fixing import async_next_flow, async_open_fix, issues_shown
from .household import BUCKET, WINDOW, Household
from .provider import NAME, PLAN, QUESTION, USER
from .translations import lookup

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def async_act(household: Household, action: str, **data: Any) -> dict[str, Any]:
    """Perform an action and return its response."""
    response: Any = await household.hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    await household.hass.async_block_till_done()
    assert isinstance(response, dict)
    return response


def local(time: int) -> str:
    return dt_util.as_local(dt_util.utc_from_timestamp(time)).isoformat()


async def test_report_now_sends_what_is_due_and_nothing_else(
    household: Household,
) -> None:
    await household.async_agree()
    first = await household.async_window(1500)
    await household.async_pass(2)
    assert household.learnt() == {}
    end = first + WINDOW
    assert await async_act(household, "report_now") == {
        "report": NAME,
        "sent": 1,
        "waiting": 0,
        "trouble": None,
        "answer": "bucket 2",
        "last_report": local(end),
        "next_window_end": local(end + WINDOW),
    }
    await household.async_live(600, 500)
    again = await async_act(household, "report_now")
    assert (again["sent"], again["answer"]) == (0, "bucket 2")
    await household.async_live(first + 2 * WINDOW - household.now)
    await household.async_sent()
    assert household.learnt() == {first: 2, end: 1}


async def test_report_now_tries_again_at_once(household: Household) -> None:
    """It doesn't wait for the end of a back-off."""
    await household.async_agree()
    household.provider.kill()
    start = await household.async_window(500)
    await household.async_live(120, 500)
    stands = await async_act(household, "report_now")
    assert (stands["sent"], stands["waiting"]) == (0, 1)
    assert stands["trouble"] == "unreachable"
    assert stands["last_report"] is None
    household.provider.start()
    stands = await async_act(household, "report_now")
    assert (stands["sent"], stands["waiting"], stands["trouble"]) == (1, 0, None)
    assert household.learnt() == {start: 1}


async def test_report_now_waits_as_long_as_the_provider_says(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.async_agree()
    await household.async_window(500)
    await household.async_pass(2)
    tries = 0

    async def busy(_client: object, _agreement_id: bytes, _message: bytes) -> bytes:
        nonlocal tries
        tries += 1
        raise TryLaterError("rate_limited", retry_after=100)

    monkeypatch.setattr(ProviderClient, "async_report", busy)
    stands = await async_act(household, "report_now")
    assert (stands["waiting"], stands["trouble"]) == (1, "busy")
    again = household.hass.async_create_task(async_act(household, "report_now"))
    await asyncio.sleep(0)
    await household.async_pass(HURRY + 1)
    assert await again == stands
    assert tries == 1
    await household.async_pass(200)
    assert tries == 2


async def test_withdraw(
    household: Household,
    hass_storage: dict[str, Any],
    entity_registry: er.EntityRegistry,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    hass = household.hass
    await household.async_agree()
    start = await household.async_window(500)
    await household.async_sent()
    household.provider.kill()
    await household.async_window(500)
    await household.async_live(90, 500)
    agreement_id = str(household.subentry.unique_id)
    entity = entity_registry.async_get(BUCKET)
    assert entity is not None
    with pytest.raises(ServiceValidationError) as refused:
        await async_act(
            household, "withdraw", device_id=entity.device_id, confirm=False
        )
    assert refused.value.translation_key == "confirm_withdrawal"

    async def withdraw(user: MockUser) -> Any:
        return await hass.services.async_call(
            DOMAIN,
            "withdraw",
            {"device_id": entity.device_id, "confirm": True},
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id),
        )

    with pytest.raises(Unauthorized):
        await withdraw(hass_read_only_user)
    assert household.entry.subentries
    now = household.now
    assert await withdraw(hass_admin_user) == {
        "report": NAME,
        "provider": NAME,
        "username": USER,
        "agreement": agreement_id,
        "withdrawn": local(now),
        "provider_has": {"reported": 1, "missing": 0},
        "discarded": 1,
    }
    assert not household.entry.subentries
    assert not [key for key in hass_storage if agreement_id in key]
    await hass.async_block_till_done()
    assert household.entry.runtime_data.reporters == {}
    assert not entity_registry.entities
    household.provider.start()
    sent = len(household.traffic.sent)
    await household.async_live(2 * WINDOW, 500)
    assert len(household.traffic.sent) == sent
    assert not [key for key in hass_storage if agreement_id in key]
    assert household.learnt() == {start: 1}


@pytest.mark.parametrize("plan_options", [{"days": "28"}])
async def test_renew_consent(household: Household) -> None:
    """It shows what is asked and leads there; a person agrees, or nothing changes."""
    hass = household.hass
    await household.async_agree()
    stands = await async_act(household, "renew_consent")
    plan = household.reporter.statement.plan
    assert stands == {
        "report": NAME,
        "consent": "not_needed",
        "terms": {
            "provider": NAME,
            "question": QUESTION,
            "window": WINDOW,
            "answers": ["outside", "bucket 1", "bucket 2", "bucket 3"],
            "bits_of_a_day_at_most": 222.905,
            "period": {"start": local(plan.start), "end": local(plan.end)},
            "code": household.provider.sheet["code"],
        },
        "changes": None,
    }
    assert issues_shown(hass) == {}

    household.provider.command("plan", "renew", PLAN)
    asked = await async_act(household, "renew_consent")
    assert asked["consent"] == "asked"
    assert asked["terms"]["period"]["start"] == local(plan.end)
    assert "- Until when: " in asked["changes"]
    assert list(issues_shown(hass)) == ["consent_asked"]
    assert household.reporter.statement.plan == plan
    assert await household.reporter.storage.async_load_renewed() is None

    form = await async_next_flow(hass, await async_open_fix(hass, "consent_asked"))
    assert form["step_id"] == "agree_again"
    known = {"url": household.address, "username": USER}
    consent = await household.async_submit(form["flow_id"], known)
    assert consent["step_id"] == "consent", consent["errors"]
    done = await household.async_submit(consent["flow_id"], {"agreed": True})
    assert done["reason"] == "agreed_again"
    await household.async_settle()
    assert (await async_act(household, "renew_consent"))["consent"] == "not_needed"
    assert issues_shown(hass) == {}

    household.provider.kill()
    with pytest.raises(HomeAssistantError) as err:
        await async_act(household, "renew_consent")
    assert err.value.translation_key == "consent_not_begun"
    assert err.value.translation_placeholders == {
        "report": NAME,
        "reason": lookup("config_subentries", "report", "error", "cannot_connect"),
    }


async def test_privacy_report(household: Household) -> None:
    await household.async_agree()
    for watts in (500, 1500, 700, 9000):
        await household.async_window(watts)
    household.draw(None)
    await household.async_live(WINDOW)
    await household.async_sent()
    await household.async_restart()
    said = await async_act(household, "privacy_report")
    plan = household.reporter.statement.plan
    assert dt_util.parse_datetime(said.pop("agreed")) is not None
    assert said == {
        "report": NAME,
        "provider": NAME,
        "question": QUESTION,
        "period": {"start": local(plan.start), "end": local(plan.end)},
        "windows": {
            "reported": 4,
            "missing": 1,
            "refused": 0,
            "forged": 0,
            "rejected": 0,
            "late": 0,
            "waiting": 0,
        },
        "on_demand": {"answered": 0, "missing": 0, "not_answered": 0},
        "answers": {"outside": 1, "bucket 1": 2, "bucket 2": 1, "bucket 3": 0},
        "bits": {
            # Five windows: one of four buckets each, or missing.
            "of_a_window_at_most": 2.322,
            "of_a_day_at_most": 222.905,
            "at_most": 11.61,
            "by_entropy": 9.61,
        },
    }


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([], 0), ([7], 0), ([3, 0, 3], 1), ([1, 1, 1, 1], 2), ([1, 3], 0.811278)],
)
def test_entropy(counts: list[int], expected: float) -> None:
    assert math.isclose(entropy(counts), expected, abs_tol=1e-6)


async def test_which_report(
    household: Household, hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    async def refused(**data: Any) -> str | None:
        with pytest.raises(ServiceValidationError) as err:
            await async_act(household, "report_now", **data)
        return err.value.translation_key

    assert await refused() == "no_report"
    await household.async_agree()
    (device,) = dr.async_entries_for_config_entry(
        device_registry, household.entry.entry_id
    )
    other = device_registry.async_get_or_create(
        config_entry_id=household.entry.entry_id, identifiers={("demo", "other")}
    )
    assert await refused(device_id="nonsense") == "no_report"
    assert await refused(device_id=other.id) == "no_report"
    only = household.reporter
    household.entry.runtime_data.reporters["another"] = only
    assert await refused() == "which_report"
    assert (await async_act(household, "report_now", device_id=device.id))["sent"] == 0
    del household.entry.runtime_data.reporters["another"]
    await hass.config_entries.async_unload(household.entry.entry_id)
    assert await refused(device_id=device.id) == "no_report"
