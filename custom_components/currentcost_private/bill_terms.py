"""What a bill is made by, as its subentry keeps it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .metering import (
    EVERY_DAY,
    Band,
    Bands,
    Charges,
    SeenPrices,
    Terms,
    WeekSpan,
    minutes_of,
)

CONF_BANDS: Final = "bands"
CONF_BILLING_DAY: Final = "billing_day"
CONF_CURRENCY: Final = "currency"
CONF_DAYS: Final = "days"
CONF_EMPTY_DAYS: Final = "empty_days"
CONF_EMPTY_END: Final = "empty_end"
CONF_EMPTY_START: Final = "empty_start"
CONF_END: Final = "end"
CONF_ENERGY: Final = "energy"
CONF_PRICE: Final = "price"
CONF_PRICE_ENTITY: Final = "price_entity"
CONF_SLEEP_END: Final = "sleep_end"
CONF_SLEEP_START: Final = "sleep_start"
CONF_STANDING: Final = "standing_charge"
CONF_START: Final = "start"
CONF_TAX: Final = "tax"

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def terms_of(hass: HomeAssistant, data: Mapping[str, Any], seen: SeenPrices) -> Terms:
    """Return the terms of a bill; `seen` are the prices where an entity has them."""
    zone = dt_util.get_time_zone(hass.config.time_zone) or dt_util.UTC
    prices: Bands | SeenPrices = seen
    if data.get(CONF_PRICE_ENTITY) is None:
        prices = Bands(
            price_otherwise=money(data[CONF_PRICE]),
            zone=zone,
            bands=tuple(
                Band(span=band_span(band), price=money(band[CONF_PRICE]))
                for band in data[CONF_BANDS]
            ),
        )
    return Terms(
        zone=zone,
        billing_day=int(data[CONF_BILLING_DAY]),
        prices=prices,
        charges=Charges(standing=money(data[CONF_STANDING]), tax=money(data[CONF_TAX])),
        quiet=minutes_of(quiet_spans(data)),
    )


def quiet_spans(data: Mapping[str, Any]) -> list[WeekSpan]:
    """Return when the home sleeps, and when it is empty."""
    sleep = _span(data[CONF_SLEEP_START], data[CONF_SLEEP_END], WEEKDAYS)
    if not data.get(CONF_EMPTY_DAYS):
        return [sleep]
    empty = _span(data[CONF_EMPTY_START], data[CONF_EMPTY_END], data[CONF_EMPTY_DAYS])
    return [sleep, empty]


def band_span(band: Mapping[str, Any]) -> WeekSpan:
    """Return when a band of the form holds; no days are every day."""
    return _span(band[CONF_START], band[CONF_END], band.get(CONF_DAYS) or WEEKDAYS)


def money(value: float) -> Decimal:
    """Return an amount as it was typed."""
    return Decimal(str(value))


def _span(start: str, end: str, days: Iterable[str]) -> WeekSpan:
    return WeekSpan(
        start=_minute(start),
        end=_minute(end),
        days=EVERY_DAY & {WEEKDAYS.index(day) for day in days},
    )


def _minute(text: str) -> int:
    """Return a time of day that the form has checked, in minutes after midnight."""
    hours, minutes, *_ = text.split(":")
    return int(hours) * 60 + int(minutes)
