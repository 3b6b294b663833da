"""Recipes that make sense, and the local day, hour and band of a part."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from currentcost_metering import Quantity, Recipe, Sums, Take
import pytest

ROME = ZoneInfo("Europe/Rome")
KOLKATA = ZoneInfo("Asia/Kolkata")
NEW_YORK = ZoneInfo("America/New_York")

# F1 on working days from 8 to 19, F2 around it and on Saturdays, F3 for the rest.
ITALIAN = (*["222222210000000000011112"] * 5, "222222211111111111111112", "2" * 24)

WHOLE = Recipe(quantity=Quantity.MEAN_POWER, take=Take.WHOLE, count=1)
EVENING = Recipe(
    quantity=Quantity.MEAN_POWER, take=Take.EACH, count=8, zone=ROME, hours=(18, 20)
)
DAYS = Recipe(quantity=Quantity.PEAK_POWER, take=Take.DAYS, count=31, zone=ROME)
HIGHEST = replace(DAYS, take=Take.HIGHEST_DAYS, count=3)
REGISTERS = Recipe(
    quantity=Quantity.ENERGY, take=Take.BANDS, count=3, zone=ROME, bands=ITALIAN
)


def at(text: str, zone: ZoneInfo = ROME, *, fold: int = 0) -> int:
    """Return the UTC seconds of a local time."""
    local = datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    return int(local.timestamp())


def test_a_quantity_is_that_of_the_sums() -> None:
    sums = Sums(length=3600, covered=1800, watt_seconds=1.8e6, peak=1500, last=200)
    assert [quantity.of(sums) for quantity in Quantity] == [1000, 200, 1500, 500]
    assert [quantity.of(Sums(length=3600)) for quantity in Quantity] == [None] * 4


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        (WHOLE, {"count": 0}),
        (WHOLE, {"count": 2}),
        (WHOLE, {"hours": (0, 24), "zone": ROME}),
        (WHOLE, {"bands": ITALIAN, "zone": ROME}),
        (EVENING, {"count": 0}),
        (EVENING, {"count": 101}),
        (EVENING, {"zone": None}),
        (EVENING, {"hours": (-1, 2)}),
        (EVENING, {"hours": (20, 20)}),
        (EVENING, {"hours": (20, 18)}),
        (EVENING, {"hours": (20, 25)}),
        (DAYS, {"count": 32}),
        (DAYS, {"zone": None}),
        (DAYS, {"hours": (18, 20)}),
        (HIGHEST, {"count": 32}),
        (HIGHEST, {"zone": None}),
        (REGISTERS, {"count": 2}),
        (REGISTERS, {"count": 11}),
        (REGISTERS, {"zone": None}),
        (REGISTERS, {"bands": None}),
        (REGISTERS, {"bands": ()}),
        (REGISTERS, {"bands": ITALIAN[:6]}),
        (REGISTERS, {"bands": (*ITALIAN, "2" * 24)}),
        (REGISTERS, {"bands": (*ITALIAN[:6], "2" * 23)}),
        (REGISTERS, {"bands": (*ITALIAN[:6], "2" * 25)}),
        (REGISTERS, {"bands": (*ITALIAN[:6], "2" * 23 + "3")}),
        (REGISTERS, {"bands": (*ITALIAN[:6], "2" * 23 + "²")}),
        (REGISTERS, {"bands": (*ITALIAN[:6], "2" * 23 + "x")}),
        (REGISTERS, {"quantity": Quantity.MEAN_POWER}),
    ],
)
def test_what_makes_no_sense_is_refused(
    recipe: Recipe, changes: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(recipe, **changes)  # type: ignore[arg-type]


def test_the_bounds_themselves_are_taken() -> None:
    replace(EVENING, count=100, hours=(0, 24))
    replace(EVENING, count=1, hours=(23, 24))
    replace(DAYS, count=1)
    replace(REGISTERS, count=10, bands=("0123456789" + "0" * 14,) * 7)


def test_only_bands_have_bands() -> None:
    with pytest.raises(ValueError, match="without price bands"):
        DAYS.band(0)


def test_hours_go_by_the_start_and_leave_out_the_last() -> None:
    assert not EVENING.needs(at("2026-11-24 17:59:59"))
    assert EVENING.needs(at("2026-11-24 18:00"))
    assert EVENING.needs(at("2026-11-24 19:45"))
    assert not EVENING.needs(at("2026-11-24 20:00"))
    assert replace(EVENING, zone=None, hours=None).needs(0)


def test_hours_follow_the_clock_of_the_season() -> None:
    assert EVENING.needs(int(datetime(2026, 7, 1, 16, tzinfo=UTC).timestamp()))
    assert not EVENING.needs(int(datetime(2026, 12, 1, 16, tzinfo=UTC).timestamp()))


def test_hours_of_a_zone_half_an_hour_off() -> None:
    recipe = replace(EVENING, zone=KOLKATA)
    # 18:00 in India is 12:30 UTC.
    assert not recipe.needs(int(datetime(2026, 7, 1, 12, 15, tzinfo=UTC).timestamp()))
    assert recipe.needs(int(datetime(2026, 7, 1, 12, 30, tzinfo=UTC).timestamp()))


@pytest.mark.parametrize(
    ("time", "band"),
    [
        ("2026-11-24 06:59", 2),
        ("2026-11-24 07:00", 1),
        ("2026-11-24 08:00", 0),
        ("2026-11-24 18:59", 0),
        ("2026-11-24 19:00", 1),
        ("2026-11-24 23:00", 2),
        ("2026-11-27 12:00", 0),
        ("2026-11-28 12:00", 1),
        ("2026-11-29 12:00", 2),
        ("2026-11-30 00:00", 2),
        ("2026-11-30 12:00", 0),
    ],
)
def test_band_of_an_hour_of_the_week(time: str, band: int) -> None:
    assert REGISTERS.band(at(time)) == band


def test_both_hours_of_the_night_when_clocks_go_back_are_the_same_band() -> None:
    bands = ("2" * 24,) * 6 + ("220222222222222222222222",)
    recipe = replace(REGISTERS, bands=bands)
    assert [recipe.band(at("2026-10-25 00:00") + hour * 3600) for hour in range(6)] == [
        2,
        2,
        0,
        0,
        2,
        2,
    ]
    # And on the night they go forward there is no such hour.
    assert [recipe.band(at("2027-03-28 00:00") + hour * 3600) for hour in range(4)] == [
        2,
        2,
        2,
        2,
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (ROME, "2026-10-25", 25),
        (ROME, "2027-03-28", 23),
        (ROME, "2027-03-29", 24),
        (NEW_YORK, "2026-11-01", 25),
        (KOLKATA, "2026-10-25", 24),
    ],
)
def test_a_local_day_has_its_hours(zone: ZoneInfo, day: str, hours: float) -> None:
    recipe = replace(DAYS, zone=zone)
    number = recipe.day(at(f"{day} 12:00", zone))
    start = at(f"{day} 00:00", zone)
    end = start + int(timedelta(hours=hours).total_seconds())
    assert [recipe.day(time) - number for time in (start - 1, start, end - 1, end)] == [
        -1,
        0,
        0,
        1,
    ]
