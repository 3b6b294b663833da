"""Setting up, unloading and removing an entry."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .meter import Meter, async_until, reading


async def test_reading_becomes_power(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    assert loaded_entry.state is ConfigEntryState.LOADED
    meter.send(reading(193))
    await async_until(lambda: hass.states.get("sensor.whole_house_power") is not None)
    assert hass.states.get("sensor.whole_house_power").state == "193"
