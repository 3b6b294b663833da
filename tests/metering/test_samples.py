"""Measures of a window, against a step function worked out the slow way."""

import json
import math

from currentcost_metering import HOLD, Samples, Sums, window_start
from hypothesis import given, strategies as st
import pytest

LENGTH = 900
START = 1_795_514_400

type Step = tuple[float, float, float]


def feed(samples: Samples, *readings: tuple[float, float]) -> Samples:
    for time, watts in readings:
        samples.add(time, watts)
    return samples


def steady(watts: float, *, until: float = LENGTH, every: float = 6) -> Samples:
    samples = Samples(LENGTH)
    for i in range(int(until / every)):
        samples.add(START + i * every, watts)
    return samples


def steps(readings: list[tuple[float, float]], start: int) -> list[Step]:
    """The pieces (from, to, watts) of the step function inside the window."""
    pieces = []
    for i, (time, watts) in enumerate(readings):
        following = readings[i + 1][0] if i + 1 < len(readings) else math.inf
        begin = max(time, start)
        end = min(following, time + HOLD, start + LENGTH)
        if end > begin:
            pieces.append((begin, end, watts))
    return pieces


def test_steady_power_is_its_own_mean() -> None:
    sums = steady(518).finish(START)
    assert sums.mean_power == 518
    assert sums.peak_power == 518
    assert sums.last_power == 518
    assert sums.energy == 518 / 4
    assert sums.coverage == 1


def test_mean_is_weighted_by_time() -> None:
    # 100 W for 10 s, then 400 W for the 20 s that are left of a window of 30 s.
    samples = feed(Samples(30), (0, 100), (10, 400))
    sums = samples.finish(0)
    assert sums.mean_power == pytest.approx(300)
    assert sums.energy == pytest.approx(9000 / 3600)
    assert sums.peak_power == 400
    assert sums.last_power == 400


def test_sample_holds_thirty_seconds() -> None:
    samples = feed(Samples(60), (0, 1000))
    sums = samples.finish(0)
    assert sums.covered == 30
    assert sums.energy == pytest.approx(1000 * 30 / 3600)


def test_sample_of_the_window_before_holds_into_this_one() -> None:
    samples = feed(Samples(60), (50, 700))
    samples.finish(0)
    assert samples.finish(60).covered == 20


def test_sample_after_the_end_does_not_touch_the_window() -> None:
    samples = feed(Samples(30), (0, 100), (30.5, 9999))
    assert samples.finish(0).peak_power == 100
    assert samples.finish(30).last_power == 9999


@pytest.mark.parametrize(("readings", "enough"), [(14, False), (15, True)])
def test_half_of_the_window_must_be_covered(readings: int, enough: bool) -> None:  # noqa: FBT001
    samples = Samples(LENGTH)
    for i in range(readings):
        samples.add(START + i * 60, 250)
    sums = samples.finish(START)
    assert sums.sufficient is enough
    assert (sums.mean_power is not None) is enough
    assert (sums.peak_power is not None) is enough
    assert (sums.last_power is not None) is enough
    assert (sums.energy is not None) is enough


def test_window_without_samples_has_no_measure() -> None:
    sums = Samples(LENGTH).finish(START)
    assert sums == Sums(length=LENGTH)
    assert sums.mean_power is None


def test_late_sample_is_left_out() -> None:
    samples = feed(Samples(30), (0, 100), (20, 200), (15, 9999))
    sums = samples.finish(0)
    assert sums.peak_power == 200
    assert sums.watt_seconds == 100 * 20 + 200 * 10


def test_second_sample_of_an_instant_stands() -> None:
    samples = feed(Samples(30), (0, 100), (0, 300))
    assert samples.finish(0).watt_seconds == 300 * 30


def test_clock_set_forward_leaves_a_gap() -> None:
    samples = feed(Samples(LENGTH), (START, 500), (START + 10 * LENGTH, 100))
    assert samples.finish(START).covered == HOLD
    assert samples.finish(START + 5 * LENGTH).covered == 0
    assert samples.finish(START + 10 * LENGTH).last == 100


def test_clock_set_back_counts_no_second_twice() -> None:
    samples = steady(500, until=600)
    for i in range(100):
        samples.add(START + 300 + i * 6, 500)
    sums = samples.finish(START)
    assert sums.covered == 600
    assert sums.mean_power == 500


def test_clock_set_back_keeps_the_windows_that_are_over() -> None:
    samples = steady(500)
    samples.add(START + LENGTH + 600, 100)
    samples.add(START + LENGTH + 300, 200)
    assert samples.finish(START).covered == LENGTH
    assert samples.finish(START + LENGTH).peak == 200


def test_a_part_adds_to_its_window() -> None:
    window = Sums(length=3600)
    assert window.with_part(Sums(length=900)) == window
    window = window.with_part(
        Sums(length=900, covered=900, watt_seconds=90_000, peak=300, last=80)
    )
    window = window.with_part(Sums(length=900))
    assert window == Sums(
        length=3600, covered=900, watt_seconds=90_000, peak=300, last=80
    )
    assert not window.sufficient
    window = window.with_part(
        Sums(length=900, covered=900, watt_seconds=180_000, peak=200, last=0)
    )
    assert window == Sums(
        length=3600, covered=1800, watt_seconds=270_000, peak=300, last=0
    )
    assert window.mean_power == 150


def test_finished_windows_come_in_order_and_once() -> None:
    samples = steady(500, until=2.5 * LENGTH)
    assert samples.finished(START + LENGTH - 1) == []
    ended = samples.finished(START + 2 * LENGTH)
    assert [(start, sums.covered) for start, sums in ended] == [
        (START, LENGTH),
        (START + LENGTH, LENGTH),
    ]
    assert samples.finished(START + 2 * LENGTH) == []
    assert samples.finish(START + 2 * LENGTH).covered == LENGTH / 2 - 6 + HOLD


def test_nothing_of_a_window_flows_before_it_is_over() -> None:
    samples = feed(Samples(LENGTH), (START + LENGTH - 6, 500))
    assert samples.finished(START + LENGTH + 10) == [
        (
            START,
            Sums(length=LENGTH, covered=6, watt_seconds=3000, peak=500, last=500),
        )
    ]
    samples.add(START + LENGTH + 2, 100)
    [(start, sums)] = samples.finished(START + 2 * LENGTH)
    assert (start, sums.watt_seconds) == (START + LENGTH, 2 * 500 + HOLD * 100)


def test_a_month_without_samples_is_no_work() -> None:
    month = 30 * 86400
    samples = feed(Samples(LENGTH), (START, 500), (START + month, 100))
    ended = samples.finished(START + month + LENGTH)
    assert [start for start, _ in ended] == [START, START + month]
    assert samples.finished(START + 1000 * month) == []


def test_a_window_that_came_before_may_come_again_after_a_step_back() -> None:
    samples = steady(500)
    assert [start for start, _ in samples.finished(START + LENGTH)] == [START]
    feed(samples, (START + 300, 200), (START + LENGTH, 200))
    assert [start for start, _ in samples.finished(START + LENGTH)] == [START]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_sample_must_be_finite(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Samples(LENGTH).add(START, value)
    with pytest.raises(ValueError, match="finite"):
        Samples(LENGTH).add(value, 1.0)


ordered = st.lists(
    st.tuples(
        st.floats(min_value=0.01, max_value=70, allow_subnormal=False),
        st.floats(min_value=-5000, max_value=32767, allow_subnormal=False),
    ),
    max_size=120,
).map(
    lambda gaps: [
        (START - 40 + sum(gap for gap, _ in gaps[: i + 1]), watts)
        for i, (_, watts) in enumerate(gaps)
    ]
)


@given(readings=ordered)
def test_sums_equal_the_step_function(readings: list[tuple[float, float]]) -> None:
    sums = feed(Samples(LENGTH), *readings).finish(START)
    pieces = steps(readings, START)
    assert sums.covered == pytest.approx(sum(b - a for a, b, _ in pieces), abs=1e-3)
    assert sums.watt_seconds == pytest.approx(
        sum((b - a) * w for a, b, w in pieces), rel=1e-6, abs=1.0
    )
    assert sums.peak == max((w for *_, w in pieces), default=None)
    assert sums.last == (pieces[-1][2] if pieces else None)


@given(readings=ordered)
def test_measures_lie_within_the_samples(readings: list[tuple[float, float]]) -> None:
    sums = feed(Samples(LENGTH), *readings).finish(START)
    assert 0 <= sums.coverage <= 1
    if sums.mean_power is None or sums.peak_power is None or sums.last_power is None:
        assert sums.coverage < 0.5
        return
    lowest, highest = min(w for _, w in readings), max(w for _, w in readings)
    assert lowest - 1e-6 <= sums.mean_power <= sums.peak_power + 1e-6
    assert lowest <= sums.last_power <= sums.peak_power <= highest


@given(
    readings=st.lists(
        st.tuples(
            st.floats(min_value=START - 4000, max_value=START + 4000),
            st.floats(min_value=-1e5, max_value=1e5),
        ),
        max_size=20,
    ),
    until=st.floats(min_value=START - 4500, max_value=START + 4500),
)
def test_finished_is_what_finish_tells_of_each(
    readings: list[tuple[float, float]], until: float
) -> None:
    one_by_one = feed(Samples(LENGTH), *readings)
    together = feed(Samples(LENGTH), *readings)
    starts = range(START - 5400, window_start(until, LENGTH), LENGTH)
    each = [(start, one_by_one.finish(start)) for start in starts]
    assert together.finished(until) == [
        (start, sums) for start, sums in each if sums.covered
    ]
    if each:
        assert together.to_dict() == one_by_one.to_dict()


@given(readings=ordered, at=st.integers(min_value=0, max_value=120))
def test_checkpoint_changes_nothing(
    readings: list[tuple[float, float]], at: int
) -> None:
    straight = feed(Samples(LENGTH), *readings)
    before = feed(Samples(LENGTH), *readings[:at])
    saved = json.loads(json.dumps(before.to_dict()))
    after = feed(Samples.from_dict(saved, length=LENGTH), *readings[at:])
    for start in (START - LENGTH, START, START + LENGTH):
        assert after.finish(start) == straight.finish(start)


@given(
    readings=st.lists(
        st.tuples(
            st.floats(min_value=START - 4000, max_value=START + 4000),
            st.floats(min_value=-1e5, max_value=1e5),
        )
    )
)
def test_no_order_of_time_covers_more_than_there_is(
    readings: list[tuple[float, float]],
) -> None:
    samples = feed(Samples(LENGTH), *readings)
    for start in range(START - 4500, START + 4500, LENGTH):
        assert samples.finish(start).covered <= LENGTH + 1e-3


@given(count=st.integers(min_value=0, max_value=3000))
def test_checkpoint_stays_small_and_holds_no_list_of_readings(count: int) -> None:
    samples = Samples(LENGTH)
    for i in range(count):
        samples.add(START + i * 0.25, 100 + i)
    assert len(json.dumps(samples.to_dict())) < 300


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"length": LENGTH},
        {"length": LENGTH, "sample": [1.0], "windows": []},
        {"length": LENGTH, "sample": None, "windows": [[1, 2]]},
        {"length": LENGTH, "sample": None, "windows": [[0, "a", 0, 0, 0]]},
        {"length": LENGTH, "sample": 7, "windows": []},
        {"length": LENGTH, "sample": None, "windows": [[1e999, 0, 0, 0, 0]]},
        {"length": 60, "sample": None, "windows": []},
    ],
)
def test_damaged_checkpoint_is_refused(damaged: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # which of its causes is no matter
        Samples.from_dict(damaged, length=LENGTH)
