"""What is seen of a series is what it says, on the grid that it says."""

from currentcost_study import Series, bucket_view, coarse_view
from hypothesis import given, strategies as st
import numpy as np
import pytest

MIDNIGHT = 86_400 * 20_000
WATTS = st.lists(
    st.one_of(st.just(np.nan), st.floats(0, 20_000)), min_size=1, max_size=200
)


def test_a_mean_is_of_what_was_measured() -> None:
    series = Series(MIDNIGHT, 60, np.array([100, np.nan, 300, np.nan, np.nan, 50.0]))
    assert series.coarser(120).watts == pytest.approx([100, 300, 50], nan_ok=True)
    assert series.coarser(180).watts == pytest.approx([200, np.nan], nan_ok=True)


def test_a_window_that_begins_before_the_series_is_measured_in_part() -> None:
    series = Series(MIDNIGHT + 600, 300, np.array([1.0, 2.0, 3.0]))
    hourly = series.coarser(900)
    assert hourly.start == MIDNIGHT
    assert hourly.watts == pytest.approx([np.nan, 2.5], nan_ok=True)


@given(WATTS, st.integers(0, 2000), st.sampled_from([60, 300, 900, 3600]))
def test_coarser_keeps_the_energy_of_windows_that_are_whole(
    watts: list[float], offset: int, step: int
) -> None:
    series = Series(MIDNIGHT + 60 * offset, 60, np.array(watts))
    coarser = series.coarser(step)
    for time, mean in zip(coarser.times, coarser.watts, strict=True):
        part = series.between(int(time), int(time) + step).watts
        measured = part[np.isfinite(part)]
        if len(measured) >= step // 60 / 2:
            assert mean == pytest.approx(measured.mean())
        else:
            assert np.isnan(mean)


@given(WATTS)
def test_days_begin_at_midnight(watts: list[float]) -> None:
    series = Series(MIDNIGHT + 7200, 3600, np.array(watts))
    flat = series.days().ravel()
    assert len(flat) % 24 == 0
    assert flat[2 : 2 + len(watts)] == pytest.approx(watts, nan_ok=True)
    assert np.isfinite(flat).sum() == np.isfinite(watts).sum()


def test_buckets_hold_their_upper_bound() -> None:
    watts = np.array([0, 1000, 1000.4, 1000.5, 2000, 2001, 99_999, np.nan])
    view = bucket_view(Series(MIDNIGHT, 900, watts), 900, [1000, 2000])
    assert view.buckets is not None
    assert view.buckets.tolist() == [0, 0, 0, 1, 1, 2, 2, -1]
    assert view.series.watts == pytest.approx(
        [500, 500, 500, 1500, 1500, 2500, 2500, np.nan], nan_ok=True
    )
    assert view.name == "buckets, 15 min"


def test_a_view_has_the_grid_of_its_windows() -> None:
    series = Series(MIDNIGHT, 60, np.arange(1440, dtype=np.float64))
    assert coarse_view(series, 3600).series.watts == pytest.approx(
        np.arange(24) * 60 + 29.5
    )


def test_a_grid_off_the_day_is_refused() -> None:
    for start, step in ((0, 7), (30, 60), (0, 0)):
        with pytest.raises(ValueError, match="step"):
            Series(start, step, np.zeros(3))
