"""Billing meters that an OptiSmart transmitter counts the impulses of."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .meter import Meter, async_advance, async_until, reading

pytestmark = pytest.mark.freeze_time("2026-11-24T08:59:19+00:00")

GAS = "sensor.gas_meter"
TYPED = {
    "sensor": "9",
    "quantity": "gas_m3",
    "impulses_per_unit": 100,
    "start": 4711.25,
}


def impulses(count: int, *, sensor: int = 9, per_unit: int = 100) -> bytes:
    """Return an EnviR's line with a count of impulses."""
    return (
        f"<msg><src>CC128-v1.29</src><dsb>00017</dsb><time>{dt_util.utcnow():%H:%M:%S}"
        f"</time><tmpr>19.5</tmpr><sensor>{sensor}</sensor><id>01234</id><type>2</type>"
        f"<imp>{count:010}</imp><ipu>{per_unit}</ipu></msg>\r\n"
    ).encode()


async def async_hear(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    meter: Meter,
    entry: MockConfigEntry,
    *counts: int,
) -> None:
    """Send counts 6 s apart."""
    coordinator = entry.runtime_data.meter
    for count in counts:
        heard = coordinator.outcomes.total()
        meter.send(impulses(count))
        await async_until(lambda: coordinator.outcomes.total() > heard)  # noqa: B023
        await async_advance(hass, freezer, 6)


async def async_add(
    hass: HomeAssistant, entry: MockConfigEntry, meter: Meter, **changes: Any
) -> Any:
    """Go through the flow; the entry is loaded again when it is created."""
    subentries = hass.config_entries.subentries
    form = await subentries.async_init(
        (entry.entry_id, "impulse_meter"), context={"source": "user"}
    )
    assert form["type"] is FlowResultType.FORM
    result = await subentries.async_configure(form["flow_id"], TYPED | changes)
    await hass.async_block_till_done()
    if result["type"] is FlowResultType.CREATE_ENTRY:
        await meter.async_opened()
    return result


async def async_change(
    hass: HomeAssistant, entry: MockConfigEntry, **typed: Any
) -> Any:
    """Reconfigure the one impulse meter."""
    (subentry,) = entry.subentries.values()
    form = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert form["type"] is FlowResultType.FORM
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"],
        {key: TYPED[key] for key in TYPED if key != "start"} | typed,
    )
    await hass.async_block_till_done()
    return result


def shown(hass: HomeAssistant) -> float:
    state = hass.states.get(GAS)
    assert state is not None
    return float(state.state)


@pytest.mark.parametrize(
    ("quantity", "entity_id", "device_class", "unit"),
    [
        ("electricity_kwh", "sensor.electricity_meter", "energy", "kWh"),
        ("gas_m3", GAS, "gas", "m³"),
        ("gas_ft3", GAS, "gas", "ft³"),
        ("water_m3", "sensor.water_meter", "water", "m³"),
        ("water_l", "sensor.water_meter", "water", "L"),
    ],
)
async def test_sensor_shows_the_billing_meter(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
    *,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    quantity: str,
    entity_id: str,
    device_class: str,
    unit: str,
) -> None:
    await async_add(hass, loaded_entry, meter, quantity=quantity)
    await async_hear(hass, freezer, meter, loaded_entry, 500, 501, 503, 503)
    state = hass.states.get(entity_id)
    assert state is not None
    assert float(state.state) == pytest.approx(4711.28)
    assert state.attributes["device_class"] == device_class
    assert state.attributes["state_class"] == "total"
    assert state.attributes["unit_of_measurement"] == unit
    entity = entity_registry.async_get(entity_id)
    assert entity is not None
    assert entity.device_id is not None
    device = device_registry.async_get(entity.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.via_device_id == loaded_entry.runtime_data.hub_id


async def test_form_is_filled_in_with_what_is_heard(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    # Whatever else is heard: a clamp counts no impulses.
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "193"))
    await async_hear(hass, freezer, meter, loaded_entry, 500)
    form = await hass.config_entries.subentries.async_init(
        (loaded_entry.entry_id, "impulse_meter"), context={"source": "user"}
    )
    assert form["data_schema"] is not None
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in form["data_schema"].schema
    }
    assert (suggested["sensor"], suggested["impulses_per_unit"]) == ("9", 100)


async def test_reading_survives_a_restart_and_counts_what_it_missed(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_add(hass, loaded_entry, meter)
    await async_hear(hass, freezer, meter, loaded_entry, 500, 505, 505)
    assert await hass.config_entries.async_reload(loaded_entry.entry_id)
    await meter.async_opened()
    assert hass.states.is_state(GAS, "unavailable")
    await async_hear(hass, freezer, meter, loaded_entry, 605, 605)
    assert shown(hass) == pytest.approx(4711.25 + 1.05)


async def test_a_count_that_begins_anew_and_a_spike(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_add(hass, loaded_entry, meter)
    counts = (500, 501, 90_501, 501, 502, 2, 3, 4, 4)
    await async_hear(hass, freezer, meter, loaded_entry, *counts)
    # Of the counts on both sides of the change one or two may be lost.
    assert shown(hass) == pytest.approx(4711.25 + 0.03, abs=0.0101)


async def test_silent_transmitter_is_unavailable(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_add(hass, loaded_entry, meter)
    await async_hear(hass, freezer, meter, loaded_entry, 500, 500)
    assert shown(hass) == 4711.25
    await async_advance(hass, freezer, 61)
    assert hass.states.is_state(GAS, "unavailable")


async def test_reading_is_set_right_or_goes_on(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_add(hass, loaded_entry, meter)
    await async_hear(hass, freezer, meter, loaded_entry, 500, 510, 510)
    result = await async_change(hass, loaded_entry, impulses_per_unit=10)
    assert result["reason"] == "reconfigure_successful"
    await meter.async_opened()
    await async_hear(hass, freezer, meter, loaded_entry, 510, 520, 520)
    assert shown(hass) == pytest.approx(4711.25 + 0.1 + 1)

    await async_change(hass, loaded_entry, start=5000)
    await meter.async_opened()
    await async_hear(hass, freezer, meter, loaded_entry, 520, 620, 620)
    assert shown(hass) == pytest.approx(5001)


async def test_another_unit_needs_a_reading(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    await async_add(hass, loaded_entry, meter)
    result = await async_change(hass, loaded_entry, quantity="gas_ft3")
    assert result["errors"] == {"start": "start_needed"}
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], TYPED | {"quantity": "gas_ft3", "start": 7}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    await meter.async_opened()


async def test_one_meter_a_sensor(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    await async_add(hass, loaded_entry, meter)
    result = await async_add(hass, loaded_entry, meter, quantity="water_l")
    assert result["errors"] == {"sensor": "sensor_taken"}
    result = await async_add(hass, loaded_entry, meter, sensor="8")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_removed_with_the_entry(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    await async_add(hass, loaded_entry, meter)
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert "currentcost_private.impulses.01JMETER" in hass_storage
    await hass.config_entries.async_remove(loaded_entry.entry_id)
    assert "currentcost_private.impulses.01JMETER" not in hass_storage
