"""The flow that sets a bill up."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.bill_price import price_of
from custom_components.currentcost_private.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType

from .bill import ENERGY, PRICE, show_energy, show_price
from .meter import Meter

NIGHT: Final = {"price": 0.1, "start": "23:00:00", "end": "07:00:00", "days": []}
WEEKEND: Final = {
    "price": 0.15,
    "start": "08:00:00",
    "end": "12:00:00",
    "days": ["sat", "sun"],
}
CHARGES: Final = {"standing_charge": 0.53, "tax": 5, "currency": "GBP"}
QUIET: Final = {"sleep_start": "00:30:00", "sleep_end": "06:00:00"}


def meter_form(**changes: Any) -> dict[str, Any]:
    """Return what a person types first."""
    form = {
        "energy": ENERGY,
        "billing_day": "15",
        "pricing": "bands",
        "charges": CHARGES,
        "quiet": QUIET,
        **changes,
    }
    return {key: value for key, value in form.items() if value is not None}


@pytest.fixture
def device() -> str | None:
    """The meter's port; tests override it."""
    return None


@pytest.fixture
async def entry(
    hass: HomeAssistant, device: str | None
) -> AsyncGenerator[MockConfigEntry]:
    """An entry, loaded; unloaded after the test."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id="01JHOME",
        title="Power sensors",
        data={"device": device, "baudrate": 57600},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    show_energy(hass, 100)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def async_begin(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form of a new bill."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "bill"), context={"source": "user"}
    )


async def async_submit(hass: HomeAssistant, form: Any, typed: dict[str, Any]) -> Any:
    """Send a form and return what comes next."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], typed
    )
    await hass.async_block_till_done()
    return result


def bills(entry: MockConfigEntry) -> list[ConfigSubentry]:
    return list(entry.subentries.values())


async def test_prices_by_time(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await async_begin(hass, entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    form = await async_submit(hass, form, meter_form())
    assert form["step_id"] == "bands"
    assert form["description_placeholders"]["currency"] == "GBP"
    done = await async_submit(hass, form, {"price": 0.29, "bands": [NIGHT, WEEKEND]})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (bill,) = bills(entry)
    assert bill.title == "Bill"
    assert dict(bill.data) == {
        "energy": ENERGY,
        "billing_day": "15",
        "price": 0.29,
        "bands": [NIGHT, WEEKEND],
        **CHARGES,
        **QUIET,
    }
    # Set up, though this home has no recorder.
    assert hass.states.is_state("sensor.bill_forecast_basis", "no_recorder")


async def test_one_price_and_another_bill(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    for title in ("Bill", "Bill 2"):
        form = await async_submit(hass, await async_begin(hass, entry), meter_form())
        done = await async_submit(hass, form, {"price": 0.29})
        assert done["title"] == title
        assert done["data"]["bands"] == []


async def test_one_band_as_an_object(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await async_submit(hass, await async_begin(hass, entry), meter_form())
    done = await async_submit(hass, form, {"price": 0.29, "bands": NIGHT})
    assert done["data"]["bands"] == [NIGHT]


async def test_a_price_entity(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await async_submit(
        hass, await async_begin(hass, entry), meter_form(pricing="entity")
    )
    assert form["step_id"] == "entity"
    for unit, price in (("°C", "20"), ("EUR/m³", "1"), ("EUR/kWh", "unknown")):
        show_price(hass, price, unit)
        form = await async_submit(hass, form, {"price_entity": PRICE})
        assert form["errors"] == {"price_entity": "no_price"}, unit
    show_price(hass, 0.31, "EUR/kWh")
    done = await async_submit(hass, form, {"price_entity": PRICE})
    assert done["data"]["price_entity"] == PRICE
    assert "price" not in done["data"]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"energy": None}, {"energy": "energy_required"}),
        ({"energy": "sensor.power"}, {"energy": "not_energy"}),
        ({"energy": "sensor.today"}, {"energy": "not_counting"}),
        (
            {"charges": CHARGES | {"standing_charge": 0.123_456_7}},
            {"base": "bad_amount"},
        ),
        ({"quiet": QUIET | {"empty_days": ["mon"]}}, {"base": "empty_times"}),
        (
            {"quiet": QUIET | {"empty_days": ["mon"], "empty_start": "09:00:00"}},
            {"base": "empty_times"},
        ),
    ],
)
async def test_errors_of_the_first_form(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    hass.states.async_set("sensor.power", "5", {"unit_of_measurement": "W"})
    hass.states.async_set(
        "sensor.today",
        "5",
        {"unit_of_measurement": "kWh", "state_class": "measurement"},
    )
    form = await async_begin(hass, entry)
    form = await async_submit(hass, form, meter_form(**wrong))
    assert (form["step_id"], form["errors"]) == ("user", errors)
    form = await async_submit(hass, form, meter_form())
    assert form["step_id"] == "bands"


async def test_a_home_that_is_empty_by_day(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    empty = {
        "empty_days": ["mon", "tue"],
        "empty_start": "09:00:00",
        "empty_end": "16:00:00",
    }
    form = await async_submit(
        hass, await async_begin(hass, entry), meter_form(quiet=QUIET | empty)
    )
    done = await async_submit(hass, form, {"price": 0.29})
    assert done["data"]["empty_days"] == ["mon", "tue"]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"price": 1e-7}, {"price": "bad_amount"}),
        ({"price": 0}, {"price": "price_required"}),
        ({"price": -100_001}, {"price": "bad_amount"}),
        ({"price": 0.3, "bands": [NIGHT | {"price": 1e-7}]}, {"bands": "bad_amount"}),
        (
            {"price": 0.3, "bands": [NIGHT, WEEKEND | {"start": "06:00:00"}]},
            {"bands": "overlap"},
        ),
        ({"price": 0.3, "bands": [NIGHT] * 51}, {"bands": "too_many"}),
    ],
)
async def test_errors_of_the_prices(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    form = await async_submit(hass, await async_begin(hass, entry), meter_form())
    form = await async_submit(hass, form, wrong)
    assert (form["step_id"], form["errors"]) == ("bands", errors)
    done = await async_submit(hass, form, {"price": 0.3, "bands": [NIGHT]})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_an_overlap_names_both_times(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await async_submit(hass, await async_begin(hass, entry), meter_form())
    form = await async_submit(
        hass, form, {"price": 0.3, "bands": [NIGHT, WEEKEND | {"start": "06:00:00"}]}
    )
    named = form["description_placeholders"]
    assert named["first"] == "23:00-07:00 (0.1)"
    assert named["second"] == "06:00-12:00 (0.15)"


async def test_the_whole_house_where_there_is_a_meter(
    hass: HomeAssistant, meter: Meter, config_entry: MockConfigEntry
) -> None:
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await meter.async_opened()
    form = await async_begin(hass, config_entry)
    form = await async_submit(hass, form, meter_form(energy=None))
    done = await async_submit(hass, form, {"price": 0.3})
    assert done["data"]["energy"] is None
    await meter.async_opened()
    await hass.config_entries.async_unload(config_entry.entry_id)


async def async_reconfigure(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form that changes the one bill."""
    (bill,) = bills(entry)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "bill"),
        context={"source": "reconfigure", "subentry_id": bill.subentry_id},
    )


def suggested(form: Any) -> dict[str, Any]:
    """Return what a form shows as typed already."""
    values: dict[str, Any] = {}
    for key, value in form["data_schema"].schema.items():
        schema = getattr(value, "schema", None)
        if schema is not None and hasattr(schema, "schema"):
            values |= suggested({"data_schema": schema})
        elif key.description and "suggested_value" in key.description:
            values[str(key)] = key.description["suggested_value"]
    return values


async def test_change_a_bill(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await async_submit(hass, await async_begin(hass, entry), meter_form())
    await async_submit(hass, form, {"price": 0.29, "bands": [NIGHT]})

    form = await async_reconfigure(hass, entry)
    assert form["step_id"] == "reconfigure"
    assert suggested(form) == {
        "energy": ENERGY,
        "billing_day": "15",
        "pricing": "bands",
        **CHARGES,
        **QUIET,
    }
    form = await async_submit(hass, form, meter_form(billing_day="0"))
    assert suggested(form) == {"price": 0.29, "bands": [NIGHT]}
    done = await async_submit(hass, form, {"price": 0.31})
    assert (done["type"], done["reason"]) == (
        FlowResultType.ABORT,
        "reconfigure_successful",
    )
    (bill,) = bills(entry)
    assert bill.data["price"] == 0.31
    assert bill.data["bands"] == []
    assert bill.data["billing_day"] == "0"


async def test_change_from_typed_prices_to_an_entity_and_back(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await async_submit(hass, await async_begin(hass, entry), meter_form())
    await async_submit(hass, form, {"price": 0.29})
    form = await async_reconfigure(hass, entry)
    form = await async_submit(hass, form, meter_form(pricing="entity"))
    await async_submit(hass, form, {"price_entity": PRICE})
    (bill,) = bills(entry)
    assert "price" not in bill.data
    form = await async_reconfigure(hass, entry)
    assert suggested(form)["pricing"] == "entity"
    form = await async_submit(hass, form, meter_form(pricing="entity"))
    assert suggested(form) == {"price_entity": PRICE}
    await async_submit(hass, form, {"price_entity": PRICE})
    form = await async_reconfigure(hass, entry)
    form = await async_submit(hass, form, meter_form())
    await async_submit(hass, form, {"price": 0.3})
    (bill,) = bills(entry)
    assert "price_entity" not in bill.data


@pytest.mark.parametrize(
    ("unit", "value", "per_kwh"),
    [
        ("EUR/kWh", "0.3", 0.3),
        ("EUR/MWh", "300", 0.3),
        ("ct/kWh", "30", 0.3),
        ("p/kWh", "30", 0.3),
        ("GBP/Wh", "0.0003", 0.3),
        (None, "0.3", 0.3),
        ("EUR", "0.3", 0.3),
        ("€", "0.3", 0.3),
        ("EUR/kWh", "nan", None),
        ("EUR/kWh", "cheap", None),
        ("W", "5", None),
    ],
)
def test_units_of_prices(unit: str | None, value: str, per_kwh: float | None) -> None:
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    price = price_of(State(PRICE, value, attributes))
    assert price == (None if per_kwh is None else pytest.approx(per_kwh))


def test_no_entity_has_no_price() -> None:
    assert price_of(None) is None
