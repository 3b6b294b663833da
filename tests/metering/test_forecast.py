"""The forecast: known answers, properties, and what it must never do."""

from datetime import datetime
import random
from zoneinfo import ZoneInfo

from currentcost_metering.forecast import Forecast, forecast
from currentcost_metering.past import quantile
from hypothesis import given, settings, strategies as st
import pytest

LONDON = ZoneInfo("Europe/London")
START = int(datetime(2025, 1, 6, tzinfo=LONDON).timestamp())  # a Monday
SHAPE = [1 + (hour >= 7) + 2 * (17 <= hour < 22) for hour in range(24)]
H, DAY = 3600, 86_400


def hours(
    totals: list[float], *, noise: float = 0.0, seed: int = 1
) -> dict[int, float]:
    """Return days in UTC winter with these totals, their hours shaped."""
    chance = random.Random(seed)  # noqa: S311
    found = {}
    for day, total in enumerate(totals):
        parts = [part * (1 + noise * chance.random()) for part in SHAPE]
        for hour, part in enumerate(parts):
            found[START + day * DAY + hour * H] = total * part / sum(parts)
    return found


def of(found: dict[int, float], days: int) -> Forecast | None:
    now = max(found) + H
    return forecast(found, now=now, end=now + days * DAY, zone=LONDON)


def told(found: dict[int, float], days: int) -> Forecast:
    result = of(found, days)
    assert result is not None
    return result


def test_a_steady_home_goes_on_as_it_was() -> None:
    result = told(hours([10.0] * 40, noise=0.1), 10)
    # A little less: everybody goes away at some time.
    assert sum(result.hours.values()) == pytest.approx(100, rel=0.01)
    assert result.factors is not None
    assert result.factors == pytest.approx((1, 1), rel=0.02)
    evening = [v for hour, v in result.hours.items() if (hour - START) % DAY == 18 * H]
    night = [v for hour, v in result.hours.items() if (hour - START) % DAY == 3 * H]
    assert sum(evening) / sum(night) == pytest.approx(4, rel=0.1)


def test_the_forecast_grows_with_the_home() -> None:
    found = hours([8.0 + day % 5 for day in range(50)], noise=0.2)
    twice = {hour: 2 * value for hour, value in found.items()}
    one, other = told(found, 12), told(twice, 12)
    assert sum(other.hours.values()) == pytest.approx(2 * sum(one.hours.values()))
    assert one.factors is not None
    assert other.factors is not None
    assert other.factors == pytest.approx(one.factors)


def test_weekends_are_expected_to_be_like_weekends() -> None:
    found = hours([20.0 if day % 7 >= 5 else 10.0 for day in range(56)])
    result = told(found, 7)
    days = [
        sum(v for hour, v in result.hours.items() if (hour - START) // DAY == 56 + day)
        for day in range(7)
    ]
    assert days[5] == pytest.approx(days[6])
    assert days[5] / days[0] > 1.5


def test_a_change_is_followed() -> None:
    rest = told(hours([10.0] * 40 + [15.0] * 20), 10).hours
    assert 130 < sum(rest.values()) < 150


def test_one_day_away_says_little() -> None:
    rest = told(hours([10.0] * 40 + [1.0]), 10).hours
    assert sum(rest.values()) > 95


def test_two_weeks_away_are_a_holiday_and_not_a_new_level() -> None:
    rest = told(hours([10.0] * 180 + [3.0] * 14 + [10.0] * 3), 20).hours
    assert 185 < sum(rest.values()) < 198


def test_a_home_that_is_left_every_third_week_goes_on_like_that() -> None:
    weeks = [10.0] * 14 + [1.0] * 7
    rest = told(hours(weeks * 8), 21).hours
    assert sum(rest.values()) == pytest.approx(14 * 10 + 7 * 1, rel=0.1)


def test_a_home_that_stays_empty_has_that_level_after_a_month() -> None:
    rest = told(hours([10.0] * 100 + [1.0] * 45), 10).hours
    assert sum(rest.values()) < 20


def test_the_season_of_last_year_is_expected_again() -> None:
    # Winter ended a year ago from where the forecast is made.
    level = [20.0] * 60 + [10.0] * 290 + [20.0] * 75
    rest = told(hours(level), 25).hours
    assert sum(rest.values()) < 25 * 16


def test_the_current_day_has_its_remaining_hours() -> None:
    found = hours([24.0] * 30)
    now = START + 29 * DAY + 22 * H
    known = {hour: value for hour, value in found.items() if hour < now}
    result = forecast(known, now=now, end=START + 31 * DAY, zone=LONDON)
    assert result is not None
    assert sorted(result.hours) == list(range(now, START + 31 * DAY, H))
    of_today = [v for hour, v in result.hours.items() if hour < START + 30 * DAY]
    assert sum(of_today) == pytest.approx(24 * 4 / sum(SHAPE), rel=0.01)


def test_a_bill_in_which_the_clocks_change_has_all_its_hours() -> None:
    found = hours([10.0] * 70)  # until 17 March
    result = told(found, 20)
    assert len(result.hours) == 480
    spring = datetime(2025, 3, 30, tzinfo=LONDON).timestamp()
    of_day = [v for hour, v in result.hours.items() if spring <= hour < spring + 23 * H]
    assert sum(of_day) == pytest.approx(10, rel=0.01)


def test_too_few_days_give_no_forecast() -> None:
    assert of(hours([10.0] * 4), 10) is None
    assert of(hours([10.0] * 5), 10) is not None
    assert forecast({}, now=START, end=START + DAY, zone=LONDON) is None


def test_what_was_known_long_ago_gives_no_forecast() -> None:
    found = hours([10.0] * 40)
    now = START + 120 * DAY
    assert forecast(found, now=now, end=now + DAY, zone=LONDON) is None


def test_a_range_needs_more_days_than_a_forecast() -> None:
    assert told(hours([10.0, 12.0] * 10), 20).factors is None
    assert told(hours([10.0, 12.0] * 12), 20).factors is not None


def test_a_range_is_wider_for_a_home_that_varies_more() -> None:
    chance = random.Random(7)  # noqa: S311
    widths = []
    for spread in (0.1, 0.5):
        totals = [10 * chance.lognormvariate(0, spread) for _ in range(200)]
        factors = told(hours(totals), 10).factors
        assert factors is not None
        assert factors[0] < 1 < factors[1]
        widths.append(factors[1] - factors[0])
    assert widths[0] < widths[1]


def test_a_month_that_was_spread_evenly_does_not_make_the_range_narrow() -> None:
    chance = random.Random(3)  # noqa: S311
    totals = [10 * chance.lognormvariate(0, 0.4) for _ in range(30)]
    alone = told(hours(totals), 10)
    coarse = {START - H * (number + 1): 10 / 24 for number in range(24 * 90)}
    both = told(coarse | hours(totals), 10)
    assert alone.factors is not None
    assert both.factors is not None
    assert both.factors[1] - both.factors[0] > 0.5 * (
        alone.factors[1] - alone.factors[0]
    )
    assert told(coarse, 10).factors is None


@settings(max_examples=30)
@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e4)), min_size=1, max_size=90),
    st.integers(1, 31),
)
def test_no_history_breaks_it(totals: list[float | None], days: int) -> None:
    found = {
        hour: value
        for day, total in enumerate(totals)
        if total is not None
        for hour, value in hours([total]).items()
        for hour, value in ((hour + day * DAY, value),)
    }
    now = START + len(totals) * DAY
    result = forecast(found, now=now, end=now + days * DAY, zone=LONDON)
    if result is None:
        assert sum(total is not None for total in totals[-60:]) < 5
        return
    assert all(value >= 0 for value in result.hours.values())
    assert sum(result.hours.values()) <= 1.01 * days * 1e4
    if result.factors is not None:
        assert 0 < result.factors[0] <= 1 <= result.factors[1]


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_nothing_after_the_origin_is_looked_at(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    found = hours([10 * chance.lognormvariate(0, 0.3) for _ in range(60)])
    now = START + 40 * DAY
    known = {hour: value for hour, value in found.items() if hour < now}
    end = now + 10 * DAY
    assert forecast(known, now=now, end=end, zone=LONDON) == forecast(
        found, now=now, end=end, zone=LONDON
    )


def test_quantiles() -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.5) == 3
    assert quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.9) == pytest.approx(4.6)
    assert quantile([7.0], 1.0) == 7
