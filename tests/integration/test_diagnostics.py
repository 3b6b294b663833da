"""Diagnostics: enough to find a fault, nothing of the home."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.core import HomeAssistant

from .meter import IMPULSES, Meter, async_until, reading


async def test_meter(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.send(b"noise\r\n" + reading(193, 31, temperature=21.7) + IMPULSES)
    meter.send(reading(4242, sensor=3, transmitter=1357))
    await async_until(lambda: hass.states.is_state("sensor.appliance_3_power", "4242"))
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, loaded_entry
    )
    assert diagnostics == snapshot
    text = json.dumps(diagnostics)
    for secret in (meter.device, "193", "224", "21.7", "4242", "1357", "77"):
        assert secret not in text


async def test_meter_that_was_never_heard(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.unplug()
    coordinator = loaded_entry.runtime_data.meter
    await async_until(lambda: not coordinator.last_update_success)
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, loaded_entry
    )
    assert diagnostics["meter"]["heard"] is False
    assert diagnostics["meter"]["failure"] == "OSError"


@pytest.mark.parametrize("data", [{"device": None}])
async def test_no_meter(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, data: dict[str, None]
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data=data)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["meter"] is None
