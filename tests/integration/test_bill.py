"""Bills on a real recorder: cost, forecast, base load, and what is left on."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    EVENT_RECORDER_5MIN_STATISTICS_GENERATED,
    EVENT_RECORDER_HOURLY_STATISTICS_GENERATED,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance

from .bill import (
    BASE_LOAD,
    BASIS,
    BEGINNING,
    COST,
    ENERGY,
    FORECAST,
    HIGH,
    HOUR,
    LEFT_ON,
    LOW,
    NOW,
    async_hour_passed,
    async_remember,
    async_remember_prices,
    new_entry,
    number,
    past,
    show_energy,
    show_price,
)

BY_ENTITY = {"price": ..., "bands": ..., "price_entity": "sensor.price"}


@pytest.fixture(autouse=True)
def _custom_integrations(
    recorder_mock: Recorder,  # noqa: ARG001  # comes before Home Assistant
    enable_custom_integrations: None,  # noqa: ARG001
) -> None:
    """Let Home Assistant load custom integrations, with a recorder.

    Every row of weeks of statistics in the log would take most of the time.
    """
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
async def _time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOW)


@pytest.fixture
def changes() -> dict[str, Any]:
    """What the bill has other than usual; tests override it."""
    return {}


@pytest.fixture
async def entry(
    hass: HomeAssistant, changes: dict[str, Any]
) -> AsyncGenerator[MockConfigEntry]:
    """An entry with one bill, not yet set up; unloaded after the test."""
    entry = new_entry(**changes)
    entry.add_to_hass(hass)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def async_set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def of_bill(hours: dict[int, float]) -> dict[int, float]:
    return {hour: kwh for hour, kwh in hours.items() if hour >= BEGINNING.timestamp()}


async def test_cost_and_forecast(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hours = past(60)
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    so_far = sum(of_bill(hours).values())
    # Eleven days of standing charge have begun; tax on all of it.
    assert number(hass, COST) == pytest.approx(
        1.1 * (0.2 * so_far + 11 * 0.5), abs=0.01
    )
    state = hass.states.get(COST)
    assert state is not None
    assert state.attributes["last_reset"] == BEGINNING.isoformat()
    forecast = number(hass, FORECAST)
    whole_days = so_far / (10 + 10 / 24) * 30
    assert forecast == pytest.approx(1.1 * (0.2 * whole_days + 30 * 0.5), rel=0.05)
    assert number(hass, LOW) <= forecast <= number(hass, HIGH)
    assert hass.states.is_state(BASIS, "history")
    assert number(hass, BASE_LOAD) == pytest.approx(205, abs=5)
    assert number(hass, LEFT_ON) == 0


async def test_what_is_left_on_at_night(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(60)
    night = int(datetime(2026, 11, 10, 1, tzinfo=UTC).timestamp())
    for hour in range(night, night + 4 * HOUR, HOUR):
        hours[hour] += 1.0
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    assert number(hass, LEFT_ON) == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize(
    "changes",
    [
        {
            "price": 0.3,
            "standing_charge": 0,
            "tax": 0,
            "bands": [
                {"price": 0.1, "start": "23:00:00", "end": "07:00:00", "days": []}
            ],
        }
    ],
)
async def test_prices_by_time(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hours = past(60)
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    expected = sum(
        kwh * (0.3 if 7 <= datetime.fromtimestamp(hour, UTC).hour < 23 else 0.1)
        for hour, kwh in of_bill(hours).items()
    )
    assert number(hass, COST) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("unit", ["kWh", "Wh"])
async def test_energy_costs_at_once_and_once(
    hass: HomeAssistant, entry: MockConfigEntry, unit: str
) -> None:
    hours = past(30)
    counter = sum(hours.values())
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    before = number(hass, COST)
    show_energy(hass, counter + 5, unit=unit)
    await hass.async_block_till_done()
    assert number(hass, COST) == pytest.approx(before + 5 * 0.22, abs=0.011)
    # The hour is over, and the statistics have what was counted live.
    hours[max(hours) + HOUR] = 5.0
    await async_remember(hass, hours)
    await async_hour_passed(hass)
    assert number(hass, COST) == pytest.approx(before + 5 * 0.22, abs=0.011)


async def test_a_restart_takes_nothing_back(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(30)
    await async_remember(hass, hours)
    show_energy(hass, sum(hours.values()) + 3)
    await async_set_up(hass, entry)
    before = hass.states.get(COST)
    assert before is not None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(COST, before.state)


async def test_what_was_to_be_read_when_it_was_unloaded_is_not(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_remember(hass, past(3))
    await async_set_up(hass, entry)
    for _ in range(2):
        hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    show_energy(hass, 100)
    await hass.async_block_till_done()
    assert hass.states.is_state(COST, "unavailable")


async def test_a_counter_that_is_away_or_begins_anew(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(30)
    counter = sum(hours.values())
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    before = number(hass, COST)
    for shown in (counter + 1, None, counter + 2, float("nan"), 0.5):
        show_energy(hass, shown)
        await hass.async_block_till_done()
    assert number(hass, COST) == pytest.approx(before + 2.5 * 0.22, abs=0.011)


async def test_the_recorders_own_statistics(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    start = NOW.replace(minute=0)
    freezer.move_to(start)
    show_energy(hass, 100)
    await async_set_up(hass, entry)
    bases = []
    for step in range(1, 15):
        await async_wait_recording_done(hass)
        freezer.move_to(start + timedelta(minutes=5 * step))
        get_instance(hass).queue_task(
            StatisticsTask(start + timedelta(minutes=5 * (step - 1)), fire_events=True)
        )
        await async_wait_recording_done(hass)
        show_energy(hass, 100 + 0.5 * step)
        await hass.async_block_till_done()
        bases.append(getattr(hass.states.get(BASIS), "state", ""))
        if bases[-1] == "few_days":
            assert number(hass, COST) == pytest.approx(
                1.1 * (0.2 * 0.5 * step + 11 * 0.5), abs=0.011
            )
    # At five to eleven the recorder has the first hour.
    assert bases == ["no_energy"] * 11 + ["few_days"] * 3
    before = number(hass, COST)
    await async_wait_recording_done(hass)
    hass.states.async_remove(ENERGY)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    # The five-minute statistics know all but what came since.
    assert before - number(hass, COST) == pytest.approx(0.5 * 0.22, abs=0.011)


async def test_the_first_days(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "no_energy")
    for entity in (COST, FORECAST, LOW, HIGH, BASE_LOAD, LEFT_ON):
        assert hass.states.is_state(entity, "unknown"), entity
    await async_remember(hass, past(2))
    await async_hour_passed(hass)
    assert hass.states.is_state(BASIS, "few_days")
    assert number(hass, COST) > 0
    assert hass.states.is_state(FORECAST, "unknown")


async def test_a_late_meter_has_a_forecast_but_no_range(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(7)
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "no_range")
    assert hass.states.is_state(LOW, "unknown")
    # The days before the meter came are taken to be like those after.
    daily = sum(hours.values()) / 7
    assert number(hass, FORECAST) == pytest.approx(
        1.1 * (0.2 * 30 * daily + 30 * 0.5), rel=0.05
    )
    assert number(hass, COST) < 1.1 * (0.2 * 8 * daily + 11 * 0.5)


async def test_an_energy_sensor_that_went_away_is_said(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(40, until=BEGINNING + timedelta(days=5))
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "partial")
    assert number(hass, FORECAST) > 2 * number(hass, COST)


async def test_a_bill_begins_at_midnight(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    hours = past(60, until=datetime(2026, 11, 30, 23, tzinfo=UTC))
    await async_remember(hass, hours)
    await async_set_up(hass, entry)
    assert number(hass, COST) > 50
    freezer.move_to(datetime(2026, 12, 1, 0, 5, tzinfo=UTC))
    hass.bus.async_fire(EVENT_RECORDER_5MIN_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    # One day of standing charge.
    assert number(hass, COST) == pytest.approx(0.55)
    state = hass.states.get(COST)
    assert state is not None
    assert state.attributes["last_reset"] == "2026-12-01T00:00:00+00:00"


@pytest.mark.parametrize("changes", [{"energy": None}])
async def test_the_whole_house_once_it_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "no_source")
    entity_registry.async_get_or_create(
        "sensor",
        "currentcost_private",
        "01JHOME_0_energy",
        suggested_object_id="house_energy",
    )
    await async_remember(hass, past(30))
    hass.bus.async_fire(EVENT_RECORDER_5MIN_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    assert hass.states.is_state(BASIS, "history")


async def test_without_a_recorder(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config.components.remove("recorder")
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "no_recorder")
    assert hass.states.is_state(COST, "unknown")
    hass.config.components.add("recorder")


@pytest.mark.parametrize("changes", [BY_ENTITY | {"standing_charge": 0, "tax": 0}])
async def test_energy_costs_what_it_costs_when_it_is_used(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = dict.fromkeys(of_bill(past(30)), 0.0)
    await async_remember(hass, hours)
    show_energy(hass, 0)
    await async_set_up(hass, entry)
    assert hass.states.is_state(BASIS, "no_price")
    assert hass.states.is_state(COST, "unknown")
    show_price(hass, 30)
    show_energy(hass, 1)
    await hass.async_block_till_done()
    assert number(hass, COST) == pytest.approx(0.30)
    show_price(hass, -10)
    show_energy(hass, 3)
    await hass.async_block_till_done()
    assert number(hass, COST) == pytest.approx(0.10)
    show_price(hass, "unavailable")
    show_energy(hass, 4)
    await hass.async_block_till_done()
    # At the mean price of its hour.
    assert number(hass, COST) == pytest.approx(0.13)


@pytest.mark.parametrize("changes", [BY_ENTITY | {"standing_charge": 0, "tax": 0}])
async def test_prices_outlive_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    hours = dict.fromkeys(past(30), 0.0)
    await async_remember(hass, hours)
    show_energy(hass, 0)
    show_price(hass, 30)
    await async_set_up(hass, entry)
    show_energy(hass, 2)
    await hass.async_block_till_done()
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    hours[max(hours) + HOUR] = 2.0
    await async_remember(hass, hours)
    show_price(hass, 90)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert number(hass, COST) == pytest.approx(0.60)
    assert "currentcost_private.prices.01JBILL" in hass_storage
    hass.config_entries.async_remove_subentry(entry, "01JBILL")
    await hass.async_block_till_done()
    assert "currentcost_private.prices.01JBILL" not in hass_storage


@pytest.mark.parametrize("changes", [BY_ENTITY | {"standing_charge": 0, "tax": 0}])
async def test_prices_of_before_come_from_the_statistics(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hours = past(60)
    await async_remember(hass, hours)
    await async_remember_prices(hass, dict.fromkeys(hours, 25.0))
    show_price(hass, 40)
    await async_set_up(hass, entry)
    assert number(hass, COST) == pytest.approx(
        0.25 * sum(of_bill(hours).values()), abs=0.006
    )
    assert hass.states.is_state(BASIS, "history")
    assert number(hass, LOW) <= number(hass, FORECAST) <= number(hass, HIGH)
    # Nobody knows what these numbers mean any more.
    show_price(hass, 40, "W")
    await async_hour_passed(hass)
    assert hass.states.is_state(BASIS, "history")


@pytest.mark.parametrize("changes", [BY_ENTITY])
async def test_removing_the_entry_removes_the_prices(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    await async_remember(hass, past(3))
    show_price(hass, 30)
    await async_set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert "currentcost_private.prices.01JBILL" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert "currentcost_private.prices.01JBILL" not in hass_storage


async def test_sensors(
    hass: HomeAssistant,
    snapshot: SnapshotAssertion,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
) -> None:
    await async_remember(hass, past(60))
    with patch("custom_components.currentcost_private.PLATFORMS", [Platform.SENSOR]):
        await async_set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)
