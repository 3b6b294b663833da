"""Tariffs: known answers by hand, and properties of sums of money."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from currentcost_metering.days import local_days
from currentcost_metering.tariff import (
    LAST_DAY,
    Band,
    Bands,
    Charges,
    bill_at,
    micro,
    overlapping,
)
from currentcost_metering.week import WeekSpan, day_of, midnight, minutes_of
from hypothesis import given, settings, strategies as st
import pytest

LONDON = ZoneInfo("Europe/London")
KOLKATA = ZoneInfo("Asia/Kolkata")
BEIRUT = ZoneInfo("Asia/Beirut")
NIGHT = WeekSpan(start=23 * 60, end=7 * 60)
ECONOMY_7 = WeekSpan(start=30, end=7 * 60 + 30)
WEEKEND = WeekSpan(start=0, end=0, days=frozenset({5, 6}))


def at(text: str, zone: ZoneInfo = LONDON) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def bands(*bands: tuple[WeekSpan, str], otherwise: str = "0.30") -> Bands:
    return Bands(
        price_otherwise=Decimal(otherwise),
        zone=LONDON,
        bands=tuple(Band(span=span, price=Decimal(price)) for span, price in bands),
    )


@pytest.mark.parametrize(
    ("time", "price"),
    [
        ("2026-11-24 22:00", "0.30"),
        ("2026-11-24 23:00", "0.10"),
        ("2026-11-25 06:00", "0.10"),
        ("2026-11-25 07:00", "0.30"),
        # By the clock in summer too.
        ("2026-07-01 06:00", "0.10"),
        ("2026-07-01 07:00", "0.30"),
    ],
)
def test_a_band_goes_past_midnight_by_the_local_clock(time: str, price: str) -> None:
    assert bands((NIGHT, "0.10")).price(at(time)) == Decimal(price)


@pytest.mark.parametrize(
    ("time", "price"),
    [
        ("2026-11-27 23:00", "0.30"),  # Friday
        ("2026-11-28 00:00", "0.20"),
        ("2026-11-29 23:00", "0.20"),
        ("2026-11-30 00:00", "0.30"),
    ],
)
def test_a_band_of_the_weekend(time: str, price: str) -> None:
    assert bands((WEEKEND, "0.20")).price(at(time)) == Decimal(price)


def test_a_band_past_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday_night = WeekSpan(start=22 * 60, end=6 * 60, days=frozenset({4}))
    tariff = bands((friday_night, "0.05"))
    assert tariff.price(at("2026-11-28 05:00")) == Decimal("0.05")
    assert tariff.price(at("2026-11-27 05:00")) == Decimal("0.30")
    sunday_night = WeekSpan(start=22 * 60, end=6 * 60, days=frozenset({6}))
    assert bands((sunday_night, "0.05")).price(at("2026-11-23 05:00")) == Decimal(
        "0.05"
    )


def test_an_hour_in_which_the_price_changes_has_the_mean_of_its_minutes() -> None:
    tariff = bands((ECONOMY_7, "0.10"))
    assert tariff.price(at("2026-11-24 00:00")) == Decimal("0.20")
    assert tariff.cost({at("2026-11-24 07:00"): 1.5}) == Decimal("0.30")


def test_the_hours_of_utc_where_the_clock_is_half_an_hour_off() -> None:
    tariff = Bands(
        price_otherwise=Decimal(6),
        zone=KOLKATA,
        bands=(Band(span=WeekSpan(start=9 * 60, end=10 * 60), price=Decimal(12)),),
    )
    assert tariff.price(at("2026-11-24 08:30", KOLKATA)) == 9
    assert tariff.price(at("2026-11-24 09:30", KOLKATA)) == 9
    assert tariff.price(at("2026-11-24 10:30", KOLKATA)) == 6


def test_the_days_on_which_the_clocks_change_have_their_own_number_of_hours() -> None:
    tariff = bands((NIGHT, "0.10"))
    for day, night_hours in (("2026-03-29", 7), ("2026-10-25", 9)):
        start = at(f"{day} 00:00")
        hours = range(start, midnight(day_of(start, LONDON) + 1, LONDON), 3600)
        cheap = [hour for hour in hours if tariff.price(hour) == Decimal("0.10")]
        # 00:00 to 07:00 and 23:00 to 24:00, with an hour less or more of night.
        assert len(cheap) == night_hours


def test_of_two_bands_that_overlap_the_later_one_stands() -> None:
    tariff = bands((NIGHT, "0.10"), (WEEKEND, "0.20"))
    assert tariff.price(at("2026-11-28 03:00")) == Decimal("0.20")
    assert overlapping([NIGHT, ECONOMY_7]) == (0, 1)
    assert overlapping([NIGHT, WEEKEND, ECONOMY_7]) == (0, 1)
    day = WeekSpan(start=420, end=23 * 60)
    assert overlapping([NIGHT, day]) is None


PRICES = st.decimals(min_value=-2, max_value=100, places=6)
SPANS = st.builds(
    WeekSpan,
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    days=st.frozensets(st.integers(0, 6), min_size=1),
)
HOURS = st.dictionaries(
    st.integers(400_000, 500_000).map(lambda hour: hour * 3600),
    st.integers(0, 50_000_000).map(lambda energy: energy / 1e6),
    max_size=5,
)


@settings(max_examples=30, deadline=None)
@given(
    otherwise=PRICES, found=st.lists(st.tuples(SPANS, PRICES), max_size=3), hours=HOURS
)
def test_a_cost_is_the_exact_sum_over_the_minutes(
    otherwise: Decimal, found: list[tuple[WeekSpan, Decimal]], hours: dict[int, float]
) -> None:
    tariff = Bands(
        price_otherwise=otherwise,
        zone=LONDON,
        bands=tuple(Band(span=span, price=price) for span, price in found),
    )
    spans = [(span.minutes(), Fraction(price)) for span, price in found]
    exact = Fraction(0)
    for hour, energy in hours.items():
        for minute in range(hour, hour + 3600, 60):
            local = datetime.fromtimestamp(minute, LONDON)
            of_week = local.weekday() * 1440 + local.hour * 60 + local.minute
            price = Fraction(otherwise)
            for minutes, band_price in spans:
                if of_week in minutes:
                    price = band_price
            exact += Fraction(round(energy * 1e6), 60 * 10**6) * price
    charged = Charges(tax=Decimal(20)).total(tariff.cost(hours), days=3)
    assert abs(Fraction(charged) - exact * Fraction(6, 5)) <= Fraction(1, 2 * 10**6)


def test_ten_times_a_tenth_of_a_cent_is_a_cent() -> None:
    start = at("2026-11-24 00:00")
    hours = {start + 3600 * number: 0.1 for number in range(10)}
    assert bands(otherwise="0.01").cost(hours) == Decimal("0.01")


def test_standing_charge_and_tax() -> None:
    charges = Charges(standing=Decimal("0.25"), tax=Decimal(5))
    assert charges.total(Decimal(10), days=4) == Decimal("11.55")
    assert Charges().total(Decimal("1.00000050"), days=1) == Decimal("1.000000")
    assert Charges().total(Decimal("1.00000051"), days=1) == Decimal("1.000001")


@pytest.mark.parametrize(
    ("now", "billing_day", "start", "end", "days"),
    [
        ("2026-11-24 10:00", 1, "2026-11-01", "2026-12-01", 30),
        ("2026-11-24 10:00", 28, "2026-10-28", "2026-11-28", 31),
        ("2026-11-24 00:00", 24, "2026-11-24", "2026-12-24", 30),
        ("2026-11-23 23:59", 24, "2026-10-24", "2026-11-24", 31),
        ("2026-01-01 00:00", 15, "2025-12-15", "2026-01-15", 31),
        ("2026-12-31 12:00", 15, "2026-12-15", "2027-01-15", 31),
        ("2026-02-27 12:00", LAST_DAY, "2026-01-31", "2026-02-28", 28),
        ("2026-02-28 12:00", LAST_DAY, "2026-02-28", "2026-03-31", 31),
        ("2028-02-29 12:00", LAST_DAY, "2028-02-29", "2028-03-31", 31),
    ],
)
def test_bills(now: str, billing_day: int, start: str, end: str, days: int) -> None:
    bill = bill_at(at(now), billing_day=billing_day, zone=LONDON)
    assert (bill.start, bill.end) == (at(f"{start} 00:00"), at(f"{end} 00:00"))
    assert bill.days == days
    change = 1 if end == "2026-11-24" else 0
    change -= 1 if end in {"2026-03-31", "2028-03-31"} else 0
    assert len(bill.hours()) == 24 * days + change


@given(
    time=st.integers(1_500_000_000, 2_000_000_000),
    day=st.sampled_from([0, *range(1, 29)]),
)
def test_bills_follow_one_another_without_a_gap(time: int, day: int) -> None:
    bill = bill_at(time, billing_day=day, zone=LONDON)
    assert bill.start <= time < bill.end
    following = bill_at(bill.end, billing_day=day, zone=LONDON)
    assert following.start == bill.end
    assert bill_at(bill.end - 1, billing_day=day, zone=LONDON) == bill


def test_a_day_whose_midnight_the_clock_skips() -> None:
    # In Beirut the clock goes from 23:59 to 01:00.
    day = datetime(2026, 3, 29, tzinfo=UTC).toordinal()
    start = midnight(day, BEIRUT)
    assert datetime.fromtimestamp(start, BEIRUT).isoformat()[:16] == "2026-03-29T01:00"
    assert midnight(day + 1, BEIRUT) - start == 23 * 3600
    assert day_of(start, BEIRUT) == day
    assert day_of(start - 1, BEIRUT) == day - 1


def test_a_day_that_an_island_skipped() -> None:
    # Samoa moved across the date line.
    zone = ZoneInfo("Pacific/Apia")
    skipped = datetime(2011, 12, 30, tzinfo=UTC).toordinal()
    assert midnight(skipped, zone) == midnight(skipped + 1, zone)
    (day,) = local_days({}, first=skipped, last=skipped + 1, zone=zone)
    assert day.total is None


@pytest.mark.parametrize("day", [-1, 29, 31])
def test_a_day_that_some_months_lack_is_no_billing_day(day: int) -> None:
    with pytest.raises(ValueError, match="billing day"):
        bill_at(0, billing_day=day, zone=LONDON)


@pytest.mark.parametrize("price", ["0.0000001", "nan", "inf"])
def test_a_price_that_is_no_whole_number_of_millionths(price: str) -> None:
    with pytest.raises(ValueError, match="millionths"):
        micro(Decimal(price))
    with pytest.raises(ValueError, match="millionths"):
        bands((NIGHT, price))


@pytest.mark.parametrize(
    ("start", "end", "days"), [(-1, 0, {0}), (0, 1440, {0}), (0, 1, set()), (0, 1, {7})]
)
def test_a_span_that_makes_no_sense(start: int, end: int, days: set[int]) -> None:
    with pytest.raises(ValueError, match=r"days|time of day"):
        WeekSpan(start=start, end=end, days=frozenset(days))


def test_minutes_of_no_spans_and_of_the_whole_week() -> None:
    assert minutes_of([]) == frozenset()
    assert len(minutes_of([WeekSpan(start=600, end=600)])) == 7 * 1440
