"""The numbers of a window, against a list of all its parts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
import math
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from currentcost_metering import Quantity, Recipe, Record, Samples, Sums, Take
from hypothesis import given, strategies as st
import pytest

from .test_recipe import (
    DAYS,
    EVENING,
    HIGHEST,
    ITALIAN,
    KOLKATA,
    NEW_YORK,
    REGISTERS,
    ROME,
    WHOLE,
    at,
)

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
KATHMANDU = ZoneInfo("Asia/Kathmandu")

type Parts = Sequence[tuple[int, Sums]]


def steady(
    watts: float, *, part: int = 3600, covered: float | None = None, peak: float = 0
) -> Sums:
    """Return the sums of a part with steady power, but for a peak of no length."""
    covered = part if covered is None else covered
    return Sums(
        length=part,
        covered=covered,
        watt_seconds=watts * covered,
        peak=max(watts, peak) if covered else None,
        last=watts if covered else None,
    )


def record_of(
    start: int, end: int, *recipes: Recipe, part: int = 3600, parts: Parts = ()
) -> Record:
    """Return a record of a window that was given parts."""
    record = Record(start=start, end=end, part=part, recipes=recipes)
    for part_start, sums in parts:
        record.add(part_start, sums)
    return record


def every_part(start: int, end: int, sums: Sums) -> list[tuple[int, Sums]]:
    """Return the parts of a window, each the same."""
    return [(part, sums) for part in range(start, end, sums.length)]


# The numbers from a list of all parts.


def local(time: int, zone: ZoneInfo | None) -> datetime:
    """Return a local time."""
    assert zone is not None
    return datetime.fromtimestamp(time, UTC).astimezone(zone)


def merged(length: int, parts: Sequence[Sums]) -> Sums:
    """Return the sums of many parts at once."""
    known = [sums for sums in parts if sums.covered]
    return Sums(
        length=length,
        covered=sum(sums.covered for sums in known),
        watt_seconds=sum(sums.watt_seconds for sums in known),
        peak=max((sums.peak for sums in known if sums.peak is not None), default=None),
        last=known[-1].last if known else None,
    )


def quantity_of(recipe: Recipe, sums: Sums) -> float | None:
    """Return what is measured, None if less than half is covered."""
    if 2 * sums.covered < sums.length:
        return None
    return {
        Quantity.MEAN_POWER: sums.watt_seconds / sums.covered,
        Quantity.LAST_POWER: sums.last,
        Quantity.PEAK_POWER: sums.peak,
        Quantity.ENERGY: sums.watt_seconds / 3600,
    }[recipe.quantity]


def days_from_list(recipe: Recipe, start: int, end: int, parts: Parts) -> list[float]:
    """Return the highest number of each local day of the window."""
    by_day: dict[date, list[float]] = {}
    day, last = (local(time, recipe.zone).date() for time in (start, end - 1))
    while day <= last:
        by_day[day] = []
        day += timedelta(days=1)
    for part, sums in parts:
        if (number := quantity_of(recipe, sums)) is not None:
            by_day[local(part, recipe.zone).date()].append(number)
    return [max(numbers, default=0) for numbers in by_day.values()]


def numbers_from_list(
    recipe: Recipe, start: int, end: int, part: int, parts: Parts
) -> list[float] | None:
    """Return a recipe's numbers of a window that has enough covered."""
    known = dict(parts)
    padding = [0.0] * recipe.count
    match recipe.take:
        case Take.WHOLE:
            whole = merged(end - start, list(known.values()))
            number = quantity_of(recipe, whole)
            return None if number is None else [number]
        case Take.EACH:
            numbers = [
                quantity_of(recipe, known.get(time, Sums(length=part)))
                for time in range(start, end, part)
                if recipe.hours is None
                or local(time, recipe.zone).hour in range(*recipe.hours)
            ]
            found = [number for number in numbers if number is not None]
            return found if len(found) == len(numbers) == recipe.count else None
        case Take.DAYS:
            days = days_from_list(recipe, start, end, parts)
            if len(days) > recipe.count:
                return None
            return [*days, *padding][: recipe.count]
        case Take.HIGHEST_DAYS:
            days = days_from_list(recipe, start, end, parts)
            return [*sorted(days, reverse=True), *padding][: recipe.count]
        case Take.BANDS:
            assert recipe.bands is not None
            energies = padding
            for time, sums in parts:
                now = local(time, recipe.zone)
                digit = recipe.bands[now.isoweekday() - 1][now.hour]
                energies[int(digit)] += sums.watt_seconds / 3600
            return energies


def from_list(
    recipes: Sequence[Recipe], start: int, end: int, part: int, parts: Parts
) -> list[list[float]] | None:
    """Return the numbers of a window."""
    if 2 * sum(sums.covered for _, sums in parts) < end - start:
        return None
    every = [numbers_from_list(recipe, start, end, part, parts) for recipe in recipes]
    numbers = [each for each in every if each is not None]
    return numbers if len(numbers) == len(every) else None


# Known answers.


def test_a_simple_question_has_one_part() -> None:
    start = at("2026-11-24 10:00")
    record = record_of(start, start + 900, WHOLE, part=900)
    assert record.numbers() is None
    record.add(start, steady(518, part=900, covered=450))
    assert record.numbers() == [[518]]


def test_the_whole_is_measured_over_all_parts() -> None:
    start = at("2026-11-24 00:00")
    recipes = [replace(WHOLE, quantity=quantity) for quantity in Quantity]
    parts = [
        (start, steady(100, peak=5000)),
        (start + 3600, steady(400, covered=1800)),
        (start + 3 * 3600, steady(300, covered=1800)),
    ]
    record = record_of(start, start + 4 * 3600, *recipes, parts=parts)
    # A part with little covered counts for what it has.
    assert record.numbers() == [[225], [300], [5000], [450]]


def test_half_of_the_window_must_be_covered() -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    recipes = (WHOLE, DAYS, HIGHEST, REGISTERS)
    parts = every_part(start, end, steady(100))[:12]
    assert record_of(start, end, *recipes, parts=parts).numbers() is not None
    parts[-1] = (parts[-1][0], steady(100, covered=3599))
    assert record_of(start, end, *recipes, parts=parts).numbers() is None


def test_eight_quarters_of_an_evening() -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    evening = at("2026-11-24 18:00")
    parts = [
        (part, steady((part - evening) / 900, part=900))
        for part in range(start, end, 900)
    ]
    record = record_of(start, end, EVENING, part=900, parts=parts)
    assert record.numbers() == [[0, 1, 2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize("left_out", [True, False])
@pytest.mark.parametrize("quarter", range(8))
def test_an_evening_that_lacks_a_quarter_is_missing(
    quarter: int,
    left_out: bool,  # noqa: FBT001
) -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    parts = every_part(start, end, steady(100, part=900))
    lacking = 72 + quarter
    short = steady(100, part=900, covered=449)
    parts[lacking : lacking + 1] = [] if left_out else [(parts[lacking][0], short)]
    assert record_of(start, end, EVENING, part=900, parts=parts).numbers() is None


def test_a_gap_outside_the_evening_does_no_harm() -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    parts = every_part(start, end, steady(100, part=900))[40:80]
    parts.append((end - 900, steady(100, part=900, covered=449)))
    record = record_of(start, end, EVENING, part=900, parts=parts)
    assert record.numbers() is None
    parts = every_part(start, end, steady(100, part=900))[30:80]
    record = record_of(start, end, EVENING, part=900, parts=parts)
    assert record.numbers() == [[100] * 8]


def test_each_part_without_hours_needs_no_zone() -> None:
    each = replace(EVENING, count=3, zone=None, hours=None)
    parts = every_part(0, 10_800, steady(7))
    assert record_of(0, 10_800, each, parts=parts).numbers() == [[7, 7, 7]]


@pytest.mark.parametrize(
    ("day", "following", "hours"),
    [
        ("2026-10-24", "2026-10-25", 24),
        ("2026-10-25", "2026-10-26", 25),
        ("2027-03-28", "2027-03-29", 23),
    ],
)
def test_each_hour_of_a_day_that_has_another_number_is_missing(
    day: str, following: str, hours: int
) -> None:
    start, end = at(f"{day} 00:00"), at(f"{following} 00:00")
    parts = every_part(start, end, steady(1))
    for count in (23, 24, 25):
        each = replace(EVENING, count=count, hours=(0, 24))
        expected = [[1] * count] if count == hours else None
        assert record_of(start, end, each, parts=parts).numbers() == expected


def test_a_missing_hour_is_not_made_up_for_by_the_one_more() -> None:
    start, end = at("2026-10-25 00:00"), at("2026-10-26 00:00")
    parts = every_part(start, end, steady(1))
    each = replace(EVENING, count=24, hours=(0, 24))
    assert record_of(start, end, each, parts=parts[1:]).numbers() is None


@pytest.mark.parametrize(
    ("zone", "start", "end", "days"),
    [
        (ROME, "2027-02-01", "2027-03-01", 28),
        (ROME, "2028-02-01", "2028-03-01", 29),
        (ROME, "2027-03-01", "2027-04-01", 31),
        (ROME, "2026-10-01", "2026-11-01", 31),
        (ROME, "2026-11-01", "2026-12-01", 30),
        (KOLKATA, "2027-02-01", "2027-03-01", 28),
        (LORD_HOWE, "2026-10-01", "2026-11-01", 31),
    ],
)
def test_each_day_of_a_month_has_its_peak(
    zone: ZoneInfo, start: str, end: str, days: int
) -> None:
    first, last = at(f"{start} 00:00", zone), at(f"{end} 00:00", zone)
    parts = []
    for part in range(first, last, 1800):
        now = datetime.fromtimestamp(part, zone)
        # Each day's peak is in its first half hour or its last.
        edge = {"00:00": now.day % 2, "23:30": 1 - now.day % 2}
        peak = 1000 + now.day if edge.get(f"{now:%H:%M}") else 500
        parts.append((part, steady(100, part=1800, peak=peak)))
    recipes = (replace(DAYS, zone=zone), replace(HIGHEST, zone=zone))
    record = record_of(first, last, *recipes, part=1800, parts=parts)
    assert record.numbers() == [
        [1001 + day for day in range(days)] + [0] * (31 - days),
        [1000 + days, 999 + days, 998 + days],
    ]
    fewer = replace(DAYS, zone=zone, count=days - 1)
    record = record_of(first, last, fewer, part=1800, parts=parts)
    assert record.numbers() is None


def test_days_skip_what_has_too_little_covered() -> None:
    start, end = at("2026-11-23 00:00"), at("2026-11-26 00:00")
    parts = [
        *every_part(start, start + 86400, steady(100)),
        (start + 86400, steady(9000, covered=1799)),
        *every_part(start + 2 * 86400, end, steady(300)),
    ]
    recipes = [replace(each, count=4) for each in (DAYS, HIGHEST)]
    assert record_of(start, end, *recipes, parts=parts).numbers() == [
        [100, 0, 300, 0],
        [300, 100, 0, 0],
    ]


def test_a_day_of_feeding_in_has_a_negative_peak() -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    record = record_of(start, end, replace(DAYS, count=1))
    for part in range(start, end, 3600):
        record.add(part, Sums(length=3600, covered=3600, peak=-5, last=-5))
    assert record.numbers() == [[-5]]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # Monday to Sunday: F1 5 x 11 hours, F2 5 x 5 and 16, F3 the rest.
        ("2026-11-23", "2026-11-30", [55, 41, 72]),
        ("2026-10-19", "2026-10-26", [55, 41, 73]),
        ("2027-03-22", "2027-03-29", [55, 41, 71]),
    ],
)
def test_registers_of_a_week(start: str, end: str, hours: list[int]) -> None:
    first, last = at(f"{start} 00:00"), at(f"{end} 00:00")
    parts = every_part(first, last, steady(1000))
    record = record_of(first, last, REGISTERS, parts=parts)
    assert record.numbers() == [[1000 * each for each in hours]]


def test_registers_count_what_is_covered_and_guess_nothing() -> None:
    start, end = at("2026-11-24 00:00"), at("2026-11-25 00:00")
    parts = every_part(start, end, steady(1000))
    parts[8] = (parts[8][0], steady(1000, covered=900))
    del parts[9]
    record = record_of(start, end, REGISTERS, parts=parts)
    assert record.numbers() == [[9250, 5000, 8000]]


def test_parts_out_of_turn_are_ignored() -> None:
    each = replace(EVENING, count=3, zone=None, hours=None)
    bands = replace(REGISTERS, count=1, bands=("0" * 24,) * 7)
    record = record_of(3600, 14_400, WHOLE, each, bands)
    for start, watts in [
        (0, 1e6),
        (3600, 10),
        (3600, 1e6),
        (5400, 1e6),
        (7200, 20),
        (3600, 1e6),
        (7200, 1e6),
        (10_800, 30),
        (14_400, 1e6),
    ]:
        record.add(start, steady(watts))
    assert record.numbers() == [[20], [10, 20, 30], [60]]


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        (0, 3600, 0),
        (0, 3600, -900),
        (0, 0, 900),
        (3600, 0, 900),
        (1800, 7200, 3600),
        (0, 5400, 3600),
        # A month in India does not start at a full hour of UTC.
        (at("2026-11-01 00:00", KOLKATA), at("2026-12-01 00:00", KOLKATA), 3600),
    ],
)
def test_a_window_is_cut_into_whole_parts(start: int, end: int, part: int) -> None:
    with pytest.raises(ValueError, match="whole parts"):
        Record(start=start, end=end, part=part, recipes=[WHOLE])


def test_a_window_is_at_most_a_month() -> None:
    start, end = at("2026-10-01 00:00"), at("2026-11-01 00:00")
    record_of(start, end, WHOLE)
    with pytest.raises(ValueError, match="longer than a month"):
        record_of(start, end + 3600, WHOLE)


# Any window.

BANDS = st.lists(st.text("0123", min_size=24, max_size=24), min_size=7, max_size=7).map(
    tuple
)
QUANTITIES = st.sampled_from(Quantity)
MONTH_OF_CHANGES = st.sampled_from(["2026-10-", "2026-11-", "2027-02-", "2027-03-"])


@st.composite
def recipes_in(draw: st.DrawFn, zone: ZoneInfo, parts: int) -> Recipe:
    """Draw a recipe."""
    take: Take = draw(st.sampled_from(Take))
    match take:
        case Take.WHOLE:
            return Recipe(quantity=draw(QUANTITIES), take=take, count=1)
        case Take.EACH:
            first = draw(st.integers(0, 23))
            hours = draw(st.none() | st.just((first, draw(st.integers(first + 1, 24)))))
            per_hour = draw(st.sampled_from([1, 2, 4]))
            wanted = parts if hours is None else (hours[1] - hours[0]) * per_hour
            count = min(wanted, 100)
            return Recipe(
                quantity=draw(QUANTITIES),
                take=take,
                count=count,
                zone=zone,
                hours=hours,
            )
        case Take.DAYS | Take.HIGHEST_DAYS:
            count = draw(st.integers(1, 31))
            return Recipe(quantity=draw(QUANTITIES), take=take, count=count, zone=zone)
        case Take.BANDS:
            return Recipe(
                quantity=Quantity.ENERGY,
                take=take,
                count=4,
                zone=zone,
                bands=draw(BANDS),
            )


type Case = tuple[int, int, int, list[Recipe], Parts]


@st.composite
def cases(draw: st.DrawFn, most_days: int = 31) -> Case:
    """Draw a window of local days, recipes, and parts with gaps."""
    zone = draw(st.sampled_from([ROME, KOLKATA, NEW_YORK, LORD_HOWE, KATHMANDU]))
    first = date.fromisoformat(draw(MONTH_OF_CHANGES) + "01")
    first += timedelta(days=draw(st.integers(0, 27)))
    last = first + timedelta(days=draw(st.sampled_from([1, 2, most_days])))
    start, end = at(f"{first} 00:00", zone), at(f"{last} 00:00", zone)
    lengths = [n for n in (900, 1800, 3600) if start % n == end % n == 0]
    part = draw(st.sampled_from(lengths))
    gaps = draw(st.sampled_from([0, 0, 0.02, 0.4, 0.6]))
    random = Random(draw(st.integers(0, 1 << 32)))  # noqa: S311
    parts = []
    for time in range(start, end, part):
        covered = part
        if random.random() < gaps:
            covered = random.choice([0, 0, 1, part // 2 - 1, part // 2])
        if covered or random.random() < 0.5:
            watts = random.randrange(-500, 5000)
            peak = watts + random.randrange(500)
            parts.append((time, steady(watts, part=part, covered=covered, peak=peak)))
    recipe = recipes_in(zone, (end - start) // part)
    recipes = draw(st.lists(recipe, min_size=1, max_size=4))
    return start, end, part, recipes, parts


def same(found: list[list[float]] | None, expected: list[list[float]] | None) -> bool:
    """Return whether two windows have the same numbers, but for rounding."""
    if found is None or expected is None:
        return found is expected
    return [len(each) for each in found] == [len(each) for each in expected] and all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
        for each, others in zip(found, expected, strict=True)
        for one, other in zip(each, others, strict=True)
    )


@given(case=cases())
def test_numbers_are_those_of_the_list_of_all_parts(case: Case) -> None:
    start, end, part, recipes, parts = case
    record = record_of(start, end, *recipes, part=part, parts=parts)
    assert same(record.numbers(), from_list(recipes, start, end, part, parts))


@given(case=cases(), seed=st.integers(0, 1 << 32))
def test_parts_that_come_again_change_nothing(case: Case, seed: int) -> None:
    start, end, part, recipes, parts = case
    random = Random(seed)  # noqa: S311
    again = Record(start=start, end=end, part=part, recipes=recipes)
    for index, (time, sums) in enumerate(parts):
        again.add(time, sums)
        earlier, _ = random.choice(parts[: index + 1])
        again.add(earlier, steady(9999, part=part))
    once = record_of(start, end, *recipes, part=part, parts=parts)
    assert again.numbers() == once.numbers()


@given(case=cases())
def test_the_registers_add_up_to_the_whole(case: Case) -> None:
    start, end, part, _, parts = case
    energy = replace(WHOLE, quantity=Quantity.ENERGY)
    record = record_of(start, end, energy, REGISTERS, part=part, parts=parts)
    if (numbers := record.numbers()) is not None:
        [[whole], registers] = numbers
        assert sum(registers) == pytest.approx(whole)


@given(
    gaps=st.lists(st.integers(1, 200), min_size=1, max_size=300),
    ticks=st.lists(st.integers(0, 86400), max_size=10).map(sorted),
)
def test_parts_of_samples_make_the_window_of_samples(
    gaps: list[int], ticks: list[int]
) -> None:
    start, end = at("2026-11-24 01:00"), at("2026-11-24 05:00")
    quantities = [replace(WHOLE, quantity=quantity) for quantity in Quantity]
    record = record_of(start, end, *quantities, part=900)
    whole, parts = Samples(end - start), Samples(900)
    time = start
    for watts, gap in enumerate(gaps):
        while ticks and start + ticks[0] <= time:
            for part, sums in parts.finished(start + ticks.pop(0)):
                record.add(part, sums)
        whole.add(time, watts)
        parts.add(time, watts)
        time += gap
    for part, sums in parts.finished(max(end, time)):
        record.add(part, sums)
    sums = whole.finish(start)
    numbers = record.numbers()
    if numbers is None:
        assert not sums.sufficient
    else:
        expected = [quantity.of(sums) for quantity in Quantity]
        assert [number for [number] in numbers] == pytest.approx(expected)


# Checkpoints.

START, END = at("2026-10-25 00:00"), at("2026-10-27 00:00")
RECIPES = (
    WHOLE,
    replace(EVENING, count=4),
    replace(DAYS, count=3),
    HIGHEST,
    REGISTERS,
)


def saved(record: Record) -> Any:
    """Return a checkpoint as it comes back from the disk."""
    return json.loads(json.dumps(record.to_dict(), allow_nan=False))


def restored(data: object) -> Record:
    """Return the record of a checkpoint."""
    return Record.from_dict(data, start=START, end=END, part=3600, recipes=RECIPES)


def half_way() -> Record:
    """Return a record with parts of the first day and a bit."""
    return record_of(
        START, END, *RECIPES, parts=every_part(START, START + 30 * 3600, steady(100))
    )


@given(case=cases(most_days=3))
def test_a_checkpoint_after_every_part_changes_nothing(case: Case) -> None:
    start, end, part, recipes, parts = case
    record = Record(start=start, end=end, part=part, recipes=recipes)
    straight = Record(start=start, end=end, part=part, recipes=recipes)
    for part_start, sums in parts:
        record = Record.from_dict(
            saved(record), start=start, end=end, part=part, recipes=recipes
        )
        assert saved(record) == saved(straight)
        record.add(part_start, sums)
        record.add(part_start, sums)
        straight.add(part_start, sums)
    record = Record.from_dict(
        saved(record), start=start, end=end, part=part, recipes=recipes
    )
    assert record.numbers() == straight.numbers()


def test_a_checkpoint_is_a_few_numbers() -> None:
    start, end = at("2026-10-01 00:00"), at("2026-11-01 00:00")
    each = replace(EVENING, count=100, hours=None)
    recipes = (WHOLE, DAYS, HIGHEST, REGISTERS, each)
    record = record_of(start, end, *recipes, part=900)
    for part, sums in every_part(start, end, steady(1234.5, part=900)):
        record.add(part, sums)
    assert [len(values) for values in saved(record)["values"]] == [0, 31, 31, 3, 100]
    assert len(json.dumps(saved(record))) < 2000


def test_a_checkpoint_is_a_copy() -> None:
    record = half_way()
    kept = record.to_dict()
    before = json.dumps(kept)
    record.add(END - 3600, steady(5000))
    assert json.dumps(kept) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"start": START - 3600},
        {"end": END + 3600},
        {"part": 1800},
        {"recipes": RECIPES[:-1]},
        {"recipes": (*RECIPES, WHOLE)},
        *(
            {"recipes": (*RECIPES[:index], recipe, *RECIPES[index + 1 :])}
            for index, recipe in [
                (0, replace(WHOLE, quantity=Quantity.PEAK_POWER)),
                (1, replace(RECIPES[1], hours=(17, 19))),
                (2, replace(RECIPES[2], zone=ZoneInfo("Europe/Berlin"))),
                (2, replace(RECIPES[2], take=Take.HIGHEST_DAYS)),
                (3, replace(HIGHEST, count=2)),
                (4, replace(REGISTERS, bands=(*ITALIAN[:6], "1" * 24))),
            ]
        ),
    ],
)
def test_a_checkpoint_of_another_record_is_refused(changes: dict[str, Any]) -> None:
    own: dict[str, Any] = {
        "start": START,
        "end": END,
        "part": 3600,
        "recipes": RECIPES,
    }
    data = saved(half_way())
    assert saved(Record.from_dict(data, **own)) == data
    with pytest.raises(ValueError, match="not a checkpoint of this record"):
        Record.from_dict(data, **own | changes)


def paths(value: Any) -> list[list[Any]]:
    """Return where there is something in a value of JSON."""
    inside: list[list[Any]] = [[]]
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        items = ()
    for key, item in items:
        inside += [[key, *path] for path in paths(item)]
    return inside


def changed(value: Any, path: list[Any], new: object) -> Any:
    """Return a value of JSON with something else at a place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize(
    "path", paths(saved(half_way())), ids=lambda path: "-".join(map(str, path))
)
@pytest.mark.parametrize(
    "new",
    [True, "1", "", math.nan, math.inf, -math.inf, 10**400, {}, [[]], {"record": 1}],
    ids=lambda new: repr(new)[:8],
)
def test_what_is_no_number_is_refused(path: list[Any], new: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        restored(changed(saved(half_way()), path, new))


@pytest.mark.parametrize("path", [["values", index] for index in range(5)])
def test_too_many_numbers_are_refused(path: list[Any]) -> None:
    with pytest.raises(ValueError, match="values of this recipe"):
        restored(changed(saved(half_way()), path, [1.0] * 5))


@pytest.mark.parametrize(
    ("path", "new"),
    [
        (["record"], None),
        (["latest"], START - 3600),
        (["latest"], START + 1),
        (["latest"], END),
        (["whole"], [1.0, 1.0, 1.0]),
        (["whole"], [1.0, 1.0, 1.0, 1.0, 1.0]),
        (["whole"], [-1.0, 1.0, 1.0, 1.0]),
        (["whole"], [None, 1.0, 1.0, 1.0]),
        (["whole"], [1.0, None, 1.0, 1.0]),
        (["whole"], [1.0, 1.0, None, 1.0]),
        (["whole"], [1.0, 1.0, 1.0, None]),
        (["whole"], [0.0, 0.0, 1.0, 1.0]),
        (["values"], []),
        (["values", 1], [None]),
        (["values", 2], []),
        (["values", 4], [1.0, 1.0]),
    ],
)
def test_what_cannot_be_is_refused(path: list[Any], new: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        restored(changed(saved(half_way()), path, new))


@pytest.mark.parametrize("key", ["record", "latest", "whole", "values"])
def test_a_checkpoint_without_a_part_of_it_is_refused(key: str) -> None:
    data = saved(half_way())
    del data[key]
    with pytest.raises(ValueError, match="not a checkpoint"):
        restored(data)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, START, 1e308, -1e308]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["record", "latest", "whole", "values"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@given(data=st.data())
def test_whatever_is_on_the_disk_does_no_harm(data: st.DataObject) -> None:
    checkpoint = saved(half_way())
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(checkpoint)))
        checkpoint = changed(checkpoint, path, data.draw(ANYTHING))
    try:
        record = restored(checkpoint)
    except ValueError:
        return
    for part in range(START, END, 3600):
        record.add(part, steady(100))
    numbers = record.numbers()
    assert numbers is None or [len(each) for each in numbers] == [1, 4, 3, 3, 3]
