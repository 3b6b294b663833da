"""What Home Assistant's log says of a normal hour: nothing."""

from functools import partial
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant

from .household import CONNECTION, Household
from .meter import Meter, async_advance, async_until, reading

HOUSE = "sensor.whole_house_power"
OURS = "custom_components.currentcost_private"


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what our loggers said at info and above, since the last time."""
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(OURS) and record.levelno >= logging.INFO
    ]
    caplog.clear()
    return lines


@pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")
async def test_hour_of_a_meter(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    *,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A byte that is damaged, and a transmitter out of reach, are normal too."""
    for minute in range(60):
        noise = b"noise\r\n" if minute % 7 == 3 else b""
        appliance = reading(30, sensor=3) if minute < 50 else b""
        meter.send(noise + appliance + reading(200 + minute))
        await async_until(partial(hass.states.is_state, HOUSE, str(200 + minute)))
        await async_advance(hass, freezer, 55)
    assert hass.states.is_state("sensor.appliance_3_power", "unavailable")
    assert loaded_entry.runtime_data.meter.outcomes["dropped"]
    assert said(caplog) == []


@pytest.mark.usefixtures("socket_enabled")
async def test_hour_of_a_report_and_an_outage(
    household: Household, caplog: pytest.LogCaptureFixture
) -> None:
    await household.async_agree()
    said(caplog)
    for watts in (500, 1500, 2500, 500):
        await household.async_window(watts)
    await household.async_sent()
    assert len(household.learnt()) >= 4
    assert said(caplog) == []

    household.provider.kill()
    for _ in range(3):
        await household.async_window(500)
    assert household.state(CONNECTION) == "on"
    (lost,) = said(caplog)
    assert "are waiting" in lost
    household.provider.start()
    await household.async_sent()
    assert household.state(CONNECTION) == "off"
    (back,) = said(caplog)
    assert "is reached again" in back
