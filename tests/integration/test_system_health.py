"""System health: numbers, and no address."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .household import Household
from .meter import Meter, async_until, reading
from .translations import ENGLISH


async def async_health(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    health: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    return health


async def test_meter(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    health = await async_health(hass)
    assert (health["meters"], health["meters_heard"]) == (1, 0)
    assert set(health) == set(ENGLISH["system_health"]["info"])
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "193"))
    assert (await async_health(hass))["meters_heard"] == 1
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert (await async_health(hass))["meters"] == 0


@pytest.mark.usefixtures("socket_enabled")
async def test_reports(household: Household) -> None:
    await household.async_agree()
    household.provider.kill()
    await household.async_window(500)
    await household.async_live(90)
    health = await async_health(household.hass)
    names = ("reports", "reports_in_trouble", "reports_waiting")
    assert [health[name] for name in names] == [1, 1, 1]
