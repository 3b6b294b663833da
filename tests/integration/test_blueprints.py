"""The blueprints are valid, and do what they say.

On the newest Home Assistant: `end_to_end/test_whole_path_automations.py`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, DomainBlueprints
from homeassistant.core import Event, HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util, yaml as yaml_util

from .automation import add_bucket, show

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blueprints" / "automation" / DOMAIN
BLUEPRINTS = sorted(path.name for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Blueprint:
    return Blueprint(
        yaml_util.load_yaml_dict(str(FOLDER / name)),
        expected_domain="automation",
        path=name,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )


@contextmanager
def installed() -> Iterator[None]:
    """Let Home Assistant find the blueprints where they stand."""

    def find(_blueprints: DomainBlueprints, path: str) -> Blueprint:
        return load(path)

    with patch.object(DomainBlueprints, "_load_blueprint", find):
        yield


async def async_use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    config = {"use_blueprint": {"path": name, "input": inputs}, "alias": "Test"}
    with installed():
        assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    assert hass.states.is_state("automation.test", "on")


@pytest.fixture
def acted(hass: HomeAssistant) -> list[Event[dict[str, Any]]]:
    """What the blueprints' own actions did."""
    events: list[Event[dict[str, Any]]] = async_capture_events(hass, "acted")
    return events


TELL = [{"event": "acted", "event_data": {"message": "{{ message }}"}}]


def test_there_are_three() -> None:
    assert BLUEPRINTS == ["keep_tier.yaml", "provider_asked.yaml", "shed_load.yaml"]


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_blueprint_is_valid(name: str) -> None:
    blueprint = load(name)
    assert blueprint.validate() is None
    source = str(blueprint.metadata["source_url"])
    assert source.endswith(f"/blob/main/blueprints/automation/{DOMAIN}/{name}")
    # What a person reads, for each input.
    for given in blueprint.inputs.values():
        assert given["name"]
        assert given["description"]


async def async_after(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, minutes: float
) -> None:
    freezer.tick(timedelta(minutes=minutes))
    async_fire_time_changed(hass)
    await async_settle()


async def async_settle() -> None:
    """Let everything happen but what waits for a time or a state to come."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_shed_load(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    acted: list[Event[dict[str, Any]]],
) -> None:
    bucket = add_bucket(hass, "report", "low")
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(
        hass, "input_boolean", {"input_boolean": {"boiler": None, "car": None}}
    )
    await async_turn(hass, "boiler", on=True)
    loads = ["input_boolean.boiler", "input_boolean.car"]
    await async_use(
        hass,
        "shed_load.yaml",
        bucket=bucket,
        lowest="high",
        loads=loads,
        calm={"minutes": 20},
        when_shed=[{"event": "acted"}],
    )

    async def after(state: str | None = None, *, minutes: float = 0) -> str:
        """Return whether the boiler is on."""
        if state is not None:
            show(hass, bucket, state)
            await async_settle()
        if minutes:
            await async_after(hass, freezer, minutes)
        # It was off from the start, and stays off.
        assert hass.states.is_state("input_boolean.car", "off")
        boiler = hass.states.get("input_boolean.boiler")
        assert boiler is not None
        return boiler.state

    assert await after("middle") == "on"
    assert await after("high") == "off"
    assert len(acted) == 1
    assert await after("outside", minutes=60) == "off"
    assert await after("low", minutes=15) == "off"
    # What isn't known isn't lower.
    assert await after("unknown", minutes=30) == "off"
    assert await after("middle", minutes=19) == "off"
    assert await after(minutes=2) == "on"
    assert len(acted) == 1
    assert await after("outside") == "off"
    assert len(acted) == 2
    await async_stop(hass)


async def async_stop(hass: HomeAssistant) -> None:
    """End what the automation is waiting for."""
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test"}, blocking=True
    )


async def async_turn(hass: HomeAssistant, name: str, *, on: bool) -> None:
    await hass.services.async_call(
        "input_boolean",
        "turn_on" if on else "turn_off",
        {"entity_id": f"input_boolean.{name}"},
        blocking=True,
    )


async def test_provider_asked(
    hass: HomeAssistant,
    acted: list[Event[dict[str, Any]]],
    entity_registry: er.EntityRegistry,
) -> None:
    notified = async_mock_service(hass, "persistent_notification", "create")
    activity = entity_registry.async_get_or_create(
        "event", DOMAIN, "x_happening", translation_key="happening"
    ).entity_id
    start = datetime(2026, 11, 23, 17, tzinfo=UTC)
    window = {
        "window_start": dt_util.as_local(start).isoformat(),
        "window_end": dt_util.as_local(start + timedelta(minutes=1)).isoformat(),
    }
    hass.states.async_set(activity, "unknown")
    await async_use(hass, "provider_asked.yaml", activity=[activity])
    for moment, kind in enumerate(("bucket_changed", "provider_asked")):
        attributes = {"event_type": kind, **window}
        hass.states.async_set(activity, f"2026-11-23T17:0{moment}:00", attributes)
        await hass.async_block_till_done()
    (call,) = notified
    local = dt_util.as_local(start)
    assert call.data["title"] == "Your energy provider has asked"
    assert call.data["message"] == (
        f"{activity} has asked about the time from {local:%Y-%m-%d %H:%M} to"
        f" {local:%H}:01."
    )
    assert acted == []


@pytest.mark.parametrize("unit", ["W", "kW"])
async def test_keep_tier(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    acted: list[Event[dict[str, Any]]],
    unit: str,
) -> None:
    """A kettle is no alarm; two dear hours in a row are one each."""
    freezer.move_to("2026-11-23T16:58:30+00:00")
    energy = 100.0

    def draw(watts: float) -> None:
        power = watts if unit == "W" else watts / 1000
        hass.states.async_set("sensor.power", str(power), {"unit_of_measurement": unit})
        hass.states.async_set(
            "sensor.energy", str(energy), {"unit_of_measurement": "kWh"}
        )

    async def pass_minutes(count: int, watts: float) -> int:
        nonlocal energy
        for _ in range(count):
            energy += watts / 1000 / 60
            draw(watts)
            await async_after(hass, freezer, 1)
        told = len(acted)
        acted.clear()
        return told

    draw(500)
    await async_use(
        hass,
        "keep_tier.yaml",
        energy="sensor.energy",
        power="sensor.power",
        limit=5,
        tell=TELL,
    )
    assert await pass_minutes(6, 500) == 0
    assert await pass_minutes(3, 9000) == 0
    assert await pass_minutes(10, 500) == 0
    assert await pass_minutes(4, 9000) == 0
    assert await pass_minutes(3, 9000) == 1
    # Told once; and what is left of the hour is no news.
    assert await pass_minutes(30, 9000) == 0
    hass.states.async_set("sensor.power", "unavailable")
    assert await pass_minutes(10, 500) == 0
    assert await pass_minutes(12, 9000) == 1
    await async_stop(hass)


async def test_keep_tier_says_how_much(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to("2026-11-23T16:59:30+00:00")
    notified: list[ServiceCall] = async_mock_service(
        hass, "persistent_notification", "create"
    )
    hass.states.async_set("sensor.energy", "100", {"unit_of_measurement": "kWh"})
    hass.states.async_set("sensor.power", "6000", {"unit_of_measurement": "W"})
    inputs = {"energy": "sensor.energy", "power": "sensor.power", "limit": 5}
    await async_use(hass, "keep_tier.yaml", patience=1, **inputs)
    await async_after(hass, freezer, 1)
    await async_after(hass, freezer, 1)
    (call,) = notified
    hour = dt_util.as_local(datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert call.data["message"] == (
        "If things go on as they are, this hour has a mean of 5.9 kW, above the limit of"
        f" 5 kW. Turn something off until {hour:%H}:00."
    )
    await async_stop(hass)
