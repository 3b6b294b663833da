"""The shipped programs' rules in plain Python, for tests to compare with."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
import math
from typing import Final

type Values = Mapping[str, Sequence[int]]


def outcome_of_range(values: Values) -> int:
    (x,) = values["INPUT_A_x"]
    limits = [values[f"INPUT_B_int{number}"][0] for number in (1, 2, 3)]
    for number, limit in enumerate(limits, 1):
        if x <= limit and (number == 1 or x > limits[number - 2]):
            return number
    return 0


def outcome_of_n_band(values: Values) -> int:
    (power,) = values["INPUT_A_power"]
    return len([limit for limit in values["INPUT_B_limit"] if limit < power])


def outcome_of_capacity_tier(values: Values) -> int:
    mean = Fraction(sum(values["INPUT_A_peak"]), 3)
    return len([limit for limit in values["INPUT_B_limit"] if limit < mean])


def outcome_of_contracted_power(values: Values) -> int:
    (contracted,) = values["INPUT_B_contracted"]
    return len([peak for peak in values["INPUT_A_peak"] if contracted < peak])


def outcome_of_time_of_use_bill(values: Values) -> int:
    cents = sum(
        Fraction(energy, 1000) * Fraction(price, 100)
        for energy, price in zip(
            values["INPUT_A_energy"], values["INPUT_B_price"], strict=True
        )
    )
    return math.floor(cents + Fraction(1, 2))


def outcome_of_demand_response(values: Values) -> int:
    return int(max(values["INPUT_A_power"]) <= values["INPUT_B_cap"][0])


PLAIN: Final[dict[str, Callable[[Values], int]]] = {
    "range": outcome_of_range,
    "n_band": outcome_of_n_band,
    "capacity_tier": outcome_of_capacity_tier,
    "contracted_power": outcome_of_contracted_power,
    "time_of_use_bill": outcome_of_time_of_use_bill,
    "demand_response": outcome_of_demand_response,
}
