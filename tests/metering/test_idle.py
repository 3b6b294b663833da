"""Base load, and what is left on in quiet hours."""

from datetime import UTC, date, datetime

from currentcost_metering.days import local_days
from currentcost_metering.idle import Idle, base_load
from currentcost_metering.week import WeekSpan
from hypothesis import given, strategies as st
import pytest

START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
FIRST = date(2026, 11, 2).toordinal()
QUIET = WeekSpan(start=60, end=5 * 60).minutes()
DAY = 86_400


def home(days: int, *, base: float = 0.2) -> dict[int, float]:
    """Return days with a fridge at night and people from 7 to 23."""
    return {
        START + 3600 * hour: base + (0.4 if 7 <= hour % 24 < 23 else 0.02 * (hour % 2))
        for hour in range(24 * days)
    }


def base_of(hours: dict[int, float], days: int) -> float | None:
    found = local_days(hours, first=FIRST, last=FIRST + days, zone=UTC)
    return base_load(found)


def test_the_base_load_is_that_of_the_lowest_hours() -> None:
    assert base_of(home(14), 14) == pytest.approx(0.2)


@given(st.sets(st.integers(0, 13), max_size=6), st.floats(0, 20))
def test_six_odd_days_of_fourteen_hardly_move_the_base_load(
    odd: set[int], value: float
) -> None:
    hours = home(14)
    for day in odd:
        for hour in range(24):
            hours[START + day * DAY + hour * 3600] = value + hour
    assert base_of(hours, 14) == pytest.approx(0.2)


def test_no_base_load_of_two_days_nor_of_a_meter_that_counts_in_steps() -> None:
    assert base_of(home(2), 2) is None
    steps = {hour: float(number % 3 == 0) for number, hour in enumerate(home(14))}
    assert base_of(steps, 14) is None


def left_on(hours: dict[int, float], first: int, last: int) -> float | None:
    idle = Idle(hours, QUIET, zone=UTC)
    return idle.left_on(START + first * DAY, START + last * DAY)


def test_nothing_is_left_on_while_only_the_fridge_runs() -> None:
    assert left_on(home(20), 14, 20) == 0


def test_a_heater_left_on_for_two_nights() -> None:
    hours = home(20)
    for day in (15, 16):
        for hour in (0, 1, 2, 3, 4, 5):
            hours[START + day * DAY + hour * 3600] += 1.0
    # Of the six hours four are quiet; two of these have the fridge's 0.02 on top.
    assert left_on(hours, 14, 20) == pytest.approx(2 * (4 * 1.0 + 2 * 0.02))
    assert left_on(hours, 16, 17) == pytest.approx(4 * 1.0 + 2 * 0.02)


def test_unknown_without_a_base_load() -> None:
    assert left_on(home(2), 0, 2) is None
    assert left_on({}, 0, 2) is None


def test_an_hour_that_is_quiet_in_part_does_not_count() -> None:
    hours = {hour: energy + 1 for hour, energy in home(20).items()}
    hours |= home(19)
    half = WeekSpan(start=90, end=150).minutes()
    idle = Idle(hours, half, zone=UTC)
    assert idle.left_on(START + 19 * DAY, START + 20 * DAY) == 0
