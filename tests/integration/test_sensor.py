"""The sensor platform as a whole."""

from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity

from .meter import Meter, async_until, reading


@pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")
async def test_sensors(
    hass: HomeAssistant,
    snapshot: SnapshotAssertion,
    entity_registry: er.EntityRegistry,
    config_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    config_entry.add_to_hass(hass)
    with (
        patch("custom_components.currentcost_private.PLATFORMS", [Platform.SENSOR]),
        patch.object(Entity, "entity_registry_enabled_default", True),  # noqa: FBT003
    ):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await meter.async_opened()
        meter.send(reading(193, 20, 7) + b"noise\r\n" + reading(42, sensor=3))
        await async_until(
            lambda: hass.states.is_state("sensor.appliance_3_power", "42")
        )
        await snapshot_platform(hass, entity_registry, snapshot, config_entry.entry_id)
        await hass.config_entries.async_unload(config_entry.entry_id)
