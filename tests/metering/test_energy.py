"""Energy from samples of power."""

from itertools import accumulate

from currentcost_metering import HOLD
from currentcost_metering.energy import EnergyIntegrator
from hypothesis import given, strategies as st
import pytest

POWERS = st.floats(min_value=0, max_value=100_000)
STEPS = st.floats(min_value=-1e6, max_value=1e6)
SAMPLES = st.lists(st.tuples(STEPS, POWERS))


def integrate(samples: list[tuple[float, float]], start: float = 0.0) -> list[float]:
    """Return the total after each (time, power)."""
    integrator = EnergyIntegrator(start)
    totals = []
    for time, power in samples:
        integrator.add(time, power)
        totals.append(integrator.energy)
    return totals


def at_times(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Turn the steps between samples into times."""
    times = accumulate((step for step, _ in samples), initial=1.8e9)
    return list(zip(times, (power for _, power in samples), strict=False))


def test_a_kilowatt_for_an_hour() -> None:
    assert integrate([(6.0 * number, 1000) for number in range(601)])[-1] == (
        pytest.approx(1000)
    )


def test_a_sample_holds_until_the_next_one() -> None:
    assert integrate([(0, 3600), (6, 7200), (8, 0), (20, 3600)]) == [0, 6, 10, 10]


def test_a_gap_adds_nothing_beyond_the_hold() -> None:
    assert integrate([(0, 3600), (10_000, 0)])[-1] == 30


def test_a_clock_that_steps_back_adds_nothing() -> None:
    assert integrate([(0, 3600), (6, 3600), (-3600, 3600), (-3594, 3600)]) == [
        0,
        6,
        6,
        12,
    ]


def test_nothing_is_added_before_the_second_sample() -> None:
    integrator = EnergyIntegrator(5.0)
    assert integrator.energy == 5.0
    integrator.add(1.8e9, 3000)
    assert integrator.energy == 5.0


@given(samples=SAMPLES)
def test_the_total_never_falls_and_is_bounded(
    samples: list[tuple[float, float]],
) -> None:
    totals = integrate(at_times(samples))
    assert totals == sorted(totals)
    if totals:
        highest = max(power for _, power in samples)
        assert totals[-1] <= highest * HOLD * (len(samples) - 1) / 3600 * (1 + 1e-9)


@given(samples=SAMPLES, start=st.floats(min_value=0, max_value=1e9))
def test_the_start_is_only_added(
    samples: list[tuple[float, float]], start: float
) -> None:
    from_zero = integrate(at_times(samples))
    assert integrate(at_times(samples), start) == pytest.approx(
        [start + total for total in from_zero]
    )


@given(
    power=POWERS,
    cuts=st.lists(st.floats(min_value=0, max_value=HOLD), max_size=8),
)
def test_repeating_a_sample_changes_nothing(power: float, cuts: list[float]) -> None:
    samples = [(time, power) for time in sorted([0.0, *cuts, HOLD])]
    assert integrate(samples)[-1] == pytest.approx(power * HOLD / 3600)


def test_advancing_counts_the_sample_once() -> None:
    integrator = EnergyIntegrator()
    integrator.add(0, 3600)
    integrator.advance(6)
    assert integrator.energy == 6
    integrator.advance(20)
    integrator.advance(10_000)
    assert integrator.energy == 30
    integrator.add(10_000, 3600)
    integrator.add(10_006, 0)
    assert integrator.energy == 36
