"""The forecast against what came, on simulated households."""

from statistics import fmean

import pytest

from benchmarks.forecast import TOLD_AT, Told, tell
from benchmarks.households import simulate


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """What was told of a year's bills of two households."""
    return [item for seed in (1, 2) for item in tell(simulate(seed, days=400))]


@pytest.mark.parametrize("day", TOLD_AT)
def test_better_than_so_far_by_days(told: list[Told], day: int) -> None:
    of_day = [item for item in told if item.day == day]
    assert len(of_day) > 20
    naive = fmean(abs(item.naive - 1) for item in of_day)
    assert fmean(abs(item.forecast - 1) for item in of_day) < naive


def test_the_range_holds_about_four_fifths(told: list[Told]) -> None:
    ranges = [item.range for item in told if item.range is not None]
    assert len(ranges) > 70
    assert 0.7 < fmean(low <= 1 <= high for low, high in ranges) < 0.93
