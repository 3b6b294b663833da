"""The simulated household is one that could be, and its truth is true."""

from currentcost_study.simulated import MONDAY, simulate
import numpy as np
import pytest


def test_a_seed_is_a_household() -> None:
    again, once, other = simulate(3, days=5), simulate(3, days=5), simulate(4, days=5)
    assert np.array_equal(once.series.watts, again.series.watts)
    assert not np.array_equal(once.series.watts, other.series.watts)
    assert once.series.start == MONDAY
    assert len(once.series) == 5 * 1440


def test_homes_draw_what_homes_draw() -> None:
    homes = [simulate(seed, days=28) for seed in range(10)]
    daily = [home.series.watts.mean() * 24 / 1000 for home in homes]
    assert 5 < np.median(daily) < 15
    assert max(daily) > 1.4 * min(daily)
    for home in homes:
        assert home.series.watts.min() >= 1
        assert home.series.watts.max() < 25_000
        assert 0.4 < home.occupied.mean() < 1
        assert 0.15 < home.asleep.mean() < 0.45


def test_who_sleeps_is_at_home_and_mostly_by_night() -> None:
    home = simulate(5, days=28)
    assert not (home.asleep & ~home.occupied).any()
    night = home.series.times % 86_400 < 5 * 3600
    assert home.asleep[night].mean() > 2 * home.asleep[~night].mean()


def test_a_kettle_is_boiled_by_somebody_and_a_fridge_runs_without() -> None:
    home = next(
        home for seed in range(9) if "kettle" in (home := simulate(seed)).appliances
    )
    on = home.appliances["kettle"]
    assert (home.occupied & ~home.asleep)[on].mean() > 0.95
    watts = home.series.watts
    assert np.median(watts[on]) > np.median(watts[~on]) + 500
    if (~home.occupied).sum() > 100:
        assert watts[~home.occupied].std() > 20


def test_steps_of_any_length_have_the_same_energy() -> None:
    minutes = simulate(2, days=7).series
    for step in (10, 900):
        other = simulate(2, days=7, step=step).series
        assert other.watts.mean() == pytest.approx(minutes.watts.mean(), rel=0.03)


def test_a_grid_that_minutes_dont_fit_is_refused() -> None:
    for wrong in ({"step": 7}, {"step": 90}, {"start": 60}):
        with pytest.raises(ValueError, match="midnight"):
            simulate(1, days=1, **wrong)
