"""What a recorder holds, on the grid of the wall clock."""

from currentcost_study import (
    Series,
    completed,
    finest,
    of_changes,
    of_means,
    wall_clock,
)
import numpy as np
import pytest

DAY = 86_400
START = 20_000 * DAY


def test_a_value_holds_until_the_next_one() -> None:
    times = START + np.array([0.0, 90.0, 120.0])
    watts = np.array([100.0, 400.0, np.nan])
    series = of_changes(times, watts, step=60, since=START, until=START + 240)
    assert series.watts == pytest.approx([100, 250, np.nan, np.nan], nan_ok=True)


def test_a_value_holds_for_an_hour_at_most() -> None:
    series = of_changes(
        np.array([START + 0.0]),
        np.array([100.0]),
        step=3600,
        since=START,
        until=START + 3 * 3600,
    )
    assert series.watts == pytest.approx([100, np.nan, np.nan], nan_ok=True)


def test_nothing_recorded_is_nothing_known() -> None:
    nothing = np.array([])
    series = of_changes(nothing, nothing, step=60, since=START, until=START + 120)
    assert series.coverage == 0
    assert len(wall_clock(nothing, lambda _: 3600.0)) == 0
    with pytest.raises(ValueError, match="too little"):
        finest([series])


def test_an_hour_that_comes_twice_counts_once() -> None:
    # At 3:00 the clock is set back to 2:00.
    back = START + 3 * 3600.0
    times = START + np.array([7000.0, 9000.0, 10_700.0, 11_000.0, 15_000.0])
    wall = wall_clock(times, lambda time: 0.0 if time < back else -3600.0)
    assert (
        wall.tolist() == (START + np.array([7000, 9000, 10_700, 7400, 11_400])).tolist()
    )
    series = of_changes(
        wall, np.full(5, 500.0), step=3600, since=START, until=START + 4 * 3600
    )
    assert np.nanmax(series.watts) == pytest.approx(500)
    means = of_means(
        START + np.array([3600.0, 7200.0, 7200.0, -3600.0]),
        np.array([10.0, 20.0, 40.0, 99.0]),
        step=3600,
        since=START,
        until=START + 3 * 3600,
    )
    assert means.watts == pytest.approx([np.nan, 10, 30], nan_ok=True)


def test_the_finest_that_is_long_enough_is_taken() -> None:
    def days(step: int, count: int) -> Series:
        watts = np.full(10 * DAY // step, np.nan)
        watts[-count * DAY // step :] = 100.0
        return Series(START, step, watts)

    chosen = finest([days(60, 2), days(300, 4), days(3600, 9)])
    assert chosen.step == 300
    # From the midnight before its first value on.
    assert chosen.start == START + 6 * DAY
    hours = completed(days(3600, 2), chosen)
    assert hours.start == START + 6 * DAY
    assert np.isfinite(hours.watts).all()
