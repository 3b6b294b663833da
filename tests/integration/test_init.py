"""Setting up, unloading, stopping and removing an entry."""

from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.port import async_open_port
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .fixing import issues_shown
from .household import SOURCE, Household
from .meter import Meter, async_advance, async_until, reading
from .test_diagnostics import BILL, NET_POWER

STORE = "currentcost_private.meter.01JMETER"


async def async_assert_free(device: str) -> None:
    """Assert that nobody has the port open: it opens for one process at a time."""
    port = await async_open_port(device, 57600)
    await port.close()


def device_of(
    device_registry: dr.DeviceRegistry, entry: MockConfigEntry, identifier: str
) -> dr.DeviceEntry | None:
    """Return the entry's device with this identifier."""
    return next(
        (
            device
            for device in dr.async_entries_for_config_entry(
                device_registry, entry.entry_id
            )
            if (DOMAIN, identifier) in device.identifiers
        ),
        None,
    )


async def test_unload_frees_the_port(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    with pytest.raises(OSError, match="locked"):
        await async_open_port(meter.device, 57600)
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert loaded_entry.state is ConfigEntryState.NOT_LOADED
    await async_assert_free(meter.device)


async def test_unload_while_the_port_is_missing(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    meter.unplug()
    coordinator = loaded_entry.runtime_data.meter
    await async_until(lambda: not coordinator.last_update_success)
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)


async def test_failed_unload_goes_on_listening(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    with patch.object(
        hass.config_entries, "async_unload_platforms", return_value=False
    ):
        assert not await hass.config_entries.async_unload(loaded_entry.entry_id)
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "193"))
    loaded_entry.mock_state(hass, ConfigEntryState.LOADED)


@pytest.mark.usefixtures("loaded_entry")
async def test_stop_frees_the_port(hass: HomeAssistant, meter: Meter) -> None:
    meter.send(reading(193))
    await async_until(lambda: hass.states.get("sensor.whole_house_power") is not None)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    await async_assert_free(meter.device)


async def test_changed_entry_is_reloaded(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    hass.config_entries.async_update_entry(
        loaded_entry, data={**loaded_entry.data, "baudrate": 9600}
    )
    await meter.async_opened()
    assert loaded_entry.state is ConfigEntryState.LOADED


async def test_removal_deletes_what_was_stored(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.send(reading(193))
    await async_until(lambda: hass.states.get("sensor.whole_house_power") is not None)
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert STORE in hass_storage
    await hass.config_entries.async_remove(loaded_entry.entry_id)
    assert STORE not in hass_storage


async def test_entry_without_a_meter(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data={"device": None})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert dr.async_entries_for_config_entry(device_registry, entry.entry_id) == []
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_display_says_what_it_is(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.send(reading(193) + reading(42, sensor=3))
    await async_until(lambda: hass.states.get("sensor.appliance_3_power") is not None)
    hub = device_of(device_registry, loaded_entry, "01JMETER")
    assert hub is not None
    assert (hub.manufacturer, hub.model, hub.sw_version) == (
        "Current Cost",
        "EnviR",
        "1.29",
    )
    for sensor, name in (("0", "Whole house"), ("3", "Appliance 3")):
        device = device_of(device_registry, loaded_entry, f"01JMETER_{sensor}")
        assert device is not None
        assert (device.name, device.via_device_id) == (name, hub.id)


@pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")
async def test_only_a_silent_transmitter_can_be_deleted(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    freezer: FrozenDateTimeFactory,
    *,
    hass_ws_client: WebSocketGenerator,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)

    async def async_delete(identifier: str) -> bool:
        device = device_of(device_registry, loaded_entry, identifier)
        assert device is not None
        response = await client.remove_device(device.id)
        await hass.async_block_till_done()
        return bool(response["success"])

    meter.send(reading(193) + reading(42, sensor=3))
    await async_until(lambda: hass.states.get("sensor.appliance_3_power") is not None)
    assert not await async_delete("01JMETER")
    assert not await async_delete("01JMETER_3")

    await async_advance(hass, freezer, 59)
    meter.send(reading(194))
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "194"))
    await async_advance(hass, freezer, 2)
    assert await async_delete("01JMETER_3")
    assert hass.states.get("sensor.appliance_3_power") is None
    assert not await async_delete("01JMETER_0")

    meter.send(reading(43, sensor=3))
    await async_until(lambda: hass.states.is_state("sensor.appliance_3_power", "43"))
    assert hass.states.is_state("sensor.appliance_3_energy", "0.0")


async def test_no_device_of_an_entry_without_a_meter_can_be_deleted(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert await async_setup_component(hass, "config", {})
    entry = MockConfigEntry(domain=DOMAIN, data={"device": None})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "report")}
    )
    client = await hass_ws_client(hass)
    response = await client.remove_device(device.id)
    assert not response["success"]


def listeners(hass: HomeAssistant) -> dict[Any, int]:
    """Return how many listeners there are, but for what Home Assistant is to write."""
    found = dict(hass.bus.async_listeners())
    found.pop(EVENT_HOMEASSISTANT_FINAL_WRITE, None)
    return found


@pytest.mark.usefixtures("socket_enabled")
async def test_nothing_is_left_after_unloading_and_removal(
    household: Household, hass_storage: dict[str, Any]
) -> None:
    """No listener, no entity, no issue, no file: loading again doesn't pile up."""
    hass, entry = household.hass, household.entry
    await household.async_agree()
    for kind, data in (("bill", BILL), ("net_power", NET_POWER)):
        subentry = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type=kind,
            title=kind,
            unique_id=None,
        )
        hass.config_entries.async_add_subentry(entry, subentry)
        await household.async_settle()
    await household.async_window(500)
    counts = []
    for _ in range(2):
        assert await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
        counts.append(listeners(hass))
        await household.async_set_up()
    assert counts[0] == counts[1]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert listeners(hass) == counts[0]
    assert issues_shown(hass) == {}
    assert {state.entity_id for state in hass.states.async_all()} == {SOURCE}
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
