"""Energy across readings, gaps, restarts and crashes."""

from functools import partial
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from .meter import Meter, async_advance, async_until, reading

pytestmark = pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")

ENERGY = "sensor.whole_house_energy"
POWER = "sensor.whole_house_power"
STORE = "currentcost_private.meter.01JMETER"


async def async_draw(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    meter: Meter,
    *,
    watts: int,
    readings: int,
) -> None:
    """Send readings 6 s apart, then let 6 s pass."""
    for _ in range(readings):
        # Another than is shown: only so can its arrival be seen.
        power = watts + hass.states.is_state(POWER, str(watts))
        meter.send(reading(power))
        await async_until(partial(hass.states.is_state, POWER, str(power)))
        await async_advance(hass, freezer, 6)


def energy(hass: HomeAssistant) -> float:
    """Return the energy shown, in Wh."""
    state = hass.states.get(ENERGY)
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "kWh"
    return float(state.state) * 1000


@pytest.mark.usefixtures("loaded_entry")
async def test_energy_is_power_over_time(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_draw(hass, freezer, meter, watts=3600, readings=50)
    shown = energy(hass)
    # 300 s of 3600 W make 300 Wh; what is shown is at most 30 s and a reading old.
    assert 300 - 37 <= shown <= 301
    assert hass_storage[STORE]["data"] == {
        "0": {"channels": [1], "energy": pytest.approx(shown, abs=0.001)}
    }


@pytest.mark.usefixtures("loaded_entry")
async def test_a_gap_adds_what_its_last_reading_holds(
    hass: HomeAssistant, meter: Meter, freezer: FrozenDateTimeFactory
) -> None:
    await async_draw(hass, freezer, meter, watts=3600, readings=2)
    await async_advance(hass, freezer, 44)
    meter.send(reading(0))
    await async_until(lambda: hass.states.is_state(POWER, "0"))
    await async_advance(hass, freezer, 30)
    # 56 s passed, for 36 of which the readings stood.
    assert energy(hass) == pytest.approx(36, abs=0.01)


@pytest.mark.usefixtures("loaded_entry")
async def test_a_spike_never_counts(
    hass: HomeAssistant, meter: Meter, freezer: FrozenDateTimeFactory
) -> None:
    for watts in (180, 181, 20_999, 180, 181, 9180, 180, 181):
        meter.send(reading(watts))
        # A thousand or more by one digit isn't shown before it is confirmed.
        shown = 181 if watts == 9180 else watts
        await async_until(partial(hass.states.is_state, POWER, str(shown)))
        await async_advance(hass, freezer, 6)
    await async_advance(hass, freezer, 30)
    # 42 s between the first and the last.
    assert energy(hass) == pytest.approx(180 * 42 / 3600, rel=0.01)


@pytest.mark.usefixtures("loaded_entry")
async def test_a_step_counts_from_its_first_reading(
    hass: HomeAssistant, meter: Meter, freezer: FrozenDateTimeFactory
) -> None:
    for watts in (180, 181, 3000, 3001, 3000, 180, 181):
        meter.send(reading(watts))
        await async_until(partial(hass.states.is_state, POWER, str(watts)))
        await async_advance(hass, freezer, 6)
    await async_advance(hass, freezer, 30)
    assert energy(hass) == pytest.approx((180 * 18 + 3000 * 18) / 3600, rel=0.001)


async def test_energy_goes_on_after_a_reload(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_draw(hass, freezer, meter, watts=3600, readings=3)
    assert await hass.config_entries.async_reload(loaded_entry.entry_id)
    await meter.async_opened()
    # Known from before, though nothing is heard yet.
    assert hass.states.is_state(ENERGY, "unavailable")
    await async_draw(hass, freezer, meter, watts=1, readings=1)
    # Two intervals of 6 s at 3600 W; nobody knows what was drawn during the reload.
    assert energy(hass) == pytest.approx(12, abs=0.1)


@pytest.mark.usefixtures("loaded_entry")
async def test_a_crash_never_takes_shown_energy_back(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    for _ in range(20):
        await async_draw(hass, freezer, meter, watts=3600, readings=1)
        stored = hass_storage.get(STORE)
        if stored is None:
            assert energy(hass) == 0
        else:
            assert energy(hass) <= stored["data"]["0"]["energy"] + 0.001


@pytest.mark.usefixtures("loaded_entry")
async def test_energy_that_the_disk_did_not_take_is_not_shown(
    hass: HomeAssistant,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_space(*_: Any) -> None:
        raise WriteError("no space")

    await async_draw(hass, freezer, meter, watts=3600, readings=10)
    shown = energy(hass)
    assert shown > 0
    with monkeypatch.context() as disk:
        disk.setattr(Store, "_async_write_data", no_space)
        await async_draw(hass, freezer, meter, watts=3600, readings=10)
        assert energy(hass) == shown
    await async_draw(hass, freezer, meter, watts=3600, readings=10)
    # Nothing was lost of the time in between.
    assert energy(hass) >= 180 - 37


@pytest.mark.parametrize("channels", [[1], [1, 3]])
async def test_start_from_what_a_crashed_run_stored(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    config_entry: MockConfigEntry,
    meter: Meter,
    channels: list[int],
) -> None:
    hass_storage[STORE] = {
        "version": 1,
        "minor_version": 1,
        "key": STORE,
        "data": {"0": {"channels": channels, "energy": 1234500.0}},
    }
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await meter.async_opened()
    assert hass.states.is_state(ENERGY, "unavailable")
    assert (hass.states.get("sensor.whole_house_channel_3_power") is not None) == (
        3 in channels
    )
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state(ENERGY, "1234.5"))
