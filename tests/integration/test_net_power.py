"""Net power by a formula of sensors, and its energy."""

from collections.abc import AsyncGenerator
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    mock_restore_cache_with_extra_data,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

HOUSE: Final = "sensor.house"
SOLAR: Final = "sensor.solar"
NET: Final = "sensor.grid_net_power"
IMPORT: Final = "sensor.grid_import_power"
EXPORT: Final = "sensor.grid_export_power"
IMPORTED: Final = "sensor.grid_import_energy"
EXPORTED: Final = "sensor.grid_export_energy"


@pytest.fixture
def kind() -> str:
    """What the net power is; tests override it."""
    return "grid"


@pytest.fixture
async def entry(hass: HomeAssistant, kind: str) -> AsyncGenerator[MockConfigEntry]:
    """An entry with one net power, not yet set up; unloaded after the test."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id="01JHOME",
        title="Power sensors",
        data={"device": None},
        subentries_data=[
            ConfigSubentryDataWithId(
                data={"kind": kind, "add": [HOUSE], "subtract": [SOLAR]},
                subentry_id="01JNET",
                subentry_type="net_power",
                title="Grid",
                unique_id=None,
            )
        ],
    )
    entry.add_to_hass(hass)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def async_set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def show(hass: HomeAssistant, entity_id: str, power: Any, unit: str = "W") -> None:
    hass.states.async_set(
        entity_id, str(power), {"unit_of_measurement": unit, "device_class": "power"}
    )


async def async_pass(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int
) -> None:
    """Let time pass in steps of 10 s."""
    for _ in range(seconds // 10):
        freezer.tick(10)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()


def states(hass: HomeAssistant, *entity_ids: str) -> list[str]:
    return [
        getattr(hass.states.get(entity_id), "state", "") for entity_id in entity_ids
    ]


async def test_import_and_export(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    show(hass, HOUSE, 500)
    show(hass, SOLAR, 0.2, "kW")
    await async_set_up(hass, entry)
    assert states(hass, NET, IMPORT, EXPORT) == ["300.0", "300.0", "0.0"]
    show(hass, SOLAR, 2, "kW")
    await hass.async_block_till_done()
    assert states(hass, NET, IMPORT, EXPORT) == ["-1500.0", "0.0", "1500.0"]


@pytest.mark.parametrize("away", ["unavailable", "unknown", "nan", "inf"])
async def test_without_one_of_the_sensors_there_is_no_sum(
    hass: HomeAssistant, entry: MockConfigEntry, away: str
) -> None:
    show(hass, HOUSE, 500)
    await async_set_up(hass, entry)
    everything = (NET, IMPORT, EXPORT, IMPORTED, EXPORTED)
    assert states(hass, *everything) == ["unavailable"] * 5
    show(hass, SOLAR, 200)
    await hass.async_block_till_done()
    assert "unavailable" not in states(hass, *everything)
    show(hass, SOLAR, away)
    await hass.async_block_till_done()
    assert states(hass, *everything) == ["unavailable"] * 5


async def test_energy_counts_each_direction(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    show(hass, HOUSE, 3600)
    show(hass, SOLAR, 0)
    await async_set_up(hass, entry)
    await async_pass(hass, freezer, 110)
    # The first sample came 10 s after the set-up: 100 s at 3600 W.
    assert float(states(hass, IMPORTED)[0]) == pytest.approx(0.1)
    show(hass, SOLAR, 10_800)
    await hass.async_block_till_done()
    await async_pass(hass, freezer, 50)
    assert float(states(hass, IMPORTED)[0]) == pytest.approx(0.1)
    assert float(states(hass, EXPORTED)[0]) == pytest.approx(0.1)


async def test_nothing_is_counted_while_a_sensor_is_away(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    show(hass, HOUSE, 3600)
    show(hass, SOLAR, 0)
    await async_set_up(hass, entry)
    await async_pass(hass, freezer, 110)
    show(hass, SOLAR, "unavailable")
    await async_pass(hass, freezer, 600)
    show(hass, SOLAR, 0)
    await hass.async_block_till_done()
    # A sample holds for 30 s at most, as with the meter itself.
    assert float(states(hass, IMPORTED)[0]) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("stored", "shown"), [(1234.5, 1.2345), (None, 0.0), ("damaged", 0.0)]
)
async def test_energy_goes_on_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, stored: Any, shown: float
) -> None:
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(IMPORTED, "1.2345"),
                {"native_value": stored, "native_unit_of_measurement": "Wh"},
            )
        ],
    )
    show(hass, HOUSE, 100)
    show(hass, SOLAR, 0)
    await async_set_up(hass, entry)
    assert float(states(hass, IMPORTED)[0]) == pytest.approx(shown)


@pytest.mark.parametrize("kind", ["generation", "consumption"])
async def test_the_other_kinds_have_one_direction(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str
) -> None:
    show(hass, HOUSE, 500)
    show(hass, SOLAR, 200)
    await async_set_up(hass, entry)
    names = [state.entity_id for state in hass.states.async_all("sensor")]
    assert sorted(names) == [
        f"sensor.grid_{kind}_energy",
        f"sensor.grid_{kind}_power",
        HOUSE,
        SOLAR,
    ]
    assert states(hass, f"sensor.grid_{kind}_power") == ["300.0"]
    show(hass, SOLAR, 600)
    await hass.async_block_till_done()
    assert states(hass, f"sensor.grid_{kind}_power") == ["0.0"]


async def test_nothing_follows_after_unloading(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    show(hass, HOUSE, 500)
    show(hass, SOLAR, 200)
    await async_set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    show(hass, SOLAR, 0)
    await hass.async_block_till_done()
    assert states(hass, NET) == ["unavailable"]


async def test_sensors(
    hass: HomeAssistant,
    snapshot: SnapshotAssertion,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
) -> None:
    show(hass, HOUSE, 500)
    show(hass, SOLAR, 200)
    with patch("custom_components.currentcost_private.PLATFORMS", [Platform.SENSOR]):
        await async_set_up(hass, entry)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


async def async_begin(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "net_power"), context={"source": "user"}
    )


async def async_submit(hass: HomeAssistant, form: Any, typed: dict[str, Any]) -> Any:
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], typed
    )
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"add": []}, {"add": "nothing_added"}),
        ({"add": [HOUSE], "subtract": [HOUSE]}, {"subtract": "twice"}),
        ({"add": [HOUSE, HOUSE]}, {"subtract": "twice"}),
    ],
)
async def test_set_up_and_change(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    await async_set_up(hass, entry)
    form = await async_begin(hass, entry)
    assert form["step_id"] == "user"
    typed = {"name": "Panels", "kind": "generation"}
    form = await async_submit(hass, form, typed | wrong)
    assert form["errors"] == errors
    done = await async_submit(hass, form, typed | {"add": [SOLAR]})
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Panels")
    assert done["data"] == {"kind": "generation", "add": [SOLAR], "subtract": []}
    assert hass.states.get("sensor.panels_generation_energy") is not None

    subentry_id = next(key for key in entry.subentries if key != "01JNET")
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "net_power"),
        context={"source": "reconfigure", "subentry_id": subentry_id},
    )
    typed = {"kind": "grid"}
    form = await async_submit(hass, form, typed | wrong)
    assert form["errors"] == errors
    done = await async_submit(hass, form, typed | {"add": [HOUSE], "subtract": [SOLAR]})
    assert done["reason"] == "reconfigure_successful"
    assert dict(entry.subentries[subentry_id].data) == {
        "kind": "grid",
        "add": [HOUSE],
        "subtract": [SOLAR],
    }
