"""A truth is taken for what it is, and what was never recorded for nothing."""

from currentcost_study import Series
from currentcost_study.evaluation import Household
from currentcost_study.gridding import Samples, gridded
from currentcost_study.investigation import (
    investigate,
    recorded_days,
    recorded_household,
    windows_of_truth,
)
import numpy as np
import pytest

MIDNIGHT = 86_400 * 20_000
DAY = 1440


def test_an_appliance_runs_above_its_standby() -> None:
    times = MIDNIGHT + 60 * np.arange(5 * DAY, dtype=np.float64)
    kettle = np.where(np.arange(5 * DAY) % 300 < 3, 2000.0, 8.0)
    idle = np.full(5 * DAY, 3.0)
    grid = gridded(
        Samples(
            times,
            200 + kettle + np.arange(5 * DAY) % 7,
            {"Kettle": kettle, "Radio": idle},
        )
    )
    home = recorded_household("home", grid, days=4)
    assert list(home.truth) == ["Kettle"]
    assert len(home.series) == len(home.truth["Kettle"]) == 4 * DAY
    assert home.truth["Kettle"].sum() == (np.arange(4 * DAY) % 300 < 3).sum()


def test_a_truth_of_windows() -> None:
    watts = np.full(60, 100.0)
    watts[40:] = np.nan
    marks = np.zeros(60, dtype=bool)
    marks[5:14] = True
    marks[20] = True
    series = Series(MIDNIGHT + 3600, 60, watts)
    mostly = windows_of_truth(series, marks, 900, any_of=False)
    ever = windows_of_truth(series, marks, 900, any_of=True)
    assert mostly[:8].tolist() == [-1, -1, -1, -1, 1, 0, 0, -1]
    assert ever[:8].tolist() == [-1, -1, -1, -1, 1, 1, 0, -1]


def test_days_that_were_not_recorded_are_left_out() -> None:
    days = np.arange(5 * DAY, dtype=np.float64)
    days[DAY : 3 * DAY - 100] = np.nan
    found = recorded_days(Series(MIDNIGHT, 60, days))
    assert len(found) == 3 * DAY
    assert found.watts[DAY] == 3 * DAY


def test_an_outage_does_not_make_a_plan_look_better() -> None:
    random = np.random.default_rng(1)
    watts = random.integers(100, 4000, 20 * 96).astype(np.float64)
    gap = np.full(40 * 96, np.nan)
    whole, broken = (
        investigate([Household("home", Series(MIDNIGHT, 900, each), {})]).disclosures
        for each in (watts, np.concatenate([watts[: 10 * 96], gap, watts[10 * 96 :]]))
    )
    for view, found in whole.items():
        assert broken[view].coded == pytest.approx(found.coded)


def test_a_given_plan_is_studied_beside_the_others() -> None:
    watts = np.random.default_rng(2).integers(100, 4000, 10 * 96).astype(np.float64)
    home = Household("home", Series(MIDNIGHT, 900, watts), {"Kettle": watts > 3000})
    found = investigate([home], windows=[900], bounds=[3000.0], workers=0)
    told = found.shared["Kettle", "buckets, 15 min, given"]
    assert told.share > 0.5
    assert not found.rows
