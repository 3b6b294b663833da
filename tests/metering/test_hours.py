"""Hours of energy from rows with gaps."""

from currentcost_metering import counted, hours_of, since
from hypothesis import given, strategies as st
import pytest

H = 3600


def test_rows_without_a_gap_are_the_hours() -> None:
    assert hours_of([(0, 1.0), (H, 2.0)]) == {0: 1.0, H: 2.0}
    assert hours_of([]) == {}


def test_what_a_row_after_a_gap_holds_is_spread_over_the_gap() -> None:
    assert hours_of([(0, 1.0), (4 * H, 8.0)]) == {
        0: 1.0,
        H: 2.0,
        2 * H: 2.0,
        3 * H: 2.0,
        4 * H: 2.0,
    }


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 100)), max_size=20))
def test_no_energy_is_lost_in_a_gap(steps: list[tuple[int, float]]) -> None:
    rows, time = [], 0
    for step, energy in steps:
        time += step * H
        rows.append((time, energy))
    hours = hours_of(rows)
    assert sum(hours.values()) == pytest.approx(sum(energy for _, energy in rows))
    if rows:
        assert sorted(hours) == list(range(rows[0][0], rows[-1][0] + H, H))


def test_energy_since_the_last_row() -> None:
    assert since(0, 1800, 0.5) == {0: 0.5}
    assert since(0, 0, 0.5) == {0: 0.5}
    assert since(0, 3 * H - 1800, 5.0) == {0: 2.0, H: 2.0, 2 * H: 1.0}
    # A clock that stepped back.
    assert since(H, 0, 0.5) == {H: 0.5}


def test_a_counter_that_began_anew() -> None:
    assert counted(10.0, 12.5) == 2.5
    assert counted(10.0, 0.5) == 0.5
