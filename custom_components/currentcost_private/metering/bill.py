"""The figures of the running bill, from hours of energy and a tariff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final

from .days import local_days
from .forecast import forecast
from .idle import DAYS, Idle, base_load
from .past import HISTORY_DAYS
from .prices import SeenPrices
from .tariff import Bands, Bill, Charges, bill_at
from .week import day_of

HISTORY: Final = (HISTORY_DAYS + 31) * 86_400
"""How many seconds of hours are of any use."""

# Unknown hours of a bill are taken to be like those of these days.
LIKE_DAYS: Final = 28


# The statistics of an hour come a little after its end.
LATE: Final = 2 * 3600


class Basis(StrEnum):
    """What the figures rest on."""

    HISTORY = "history"
    """Enough for everything."""
    PARTIAL = "partial"
    """Hours of this bill were not measured; the forecast takes them to be usual."""
    NO_RANGE = "no_range"
    """Too few days to tell how wrong the forecast may be."""
    FEW_DAYS = "few_days"
    """Too few days for a forecast."""
    NO_PRICE = "no_price"
    """No price was seen yet."""
    NO_ENERGY = "no_energy"
    """No hour of energy is known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a bill is made by."""

    zone: tzinfo
    billing_day: int
    prices: Bands | SeenPrices
    charges: Charges = field(default_factory=Charges)
    quiet: frozenset[int] = frozenset()
    """The minutes of the week in which the home sleeps or is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a bill; money is in the tariff's currency."""

    bill: Bill
    basis: Basis
    forecast: Decimal | None = None
    range: tuple[Decimal, Decimal] | None = None
    """Between these the bill ends in 80 % of all cases."""
    base_load: float | None = None
    """W."""
    left_on: float | None = None
    """kWh of this bill in quiet hours, above the base load."""


def cost_so_far(
    hours: Mapping[int, float], *, now: float, terms: Terms
) -> Decimal | None:
    """Return what was measured of the bill around `now` costs, None without a price.

    `hours` are kWh by their start (UTC s). Each day that began has its charge.
    """
    bill = bill_at(int(now), billing_day=terms.billing_day, zone=terms.zone)
    days = day_of(int(now), terms.zone) - day_of(bill.start, terms.zone) + 1
    energy = _cost(terms, _within(hours, bill))
    return None if energy is None else terms.charges.total(energy, days=days)


def figures(hours: Mapping[int, float], *, now: float, terms: Terms) -> Figures:
    """Return the figures of the bill around `now` that change by the hour.

    `hours` are kWh of whole hours by their start (UTC seconds).
    """
    bill = bill_at(int(now), billing_day=terms.billing_day, zone=terms.zone)
    if not hours:
        return Figures(bill=bill, basis=Basis.NO_ENERGY)
    known_until = min(max(hours) + 3600, bill.end)
    today = day_of(known_until, terms.zone)
    recent = local_days(hours, first=today - DAYS, last=today, zone=terms.zone)
    base = base_load(recent)
    figures = _forecast(hours, bill, known_until, now, terms)
    return Figures(
        bill=bill,
        basis=figures.basis,
        forecast=figures.forecast,
        range=figures.range,
        base_load=None if base is None else base * 1000,
        left_on=Idle(hours, terms.quiet, zone=terms.zone).left_on(bill.start, bill.end),
    )


def _forecast(
    hours: Mapping[int, float],
    bill: Bill,
    known_until: int,
    now: float,
    terms: Terms,
) -> Figures:
    """Return the figures that are money."""
    amounts: Mapping[int, float] = hours
    if isinstance(terms.prices, SeenPrices):
        # Prices to come are as uncertain as the energy, so money itself is forecast.
        if not terms.prices.known:
            return Figures(bill=bill, basis=Basis.NO_PRICE)
        amounts = terms.prices.amounts(hours)
    found = forecast(amounts, now=known_until, end=bill.end, zone=terms.zone)
    if found is None:
        return Figures(bill=bill, basis=Basis.FEW_DAYS)
    known = _within(amounts, bill)
    unknown = _usual(amounts, bill, known_until, terms.zone)
    late = known_until < now - LATE
    so_far = _money(terms, known | unknown)
    rest = _money(terms, _within(found.hours, bill))

    def total(factor: float) -> Decimal:
        energy = so_far + rest * Decimal(str(factor))
        return terms.charges.total(energy, days=bill.days)

    if found.factors is None:
        return Figures(bill=bill, basis=Basis.NO_RANGE, forecast=total(1))
    low, high = sorted(total(factor) for factor in found.factors)
    return Figures(
        bill=bill,
        basis=Basis.PARTIAL if unknown or late else Basis.HISTORY,
        forecast=total(1),
        range=(low, high),
    )


def _money(terms: Terms, amounts: Mapping[int, float]) -> Decimal:
    """Return the cost of what is forecast: energy, or money already."""
    if isinstance(terms.prices, Bands):
        return terms.prices.cost(amounts)
    return Decimal(str(sum(amounts.values())))


def _cost(terms: Terms, hours: Mapping[int, float]) -> Decimal | None:
    if isinstance(terms.prices, SeenPrices) and not terms.prices.known:
        return None
    return terms.prices.cost(hours)


def _within(hours: Mapping[int, float], bill: Bill) -> dict[int, float]:
    return {
        hour: value for hour, value in hours.items() if bill.start <= hour < bill.end
    }


def _usual(
    amounts: Mapping[int, float], bill: Bill, known_until: int, zone: tzinfo
) -> dict[int, float]:
    """Return the bill's unknown hours before `known_until`, as usual at their time."""
    unknown = [
        hour for hour in bill.hours() if hour < known_until and hour not in amounts
    ]
    if not unknown:
        return {}
    by_hour: dict[int, list[float]] = {}
    for hour, value in amounts.items():
        if hour >= known_until - LIKE_DAYS * 86_400:
            by_hour.setdefault(_clock(hour, zone), []).append(value)
    overall = [value for values in by_hour.values() for value in values]
    return {
        hour: sum(found) / len(found)
        for hour in unknown
        if (found := by_hour.get(_clock(hour, zone), overall))
    }


def _clock(hour: int, zone: tzinfo) -> int:
    return datetime.fromtimestamp(hour, zone).hour
