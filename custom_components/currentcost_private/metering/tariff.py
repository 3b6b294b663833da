"""What energy costs: prices by time of the week, a standing charge, tax, billing days.

Money is counted in whole numbers: prices in millionths of the currency per kWh, energy
in milliwatt hours, and the products are added up exactly. A total is rounded once, at
the end and after tax, to a millionth of the currency, half to even.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from itertools import accumulate
from typing import Final

from .hours import HOUR
from .week import MINUTES_OF_WEEK, WeekSpan, midnight, minute_of_week

MICRO: Final = 1_000_000
LAST_DAY: Final = 0
"""The billing day of bills that begin on the last day of each month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One bill: from a local midnight to another one (UTC seconds), without the end."""

    start: int
    end: int
    days: int

    def hours(self) -> range:
        """Return the start of each hour; the hours are those of UTC."""
        return range(-(-self.start // HOUR) * HOUR, self.end, HOUR)


def bill_at(time: int, *, billing_day: int, zone: tzinfo) -> Bill:
    """Return the bill around `time` (UTC seconds).

    A bill begins on the `billing_day` of a month, 1 to 28 or `LAST_DAY`; raises
    ValueError for another.
    """
    if not (1 <= billing_day <= 28 or billing_day == LAST_DAY):
        raise ValueError("a billing day is 1 to 28, or the last day of the month")
    today = datetime.fromtimestamp(time, zone).date()
    start = _billing_date(today.year, today.month, billing_day)
    if start > today:
        start = _billing_date(*_month_after(today.year, today.month, -1), billing_day)
    end = _billing_date(*_month_after(start.year, start.month, 1), billing_day)
    return Bill(
        start=midnight(start.toordinal(), zone),
        end=midnight(end.toordinal(), zone),
        days=(end - start).days,
    )


def _billing_date(year: int, month: int, billing_day: int) -> date:
    return date(year, month, billing_day or monthrange(year, month)[1])


def _month_after(year: int, month: int, months: int) -> tuple[int, int]:
    years, before = divmod(month - 1 + months, 12)
    return year + years, before + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A price per kWh at some times of the week."""

    span: WeekSpan
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Prices by the local time of the week: `price`, and the bands' at their times.

    Where bands overlap, the later one stands. An hour in which the price changes has
    the mean of its minutes. Raises ValueError for prices finer than a millionth.
    """

    price_otherwise: Decimal
    zone: tzinfo
    bands: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        """Check the prices."""
        for price in (self.price_otherwise, *(band.price for band in self.bands)):
            micro(price)

    @cached_property
    def _sums(self) -> list[int]:
        """The sum of the prices of the minutes before each minute of eight days."""
        prices = [micro(self.price_otherwise)] * MINUTES_OF_WEEK
        for band in self.bands:
            for minute in band.span.minutes():
                prices[minute] = micro(band.price)
        return [0, *accumulate(prices + prices[:60])]

    def sixtieths(self, hour: int) -> int:
        """Return 60 times the price of an hour, in millionths per kWh."""
        minute = minute_of_week(hour, self.zone)
        return self._sums[minute + 60] - self._sums[minute]

    def price(self, hour: int) -> Decimal:
        """Return the price per kWh in the hour that starts at `hour` (UTC seconds)."""
        return Decimal(self.sixtieths(hour)) / (60 * MICRO)

    def cost(self, hours: Mapping[int, float]) -> Decimal:
        """Return what energy (kWh by hour, UTC seconds) costs, before tax."""
        total = sum(
            milliwatt_hours(energy) * self.sixtieths(hour)
            for hour, energy in hours.items()
        )
        return Decimal(total) / (60 * MICRO * MICRO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """What comes on top of the energy: a charge a day, and tax on all in percent."""

    standing: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)

    def total(self, energy: Decimal, *, days: int) -> Decimal:
        """Return the amount to pay for the energy's cost and these days, rounded."""
        amount = (energy + self.standing * days) * (1 + self.tax / 100)
        return amount.quantize(Decimal(1) / MICRO, rounding=ROUND_HALF_EVEN)


def micro(price: Decimal) -> int:
    """Return millionths; raise ValueError for what isn't a whole number of them."""
    value = price * MICRO
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError("a price is a whole number of millionths")
    return int(value)


def milliwatt_hours(energy: float) -> int:
    """Return kWh as a whole number of milliwatt hours."""
    return round(energy * MICRO)


def overlapping(spans: Iterable[WeekSpan]) -> tuple[int, int] | None:
    """Return the numbers of the first two spans that have a minute in common."""
    seen: list[frozenset[int]] = []
    for number, span in enumerate(spans):
        minutes = span.minutes()
        for other, earlier in enumerate(seen):
            if minutes & earlier:
                return other, number
        seen.append(minutes)
    return None
