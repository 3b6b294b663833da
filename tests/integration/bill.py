"""A home with a bill, and a past in the recorder's statistics."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import EVENT_RECORDER_HOURLY_STATISTICS_GENERATED
from homeassistant.core import HomeAssistant

ENERGY: Final = "sensor.house_energy"
PRICE: Final = "sensor.price"
COST: Final = "sensor.bill_cost_so_far"
FORECAST: Final = "sensor.bill_forecast"
LOW: Final = "sensor.bill_forecast_low"
HIGH: Final = "sensor.bill_forecast_high"
BASE_LOAD: Final = "sensor.bill_base_load"
LEFT_ON: Final = "sensor.bill_left_on_when_quiet"
BASIS: Final = "sensor.bill_forecast_basis"

# A bill that began at midnight on the first; it is half past ten on the eleventh.
NOW: Final = datetime(2026, 11, 11, 10, 30, tzinfo=UTC)
BEGINNING: Final = datetime(2026, 11, 1, tzinfo=UTC)
HOUR: Final = 3600

TERMS: Final = {
    "energy": ENERGY,
    "billing_day": "1",
    "standing_charge": 0.5,
    "tax": 10,
    "currency": "EUR",
    "sleep_start": "01:00:00",
    "sleep_end": "05:00:00",
    "price": 0.2,
    "bands": [],
}


def new_entry(**changes: Any) -> MockConfigEntry:
    """Return an entry without a meter, with one bill."""
    data = {key: value for key, value in (TERMS | changes).items() if value is not ...}
    return MockConfigEntry(
        domain=DOMAIN,
        entry_id="01JHOME",
        title="Power sensors",
        data={"device": None},
        subentries_data=[
            ConfigSubentryDataWithId(
                data=data,
                subentry_id="01JBILL",
                subentry_type="bill",
                title="Bill",
                unique_id=None,
            )
        ],
    )


def past(days: int, *, until: datetime = NOW) -> dict[int, float]:
    """Return whole hours before `until`: 0.2 kWh at night, 0.6 kWh from 7 to 23.

    Weekends are a tenth more, and no two days are quite the same.
    """
    last = int(until.timestamp()) // HOUR * HOUR
    hours = {}
    for hour in range(last - days * 24 * HOUR, last, HOUR):
        time = datetime.fromtimestamp(hour, UTC)
        level = (1.1 if time.weekday() >= 5 else 1.0) + 0.01 * (time.day % 7)
        hours[hour] = level * (0.6 if 7 <= time.hour < 23 else 0.2)
    return hours


async def async_remember(
    hass: HomeAssistant, hours: Mapping[int, float], *, entity: str = ENERGY
) -> None:
    """Put hours of energy into the statistics, as the recorder would have."""
    total = 0.0
    rows = []
    for hour, energy in sorted(hours.items()):
        total += energy
        rows.append(
            StatisticData(
                start=datetime.fromtimestamp(hour, UTC), state=total, sum=total
            )
        )
    async_import_statistics(
        hass,
        {
            "has_sum": True,
            "mean_type": StatisticMeanType.NONE,
            "name": None,
            "source": "recorder",
            "statistic_id": entity,
            "unit_class": "energy",
            "unit_of_measurement": "kWh",
        },
        rows,
    )
    await async_wait_recording_done(hass)


async def async_remember_prices(
    hass: HomeAssistant, prices: Mapping[int, float]
) -> None:
    """Put mean prices of hours into the statistics."""
    async_import_statistics(
        hass,
        {
            "has_sum": False,
            "mean_type": StatisticMeanType.ARITHMETIC,
            "name": None,
            "source": "recorder",
            "statistic_id": PRICE,
            "unit_class": None,
            "unit_of_measurement": "ct/kWh",
        },
        [
            StatisticData(
                start=datetime.fromtimestamp(hour, UTC), mean=mean, min=mean, max=mean
            )
            for hour, mean in sorted(prices.items())
        ],
    )
    await async_wait_recording_done(hass)


async def async_hour_passed(hass: HomeAssistant) -> None:
    """Let the recorder say that it has another hour."""
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await hass.async_block_till_done()


def show_energy(hass: HomeAssistant, kwh: float | None, *, unit: str = "kWh") -> None:
    """Show this on the energy sensor's counter."""
    value = kwh
    if kwh is not None and unit == "Wh":
        value = kwh * 1000
    hass.states.async_set(
        ENERGY,
        "unavailable" if value is None else str(value),
        {
            "device_class": "energy",
            "state_class": "total_increasing",
            "unit_of_measurement": unit,
        },
    )


def show_price(hass: HomeAssistant, price: float | str, unit: str = "ct/kWh") -> None:
    """Show this on the price sensor."""
    hass.states.async_set(PRICE, str(price), {"unit_of_measurement": unit})


def number(hass: HomeAssistant, entity_id: str) -> float:
    """Return the state of a sensor as a number."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return float(state.state)
