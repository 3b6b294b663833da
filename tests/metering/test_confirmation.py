"""Samples count once their neighbours confirm them; spikes never do."""

from currentcost_metering import HOLD, Confirmation
from hypothesis import given, strategies as st
import pytest

WATTS = st.integers(0, 32767).map(float)


def confirmed(
    values: list[float], *, step: float = 6.0
) -> list[tuple[float, float] | None]:
    """Return what comes of values that are `step` seconds apart."""
    confirmation = Confirmation()
    return [confirmation.add(step * i, value) for i, value in enumerate(values)]


def values(*watts: float) -> list[float]:
    return [item[1] for item in confirmed([*watts]) if item]


def test_each_sample_counts_one_later_at_its_own_time() -> None:
    assert confirmed([5, 6, 7]) == [None, (0, 5), (6, 6)]


@pytest.mark.parametrize("spike", [0, 199, 9200, 32767])
def test_spike_becomes_a_neighbour(spike: float) -> None:
    assert values(200, 201, spike, 203, 204)[2] in (201, 203)
    assert max(values(200, spike, 203, 204)) <= 204


@given(before=WATTS, after=WATTS)
def test_step_stays_where_it_is(before: float, after: float) -> None:
    assert values(before, before, before, after, after, after) == [
        *[before] * 3,
        *[after] * 2,
    ]


@given(ramp=st.lists(WATTS, min_size=2).map(sorted))
def test_ramp_stays_as_it_is(ramp: list[float]) -> None:
    assert values(*ramp) == ramp[:-1]
    # The first one has nothing before it, and counts as the lower of two.
    assert values(*ramp[::-1])[1:] == ramp[::-1][1:-1]


@given(level=WATTS, spike=WATTS, at=st.integers(0, 9))
def test_one_spike_never_counts(level: float, spike: float, at: int) -> None:
    samples = [level] * 10
    samples[at] = spike
    assert max(values(*samples)) <= level


def test_samples_far_apart_are_no_neighbours() -> None:
    confirmation = Confirmation()
    times = [0, 6, 6 + HOLD + 1, 12 + HOLD + 1]
    taken = [
        confirmation.add(time, value)
        for time, value in zip(times, (3, 5, 9, 8), strict=True)
    ]
    assert taken == [None, (0, 3), (6, 3), (times[2], 8)]


def test_sample_alone_is_left_out() -> None:
    confirmation = Confirmation()
    assert [confirmation.add(time, 9) for time in (0, 100, 200)] == [None] * 3


def test_clock_that_steps_back_has_no_neighbours() -> None:
    confirmation = Confirmation()
    assert [confirmation.add(time, 9) for time in (100, 50, 56)] == [
        None,
        None,
        (50, 9),
    ]


def test_pending() -> None:
    confirmation = Confirmation()
    assert confirmation.pending is None
    confirmation.add(7, 1)
    assert confirmation.pending == 7
