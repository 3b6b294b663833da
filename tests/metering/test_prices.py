"""Prices that were seen."""

from decimal import Decimal
import json
from typing import Any

from currentcost_metering import SeenPrices
from currentcost_metering.prices import KEPT
from hypothesis import given, strategies as st
import pytest

H = 3600


def test_energy_costs_what_it_cost_when_it_was_used() -> None:
    prices = SeenPrices()
    prices.add(0, 1.0, 0.30)
    prices.add(0, 3.0, 0.10)
    # A quarter at 30, the rest at 10 cents: 15 cents a kWh.
    assert prices.cost({0: 4.0}) == Decimal("0.6")
    # The meter's statistics know a little more energy than was seen.
    assert prices.cost({0: 5.0}) == Decimal("0.75")


def test_an_hour_without_energy_has_a_price_all_the_same() -> None:
    prices = SeenPrices()
    prices.add(H, 0.0, 0.5)
    assert prices.cost({H: 2.0}) == 1


def test_an_unknown_hour_costs_what_its_hour_of_day_costs() -> None:
    prices = SeenPrices()
    prices.add(0, 1, 0.1)
    prices.add(24 * H, 1, 0.3)
    prices.add(5 * H, 1, 0.5)
    assert prices.cost({48 * H: 1.0}) == Decimal("0.2")
    assert prices.cost({7 * H: 1.0}) == Decimal("0.3")


def test_means_of_a_store_stand_in_for_what_was_not_seen() -> None:
    prices = SeenPrices()
    prices.set_means({0: 0.2, H: 0.4})
    prices.add(0, 1, -0.1)
    assert prices.cost({0: 1.0, H: 1.0}) == Decimal("0.3")


def test_no_price_at_all() -> None:
    prices = SeenPrices()
    assert not prices.known
    with pytest.raises(ValueError, match="no price"):
        prices.cost({0: 1.0})


def test_only_two_bills_are_kept() -> None:
    prices = SeenPrices()
    for hour in range(KEPT + 5):
        prices.add(hour * H, 1, hour)
    stored = prices.to_dict()
    assert len(stored) == KEPT
    assert str(5 * H) in stored
    assert str(4 * H) not in stored


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.floats(0, 10), st.floats(-1, 1)),
        min_size=1,
    )
)
def test_a_store_keeps_everything(found: list[tuple[int, float, float]]) -> None:
    prices = SeenPrices()
    for hour, energy, price in found:
        prices.add(hour * H, energy, price)
    again = SeenPrices.from_dict(json.loads(json.dumps(prices.to_dict())))
    hours = {hour * H: 1.5 for hour in range(51)}
    assert again.cost(hours) == prices.cost(hours)


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        [],
        {"x": [1, 1]},
        {"-5": [1, 1]},
        {"0": [0, 1]},
        {"0": [float("nan"), 1]},
        {"0": ["1", 1]},
        {"0": [1]},
        {"0": None},
    ],
)
def test_a_damaged_store_gives_no_price(damaged: Any) -> None:
    assert not SeenPrices.from_dict(damaged).known
