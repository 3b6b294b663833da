"""Windows are cut at the same instants by everyone."""

from currentcost_metering import window_start
from hypothesis import given, strategies as st

times = st.floats(min_value=-4e9, max_value=4e9)
lengths = st.integers(min_value=1, max_value=86400)


def test_known_window() -> None:
    # 2026-11-24 10:07:30 UTC lies in the quarter of an hour from 10:00.
    assert window_start(1795514850.0, 900) == 1795514400


def test_boundary_belongs_to_the_window_that_starts() -> None:
    assert window_start(1800.0, 900) == 1800
    assert window_start(1799.999, 900) == 900


@given(time=times, length=lengths)
def test_window_holds_its_time_and_is_aligned(time: float, length: int) -> None:
    start = window_start(time, length)
    assert start <= time < start + length
    assert start % length == 0
