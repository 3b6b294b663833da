"""The coordinator on a real line: loss, return, silence, and what it adds up."""

from datetime import datetime
import re
import socket

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.envir import Reading
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .meter import IMPULSES, Meter, async_advance, async_until, reading

pytestmark = pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")

HOUSE = "sensor.whole_house_power"
HOUSE_ENERGY = "sensor.whole_house_energy"
APPLIANCE = "sensor.appliance_3_power"
TEMPERATURE = "sensor.currentcost_envir_temperature"


def state(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return an entity's state, None if there is no such entity."""
    found = hass.states.get(entity_id)
    return found.state if found else None


async def async_until_state(hass: HomeAssistant, entity_id: str, expected: str) -> None:
    """Wait until an entity has a state."""
    await async_until(lambda: state(hass, entity_id) == expected)


async def async_hear(hass: HomeAssistant, meter: Meter, watts: int) -> None:
    """Send a reading of the whole house and wait until it is shown."""
    meter.send(reading(watts))
    await async_until_state(hass, HOUSE, str(watts))


async def async_until_lost(entry: MockConfigEntry) -> None:
    """Wait until the coordinator has given up on the port for now."""
    await async_until(lambda: not entry.runtime_data.meter.last_update_success)


@pytest.mark.usefixtures("loaded_entry")
async def test_readings_become_states(hass: HomeAssistant, meter: Meter) -> None:
    assert state(hass, HOUSE) is None
    assert state(hass, TEMPERATURE) == "unavailable"
    meter.send(reading(193, temperature=19.5))
    await async_until_state(hass, HOUSE, "193")
    assert state(hass, TEMPERATURE) == "19.5"
    meter.send(reading(2511, temperature=18.0))
    await async_until_state(hass, HOUSE, "2511")
    assert state(hass, TEMPERATURE) == "18.0"


@pytest.mark.usefixtures("loaded_entry")
async def test_reading_in_pieces_and_damage_between(
    hass: HomeAssistant, meter: Meter
) -> None:
    line = reading(500)
    meter.send(b"\xfc" + line[:70])
    meter.send(line[70:] + line.replace(b"00500", b"0x500"))
    await async_until_state(hass, HOUSE, "500")
    await async_hear(hass, meter, 1650)


@pytest.mark.usefixtures("loaded_entry")
async def test_new_transmitter_appears_by_itself(
    hass: HomeAssistant, meter: Meter
) -> None:
    await async_hear(hass, meter, 193)
    assert state(hass, APPLIANCE) is None
    meter.send(reading(42, sensor=3))
    await async_until_state(hass, APPLIANCE, "42")
    assert state(hass, HOUSE) == "193"


@pytest.mark.usefixtures("loaded_entry")
async def test_channels_appear_with_the_second_clamp(
    hass: HomeAssistant, meter: Meter
) -> None:
    await async_hear(hass, meter, 100)
    assert state(hass, "sensor.whole_house_channel_1_power") is None
    meter.send(reading(100, 20))
    await async_until_state(hass, HOUSE, "120")
    await async_until_state(hass, "sensor.whole_house_channel_2_power", "20")
    assert state(hass, "sensor.whole_house_channel_1_power") == "100"
    # A clamp whose transmitter has nothing valid to say is left out.
    meter.send(reading(90))
    await async_until_state(hass, HOUSE, "90")
    assert state(hass, "sensor.whole_house_channel_2_power") == "unknown"


@pytest.mark.usefixtures("loaded_entry")
async def test_impulses_break_nothing(hass: HomeAssistant, meter: Meter) -> None:
    meter.send(IMPULSES)
    await async_until_state(hass, TEMPERATURE, "19.5")
    assert state(hass, "sensor.appliance_9_power") is None
    await async_hear(hass, meter, 193)


@pytest.mark.usefixtures("loaded_entry")
async def test_silent_transmitter_is_unavailable_alone(
    hass: HomeAssistant, meter: Meter, freezer: FrozenDateTimeFactory
) -> None:
    meter.send(reading(42, sensor=3))
    await async_until_state(hass, APPLIANCE, "42")
    for watts in (201, 202, 203):
        assert state(hass, APPLIANCE) == "42"
        await async_advance(hass, freezer, 19.9)
        await async_hear(hass, meter, watts)
    await async_advance(hass, freezer, 1)
    assert state(hass, APPLIANCE) == "unavailable"
    assert state(hass, "sensor.appliance_3_energy") == "unavailable"
    assert state(hass, HOUSE) == "203"
    assert state(hass, TEMPERATURE) == "20.0"

    meter.send(reading(43, sensor=3))
    await async_until_state(hass, APPLIANCE, "43")


async def test_silent_port_is_opened_again(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_hear(hass, meter, 193)
    await async_advance(hass, freezer, 61)
    await async_until_lost(loaded_entry)
    assert state(hass, HOUSE) == "unavailable"
    assert state(hass, TEMPERATURE) == "unavailable"
    await async_advance(hass, freezer, 1.1)
    await meter.async_opened()
    await async_hear(hass, meter, 194)


async def test_noise_alone_counts_as_silence(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_hear(hass, meter, 193)
    for _ in range(7):
        meter.send(b"\x80\xff\x00noise\r\n")
        await async_advance(hass, freezer, 10)
    await async_until_lost(loaded_entry)
    await async_advance(hass, freezer, 1.1)
    await meter.async_opened()
    await async_hear(hass, meter, 194)


@pytest.mark.usefixtures("loaded_entry")
async def test_unplugged_and_plugged_in_again(
    hass: HomeAssistant,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await async_hear(hass, meter, 193)
    meter.unplug()
    await async_until_state(hass, HOUSE, "unavailable")
    # It tries again and again, and says no more about it.
    for delay in (1, 2, 4, 8, 16, 32, 60, 60):
        failures = meter.failures
        await async_advance(hass, freezer, delay - 0.1)
        assert meter.failures == failures
        await async_advance(hass, freezer, 0.2)
        await meter.async_failed(failures + 1)
    meter.plug_in()
    await async_advance(hass, freezer, 61)
    await meter.async_opened()
    assert state(hass, HOUSE) == "unavailable"
    await async_hear(hass, meter, 194)

    messages = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "custom_components.currentcost_private"
        and record.levelname != "DEBUG"
    ]
    assert [level for level, _ in messages] == ["INFO", "INFO"]
    assert re.search("Nothing comes from the meter", messages[0][1])
    assert re.search("is heard again", messages[1][1])


async def test_port_that_is_missing_at_start(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    meter.unplug()
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await async_until_lost(config_entry)
    meter.plug_in()
    await async_advance(hass, freezer, 1.1)
    await meter.async_opened()
    await async_hear(hass, meter, 193)


@pytest.mark.usefixtures("socket_enabled")
async def test_meter_behind_a_network_bridge(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003  # the socket's signature
        entry = MockConfigEntry(
            domain="currentcost_private",
            title="CurrentCost EnviR",
            data={
                "device": f"socket://127.0.0.1:{server.getsockname()[1]}",
                "baudrate": 57600,
            },
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        connection, _ = await hass.loop.sock_accept(server)
        with connection:
            await hass.loop.sock_sendall(connection, reading(193))
            await async_until_state(hass, HOUSE, "193")
        # The bridge hung up.
        await async_until_state(hass, HOUSE, "unavailable")
        await async_advance(hass, freezer, 1.1)
        connection, _ = await hass.loop.sock_accept(server)
        with connection:
            await hass.loop.sock_sendall(connection, reading(194))
            await async_until_state(hass, HOUSE, "194")
            await hass.config_entries.async_unload(entry.entry_id)


async def test_listener_gets_every_reading_with_its_time(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    heard: list[tuple[int, int | None, datetime]] = []

    def listen(message: Reading, received: datetime) -> None:
        heard.append((message.sensor, message.total, received))

    stop = loaded_entry.runtime_data.meter.async_add_reading_listener(listen)
    meter.send(reading(193) + reading(193) + reading(42, sensor=3))
    await async_until(lambda: len(heard) == 3)
    now = dt_util.utcnow()
    assert heard == [(0, 193, now), (0, 193, now), (3, 42, now)]

    stop()
    await async_hear(hass, meter, 194)
    assert len(heard) == 3


async def test_retries_start_over_once_heard(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    for watts in (193, 194, 195):
        await async_hear(hass, meter, watts)
        meter.unplug()
        await async_until_lost(loaded_entry)
        meter.plug_in()
        await async_advance(hass, freezer, 1.1)
        await meter.async_opened()
