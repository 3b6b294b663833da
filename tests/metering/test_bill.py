"""The figures of a bill."""

from datetime import UTC, datetime
from decimal import Decimal

from currentcost_metering import (
    Bands,
    Basis,
    Charges,
    Figures,
    SeenPrices,
    Terms,
    WeekSpan,
    cost_so_far,
    figures,
)
from currentcost_metering.tariff import Band
from hypothesis import given, settings, strategies as st
import pytest

H, DAY = 3600, 86_400
START = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
NIGHT = WeekSpan(start=0, end=6 * 60)


def terms(prices: Bands | SeenPrices | None = None) -> Terms:
    return Terms(
        zone=UTC,
        billing_day=1,
        prices=prices or Bands(price_otherwise=Decimal("0.25"), zone=UTC),
        charges=Charges(standing=Decimal("0.40"), tax=Decimal(20)),
        quiet=NIGHT.minutes(),
    )


def home(first: int, last: int) -> dict[int, float]:
    """Return days counted from the first of November: 0.5 kWh, and 0.1 at night."""
    return {
        START + hour * H: 0.1 + 0.001 * (hour % 5) if hour % 24 < 6 else 0.5
        for hour in range(first * 24, last * 24)
    }


def found(
    hours: dict[int, float], day: float, prices: Bands | SeenPrices | None = None
) -> Figures:
    return figures(hours, now=START + day * DAY, terms=terms(prices))


def test_a_steady_home() -> None:
    hours = home(-60, 10)
    result = found(hours, 10)
    whole = sum(home(0, 30).values())
    assert result.basis is Basis.HISTORY
    assert float(result.forecast or 0) == pytest.approx(
        1.2 * (0.25 * whole + 30 * 0.4), rel=0.01
    )
    assert result.base_load == pytest.approx(100)
    assert result.left_on == 0


def test_cost_so_far_has_no_hour_of_another_bill() -> None:
    cost = cost_so_far(home(-5, 2), now=START + 2 * DAY - 1, terms=terms())
    energy = Decimal(str(round(sum(home(0, 2).values()), 6)))
    assert cost == (energy * Decimal("0.25") + 2 * Decimal("0.40")) * Decimal("1.2")


def test_the_hours_to_come_have_the_prices_of_their_time() -> None:
    cheap = Bands(
        price_otherwise=Decimal("0.25"),
        zone=UTC,
        bands=(Band(span=NIGHT, price=Decimal(0)),),
    )
    result = found(home(-60, 10), 10, cheap)
    paid = sum(value for hour, value in home(0, 30).items() if hour // H % 24 >= 6)
    assert float(result.forecast or 0) == pytest.approx(
        1.2 * (0.25 * paid + 30 * 0.4), rel=0.01
    )


def test_unknown_hours_of_the_bill_are_taken_to_be_usual() -> None:
    hours = home(-60, 10)
    gap = {
        hour: value
        for hour, value in hours.items()
        if not START + 2 * DAY <= hour < START + 4 * DAY
    }
    whole, partial = found(hours, 10), found(gap, 10)
    assert partial.basis is Basis.PARTIAL
    assert float(partial.forecast or 0) == pytest.approx(
        float(whole.forecast or 0), rel=0.01
    )


def test_money_itself_is_forecast_where_prices_change() -> None:
    prices = SeenPrices()
    hours = home(-60, 10)
    assert found(hours, 10, prices).basis is Basis.NO_PRICE
    assert cost_so_far(hours, now=START + 10 * DAY, terms=terms(prices)) is None
    for hour in hours:
        prices.add(hour, 1.0, 0.25)
    steady = found(hours, 10, prices)
    assert float(steady.forecast or 0) == pytest.approx(
        float(found(hours, 10).forecast or 0), rel=0.01
    )
    for number, hour in enumerate(hours):
        prices.add(hour, 9.0, 0.05 + 0.4 * (number // 24 * 7 % 5 / 4))
    changing = found(hours, 10, prices)
    assert steady.range is not None
    assert changing.range is not None
    assert changing.range[1] - changing.range[0] > steady.range[1] - steady.range[0]


def test_prices_below_zero_turn_no_range_round() -> None:
    prices = SeenPrices()
    hours = home(-60, 10)
    for number, hour in enumerate(hours):
        prices.add(hour, 1.0, -0.1 - 0.05 * (number // 24 % 3))
    result = found(hours, 10, prices)
    assert result.forecast is not None
    assert result.range is None or result.range[0] <= result.forecast <= result.range[1]


def test_a_bill_that_is_nearly_over_hardly_changes() -> None:
    hours = home(-60, 30)
    del hours[max(hours)]
    result = found(hours, 29.97)
    so_far = cost_so_far(hours, now=START + 29.97 * DAY, terms=terms())
    assert result.forecast is not None
    assert so_far is not None
    assert result.forecast - so_far < Decimal("0.2")


@settings(max_examples=25)
@given(st.lists(st.floats(0.1, 10), min_size=40, max_size=40), st.floats(10.1, 29.9))
def test_the_forecast_lies_in_its_range_and_above_what_was_used(
    levels: list[float], day: float
) -> None:
    hours = {
        hour: value * levels[(hour - START) // DAY % 40]
        for hour, value in home(-80, 30).items()
        if hour + H <= START + day * DAY
    }
    result = found(hours, day)
    so_far = cost_so_far(hours, now=START + day * DAY, terms=terms())
    assert result.forecast is not None
    assert so_far is not None
    assert result.range is not None
    assert so_far <= result.range[0] <= result.forecast <= result.range[1]
