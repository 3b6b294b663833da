"""Local days, and which of them nobody measured by the hour."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from currentcost_metering.days import local_days
import pytest

LONDON = ZoneInfo("Europe/London")
FIRST = date(2026, 10, 19).toordinal()


def hours(*days: list[float]) -> dict[int, float]:
    start = int(datetime(2026, 10, 19, tzinfo=LONDON).timestamp())
    values = [value for day in days for value in day]
    return {start + 3600 * number: value for number, value in enumerate(values)}


def uneven(level: float = 1.0) -> list[float]:
    return [level * (1 + hour % 3) for hour in range(24)]


def test_a_day_has_its_total_and_its_hours() -> None:
    (day,) = local_days(hours(uneven()), first=FIRST, last=FIRST + 1, zone=LONDON)
    assert day.total == pytest.approx(48)
    assert day.hours[4] == 2
    assert day.weekday == 0


def test_a_day_with_a_quarter_unknown_is_taken_to_go_on_like_that() -> None:
    found = hours([2.0, 4.0] * 9)
    (day,) = local_days(found, first=FIRST, last=FIRST + 1, zone=LONDON)
    assert day.total == pytest.approx(72)
    del found[max(found)]
    (day,) = local_days(found, first=FIRST, last=FIRST + 1, zone=LONDON)
    assert day.total is None


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    found = hours(*[uneven()] * 6, [*uneven(), 1.0])
    day = local_days(found, first=FIRST, last=FIRST + 7, zone=LONDON)[-1]
    assert day.total == pytest.approx(49)
    # Shown twice: 01:00 to 02:00.
    assert day.hours[1] == pytest.approx(2.5)
    assert set(day.hours) == set(range(24))


def test_one_flat_day_is_an_outage() -> None:
    found = hours(uneven(), [2.0] * 24, uneven())
    days = local_days(found, first=FIRST, last=FIRST + 3, zone=LONDON)
    assert [day.total for day in days] == [pytest.approx(48), None, pytest.approx(48)]


def test_totals_of_days_are_flat_but_not_coarse() -> None:
    found = hours(uneven(), *[[level] * 24 for level in (1.0, 2.0, 1.5, 1.5)])
    days = local_days(found, first=FIRST, last=FIRST + 5, zone=LONDON)
    assert [day.flat for day in days] == [False, True, True, True, True]
    assert not any(day.coarse for day in days)


def test_a_month_spread_evenly_is_coarse() -> None:
    found = hours(*[[1 / 3] * 24] * 4, uneven(), uneven())
    days = local_days(found, first=FIRST, last=FIRST + 6, zone=LONDON)
    assert [day.coarse for day in days] == [True] * 4 + [False] * 2
    assert days[0].total == pytest.approx(8)


def test_nothing_at_all_is_measured_and_not_flat() -> None:
    found = hours(*[[0.0] * 24] * 4)
    days = local_days(found, first=FIRST, last=FIRST + 4, zone=LONDON)
    assert [(day.total, day.flat) for day in days] == [(0, False)] * 4
