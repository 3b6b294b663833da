"""How a measure becomes the household's input."""

import math

from currentcost_exchange import Measure, bucket_of, encode_measure
from hypothesis import given, strategies as st
import pytest

from .strategies import examples

TOP = 2**17 - 1


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, 0),
        (0.49, 0),
        (0.5, 1),
        (1.5, 2),
        (2.5, 3),
        (-0.0, 0),
        (-0.5, 0),
        (-0.51, TOP),
        (-1, TOP),
        (TOP - 1, TOP - 1),
        (TOP - 0.51, TOP - 1),
        (TOP - 0.5, TOP),
        (TOP, TOP),
        (TOP + 1, TOP),
        (2.0**17, TOP),
        (1e300, TOP),
        (-1e300, TOP),
        (math.inf, TOP),
        (-math.inf, TOP),
        (math.nan, TOP),
        (5e-324, 0),
    ],
)
def test_known_values(value: float, encoded: int) -> None:
    assert encode_measure(value, 17) == encoded


@examples(200)
@given(value=st.floats() | st.integers(-(2**70), 2**70), width=st.integers(2, 32))
def test_any_value_fits(value: float, width: int) -> None:
    encoded = encode_measure(value, width)
    assert 0 <= encoded < 2**width
    if encoded != 2**width - 1:
        assert abs(encoded - value) <= 0.5
    elif math.isfinite(value):
        assert value < -0.5 or value >= 2**width - 1.5


@given(values=st.lists(st.integers(1, 2**17 - 2), min_size=1, max_size=15))
def test_outside_is_bucket_0(values: list[int]) -> None:
    for value in (-1, math.nan, math.inf, -math.inf, 2.0**20):
        assert bucket_of(encode_measure(value, 17), sorted(values)) == 0


def test_units() -> None:
    assert {measure: measure.unit for measure in Measure} == {
        Measure.MEAN_POWER: "W",
        Measure.LAST_POWER: "W",
        Measure.PEAK_POWER: "W",
        Measure.ENERGY: "Wh",
    }
