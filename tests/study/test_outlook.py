"""A household is recognised by how it lives, and tomorrow is like yesterday."""

from currentcost_study.evaluation import Household, household_of
from currentcost_study.findings import Moment
from currentcost_study.outlook import foresee, identify, true_times
from currentcost_study.simulated import simulate
import numpy as np
import pytest

from .test_findings import DAY, MONDAY, simple_home

pytest.importorskip("sklearn", reason="uv sync --extra study")


def regular() -> Household:
    """The simple home, with the truth that its description gives."""
    series = simple_home(21)
    minute = np.arange(len(series)) % 1440
    day = np.arange(len(series)) // 1440
    asleep = (minute < 7 * 60) | (minute >= 23 * 60)
    works = (day % 7 < 5) & (minute >= 9 * 60) & (minute < 17 * 60)
    off = (day == 14) | (day == 15)
    truth = {"occupied": ~works & ~off, "asleep": asleep & ~off}
    return Household("simple", series, truth)


def test_true_times_are_those_of_the_days() -> None:
    times = true_times(regular())
    first = MONDAY // DAY
    assert times[Moment.WAKE][first + 1] == 7 * 3600
    assert times[Moment.LEAVE][first + 1] == 9 * 3600
    assert times[Moment.RETURN][first + 1] == 17 * 3600
    assert times[Moment.BED][first + 1] == 23 * 3600
    assert first + 5 not in times[Moment.LEAVE]


def test_a_regular_household_is_foreseen() -> None:
    rows = {row.attack: row for row in foresee([regular()], views=["raw"])}
    for moment in Moment:
        assert rows[f"tomorrow: {moment.value}"].value >= 0.8


def test_nothing_is_foreseen_of_a_home_whose_truth_nobody_knows() -> None:
    assert foresee([Household("x", simple_home(7), {})]) == []


def test_households_are_recognised_by_readings_more_than_by_wide_buckets() -> None:
    homes = [household_of(simulate(seed, days=12)) for seed in range(5)]
    rows = {
        row.view: row for row in identify(homes, ["raw", "buckets, 60 min, 3 fixed"])
    }
    assert rows["raw"].value >= 0.8
    assert rows["raw"].value >= rows["buckets, 60 min, 3 fixed"].value
    assert rows["raw"].majority == pytest.approx(0.2)
