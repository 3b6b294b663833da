"""Triggers and conditions on buckets, in automations."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.currentcost_private.happening import ProviderAsked
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import (
    area_registry as ar,
    condition,
    entity_registry as er,
    trigger,
)
from homeassistant.setup import async_setup_component

from .automation import add_bucket, async_automate, show
from .household import BUCKET, WINDOW, Household
from .test_happenings import ACTIVITY

CHANGED = "currentcost_private.bucket_changed"
AT_LEAST = "currentcost_private.bucket_at_least"


@pytest.fixture
def acted(hass: HomeAssistant) -> list[Event[dict[str, Any]]]:
    """What the automation did."""
    events: list[Event[dict[str, Any]]] = async_capture_events(hass, "acted")
    return events


async def async_show(
    hass: HomeAssistant, entity_id: str, *buckets: str, **attributes: Any
) -> None:
    """Show one bucket after the other."""
    for bucket in buckets:
        show(hass, entity_id, bucket, **attributes)
        await hass.async_block_till_done()


def changes(acted: list[Event[dict[str, Any]]]) -> list[tuple[str, str]]:
    """Return from what to what, and forget it."""
    told = [(event.data["from"], event.data["to"]) for event in acted]
    acted.clear()
    return told


def changed(target: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger."""
    return {"trigger": CHANGED, "target": target, "options": options}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("low", "middle"), ("middle", "high"), ("high", "low")]),
        ({"to": "high"}, [("middle", "high")]),
        ({"from": ["low", "high"]}, [("low", "middle"), ("high", "low")]),
        ({"from": "high", "to": ["low", "middle"]}, [("high", "low")]),
    ],
)
async def test_bucket_changed(
    hass: HomeAssistant,
    acted: list[Event[dict[str, Any]]],
    options: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    bucket = add_bucket(hass, "report", "low")
    other = add_bucket(hass, "other", "low")
    await async_automate(hass, triggers=changed({"entity_id": bucket}, **options))
    await async_show(hass, bucket, "middle", "middle", "high", "low")
    await async_show(hass, other, "high")
    assert changes(acted) == expected
    assert acted == []


async def test_windows_without_an_answer_are_passed_over(
    hass: HomeAssistant, acted: list[Event[dict[str, Any]]]
) -> None:
    bucket = add_bucket(hass, "report", "low")
    await async_automate(hass, triggers=changed({"entity_id": bucket}))
    await async_show(hass, bucket, "unknown", previous="low")
    await async_show(hass, bucket, "low", previous="low")
    assert changes(acted) == []
    await async_show(hass, bucket, "unknown", previous="low")
    await async_show(hass, bucket, "high", previous="low")
    assert changes(acted) == [("unknown", "high")]
    # What comes back with a restart isn't news.
    await async_show(hass, bucket, "unavailable", "low", previous="high")
    assert changes(acted) == []
    # The first bucket of all is.
    await async_show(hass, bucket, "unknown", "middle", previous=None)
    assert changes(acted) == [("unknown", "middle")]


async def test_bucket_has_to_stand(
    hass: HomeAssistant,
    acted: list[Event[dict[str, Any]]],
    freezer: FrozenDateTimeFactory,
) -> None:
    bucket = add_bucket(hass, "report", "low")
    await async_automate(
        hass,
        triggers=changed({"entity_id": bucket}, to="high", **{"for": {"minutes": 20}}),
    )

    async def after(minutes: float) -> list[tuple[str, str]]:
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        return changes(acted)

    await async_show(hass, bucket, "high")
    assert await after(19) == []
    await async_show(hass, bucket, "middle", "high")
    assert await after(19) == []
    assert await after(2) == [("middle", "high")]


async def test_behavior_and_areas(
    hass: HomeAssistant,
    acted: list[Event[dict[str, Any]]],
    area_registry: ar.AreaRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """All of an area, and nothing there that is no bucket of ours."""
    area = area_registry.async_create("Cellar")
    mine, yours = add_bucket(hass, "mine", "low"), add_bucket(hass, "yours", "low")
    foreign = entity_registry.async_get_or_create("sensor", "demo", "washer")
    basis = entity_registry.async_get_or_create(
        "sensor", "currentcost_private", "b", translation_key="forecast_basis"
    )
    for entity_id in (mine, yours, foreign.entity_id, basis.entity_id):
        entity_registry.async_update_entity(entity_id, area_id=area.id)
        show(hass, entity_id, "low")
    target = {"area_id": area.id}
    await async_automate(hass, triggers=changed(target, to="high", behavior="all"))
    await async_show(hass, foreign.entity_id, "high")
    await async_show(hass, basis.entity_id, "high")
    await async_show(hass, mine, "high")
    assert changes(acted) == []
    await async_show(hass, yours, "high")
    assert changes(acted) == [("low", "high")]


@pytest.mark.usefixtures("socket_enabled")
async def test_with_a_real_report(
    household: Household,
    hass: HomeAssistant,
    acted: list[Event[dict[str, Any]]],
    entity_registry: er.EntityRegistry,
) -> None:
    """All three triggers on a report's device, over a restart of the integration."""
    await household.async_agree()
    entity = entity_registry.async_get(BUCKET)
    assert entity is not None
    target = {"device_id": entity.device_id}
    await async_automate(
        hass,
        triggers=[
            changed(target, to=["bucket 3", "outside"]),
            *(
                {"trigger": f"currentcost_private.{kind}", "target": target}
                for kind in ("report_missed", "provider_asked")
            ),
        ],
    )
    seen: list[tuple[str, str]] = []

    async def window(watts: float | None) -> list[tuple[str, str]]:
        household.draw(watts)
        start = household.now // WINDOW * WINDOW
        await household.async_live(start + WINDOW - household.now)
        await household.async_sent()
        seen[:] = [(event.data["entity_id"], event.data["reason"]) for event in acted]
        acted.clear()
        return seen

    assert await window(500) == []
    assert await window(2500) == [(BUCKET, "")]
    await household.async_restart()
    assert await window(2500) == []
    assert await window(None) == [(ACTIVITY, "missing")]
    assert await window(2500) == []
    household.reporter.happenings.async_tell(
        ProviderAsked(start=0, end=900, answered=True)
    )
    await hass.async_block_till_done()
    assert [event.data["entity_id"] for event in acted] == [ACTIVITY]


@pytest.mark.parametrize(
    ("state", "lowest", "expected"),
    [
        ("low", "middle", False),
        ("middle", "middle", True),
        ("outside", "middle", True),
        ("high", "outside", False),
        ("unknown", "low", False),
        ("unavailable", "low", False),
    ],
)
@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_bucket_at_least(
    hass: HomeAssistant, state: str, lowest: str, behavior: str, *, expected: bool
) -> None:
    bucket = add_bucket(hass, "report", state)
    checker = await async_condition(
        hass, {"entity_id": bucket}, bucket=lowest, behavior=behavior
    )
    assert checker.async_check() is expected


async def async_condition(
    hass: HomeAssistant, target: dict[str, Any], **options: Any
) -> condition.ConditionChecker:
    """Return the condition, ready to be checked."""
    config = {"condition": AT_LEAST, "target": target, "options": options}
    validated = await condition.async_validate_condition_config(hass, config)
    return await condition.async_from_config(hass, validated)


async def test_buckets_of_several_reports(hass: HomeAssistant) -> None:
    target = {"entity_id": [add_bucket(hass, "mine"), add_bucket(hass, "yours")]}
    some = await async_condition(hass, target, bucket="high")
    every = await async_condition(hass, target, bucket="high", behavior="all")
    assert [some.async_check(), every.async_check()] == [False, False]
    show(hass, "sensor.mine", "high")
    show(hass, "sensor.yours", "unknown")
    assert [some.async_check(), every.async_check()] == [True, False]
    show(hass, "sensor.yours", "outside")
    assert [some.async_check(), every.async_check()] == [True, True]


async def test_bucket_at_least_for_some_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Higher buckets go on with the time of lower ones."""
    bucket = add_bucket(hass, "report", "middle")
    checker = await async_condition(
        hass, {"entity_id": bucket}, bucket="middle", **{"for": {"minutes": 20}}
    )
    freezer.tick(timedelta(minutes=15))
    await async_show(hass, bucket, "high")
    assert checker.async_check() is False
    freezer.tick(timedelta(minutes=6))
    assert checker.async_check() is True
    await async_show(hass, bucket, "low", "high")
    assert checker.async_check() is False
    freezer.tick(timedelta(minutes=21))
    assert checker.async_check() is True
    # A plan that names its buckets otherwise.
    await async_show(hass, bucket, "great", options=["small", "great"])
    with pytest.raises(ConditionErrorMessage, match="has no bucket 'middle'"):
        checker.async_check()
    checker.async_unload()


async def test_bucket_that_is_not_among_the_options(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """Said where it is typed in, and where the report's buckets have others later."""
    bucket = add_bucket(hass, "report", "low")
    said = "sensor.report has no bucket 'huge'; it has low, middle, high, outside"
    with pytest.raises(probatio.Invalid, match=said):
        await async_condition(hass, {"entity_id": bucket}, bucket="huge")
    with pytest.raises(probatio.Invalid, match=said):
        await trigger.async_validate_trigger_config(
            hass,
            [
                {
                    "platform": CHANGED,
                    "target": {"entity_id": bucket},
                    "options": {"to": "huge"},
                }
            ],
        )
    hass.states.async_remove(bucket)
    await async_automate(
        hass,
        triggers={"trigger": "event", "event_type": "now"},
        conditions={
            "condition": AT_LEAST,
            "target": {"entity_id": bucket},
            "options": {"bucket": "huge"},
        },
        actions=[{"event": "acted"}],
    )
    acted = async_capture_events(hass, "acted")
    show(hass, bucket, "low")
    hass.bus.async_fire("now")
    await hass.async_block_till_done()
    assert acted == []
    assert said in caplog.text


async def test_another_entity_is_no_bucket(hass: HomeAssistant) -> None:
    show(hass, "sensor.washer", "high")
    checker = await async_condition(hass, {"entity_id": "sensor.washer"}, bucket="low")
    assert checker.async_check() is False


async def test_descriptions_are_complete(hass: HomeAssistant) -> None:
    """What the editor shows: every trigger and condition with its fields."""
    assert await async_setup_component(hass, "currentcost_private", {})
    assert await async_setup_component(hass, "automation", {})
    triggers = await trigger.async_get_all_descriptions(hass)
    described = {
        name: set((triggers[f"currentcost_private.{name}"] or {})["fields"])
        for name in ("bucket_changed", "report_missed", "provider_asked")
    }
    assert described == {
        "bucket_changed": {"from", "to", "for", "behavior"},
        "report_missed": set(),
        "provider_asked": set(),
    }
    conditions = await condition.async_get_all_descriptions(hass)
    assert set((conditions[AT_LEAST] or {})["fields"]) == {"bucket", "for", "behavior"}
