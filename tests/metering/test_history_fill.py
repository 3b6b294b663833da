"""Gaps in what was recorded, filled from what a display remembers."""

from random import Random
from typing import Any

from currentcost_metering import (
    Grain,
    Hour,
    Joint,
    Piece,
    SumRecord,
    changes,
    fill,
    plan,
)
from hypothesis import given, strategies as st
import pytest

H = 3600.0
TWO = Grain.TWO_HOURLY


def two_hours(*energies: float, first: int = 100) -> list[Piece]:
    """Return bins of two hours each, one after the other."""
    return [
        Piece((first + 2 * at) * H, (first + 2 * at + 2) * H, energy, Grain.TWO_HOURLY)
        for at, energy in enumerate(energies)
    ]


def energies(hours: dict[int, Hour]) -> Any:
    return {number: pytest.approx(hour.energy) for number, hour in hours.items()}


def test_hours_before_the_first_record() -> None:
    filled = fill(
        two_hours(2.0, 4.0, 3.0),
        recorded={104: 0.5, 105: 1.0},
        imported={},
        until=106,
    )
    # The first recorded hour was half over: it gets what its bin has beyond the record.
    assert energies(filled) == {100: 1.0, 101: 1.0, 102: 2.0, 103: 2.0, 104: 2.0}


def test_a_gap_within_one_bin() -> None:
    assert fill(
        two_hours(2.0), recorded={99: 1, 100: 0.3, 102: 9}, imported={}, until=104
    ) == {101: Hour(1.0, Grain.TWO_HOURLY), 100: Hour(1.0, Grain.TWO_HOURLY)}


def test_a_recorded_hour_is_never_lowered() -> None:
    assert energies(
        fill(two_hours(2.0), recorded={100: 1.8}, imported={}, until=104)
    ) == {101: 0.2}
    assert energies(
        fill(two_hours(2.0), recorded={100: 2.4}, imported={}, until=104)
    ) == {101: 0.0}


def test_what_is_recorded_stands() -> None:
    recorded = dict.fromkeys(range(100, 106), 1.5)
    pieces = two_hours(2.0, 3.1, 3.0)
    assert fill(pieces, recorded=recorded, imported={}, until=106) == {}


def test_what_the_record_has_missed_is_topped_up() -> None:
    # Home Assistant was off in the hours 101 to 103, and its recorder filled them in.
    recorded = {99: 1, 100: 0.4, 101: 0, 102: 0, 103: 0, 104: 0.7, 105: 1, 106: 1}
    filled = fill(two_hours(2.0, 2.0, 2.0), recorded=recorded, imported={}, until=107)
    assert energies(filled) == dict.fromkeys(range(100, 105), 1.0)


def test_two_ways_to_count_are_no_gap() -> None:
    recorded = {100: 0.0, 101: 1.9, 102: 0.995, 103: 0.004}
    pieces = two_hours(2.0, 1.005)
    assert fill(pieces, recorded=recorded, imported={}, until=104) == {}


def test_bins_that_stand_an_hour_off_top_up_nothing() -> None:
    random = Random(5)  # noqa: S311
    truth = {number: random.uniform(0.1, 3) for number in range(99, 160)}
    off = [
        Piece(number * H, (number + 2) * H, truth[number - 1] + truth[number], TWO)
        for number in range(100, 158, 2)
    ]
    assert fill(off, recorded=truth, imported={}, until=159) == {}


def test_a_coarse_bin_tops_up_only_where_the_meter_stood_still() -> None:
    day = [Piece(100 * H, 124 * H, 24.0, Grain.DAILY)]
    recorded = dict.fromkeys(range(99, 126), 0.5) | {105: 0.0, 106: 0.0}
    filled = fill(day, recorded=recorded, imported={}, until=126)
    assert filled.keys() == {105, 106}


def test_the_hour_that_is_not_over_is_left_alone() -> None:
    assert fill(two_hours(2.0, 4.0), recorded={}, imported={}, until=101).keys() == {
        100
    }


def test_finer_bins_replace_what_was_imported_from_coarser_ones() -> None:
    day = [Piece(100 * H, 124 * H, 24.0, Grain.DAILY)]
    first = fill(day, recorded={124: 1.0}, imported={}, until=125)
    assert {hour.energy for hour in first.values()} == {1.0}
    recorded = {number: hour.energy for number, hour in first.items()} | {124: 1.0}
    imported = {number: hour.grain for number, hour in first.items()}
    finer = two_hours(*[1.0, 3.0] * 6)
    second = fill(finer, recorded=recorded, imported=imported, until=125)
    assert sum(hour.energy for hour in second.values()) == pytest.approx(24.0)
    assert second[100].energy == pytest.approx(0.5)
    assert second[102].energy == pytest.approx(1.5)
    # And never the other way round.
    recorded = {number: hour.energy for number, hour in second.items()} | {124: 1.0}
    imported = {number: hour.grain for number, hour in second.items()}
    assert fill(day, recorded=recorded, imported=imported, until=125) == {}


def test_bins_that_end_between_hours() -> None:
    pieces = [
        Piece((100.5 + 2 * at) * H, (102.5 + 2 * at) * H, 2.0, Grain.TWO_HOURLY)
        for at in range(3)
    ]
    filled = fill(pieces, recorded={}, imported={}, until=200)
    assert energies(filled) == dict.fromkeys(range(101, 106), 1.0)


amounts = st.floats(0, 5)


@given(
    bins=st.lists(amounts, min_size=3, max_size=12),
    recorded=st.dictionaries(st.integers(98, 126), amounts),
    until=st.integers(100, 126),
)
def test_nothing_negative_nothing_lost_nothing_twice(
    bins: list[float], recorded: dict[int, float], until: int
) -> None:
    pieces = two_hours(*bins)
    recorded = {number: kwh for number, kwh in recorded.items() if number < until}
    filled = fill(pieces, recorded=recorded, imported={}, until=until)
    after = recorded | {number: hour.energy for number, hour in filled.items()}
    assert all(hour.energy >= 0 for hour in filled.values())
    assert all(after[number] >= recorded[number] - 1e-9 for number in recorded)
    for at, energy in enumerate(bins):
        inside = [100 + 2 * at, 101 + 2 * at]
        if inside[1] >= until or not filled.keys() & set(inside):
            continue
        # It was changed, so it has what the bin says.
        before = sum(recorded.get(number, 0) for number in inside)
        assert sum(after[number] for number in inside) == pytest.approx(
            max(energy, before), abs=1e-5
        )
    # Twice is once.
    imported = {n: hour.grain for n, hour in filled.items() if n not in recorded}
    again = fill(pieces, recorded=after, imported=imported, until=until)
    assert all(
        hour.energy == pytest.approx(after[number], abs=1e-5)
        for number, hour in again.items()
    )


def settle(
    records: list[SumRecord], hours: dict[int, Hour], following: SumRecord
) -> tuple[list[SumRecord], float]:
    """Do what the recorder is asked to; return its hours and the sum that runs on."""
    todo = plan(records, hours, following=following)
    table = {record.start: record.sum for record in records}
    table |= {row.start: row.sum for row in todo.rows}
    running = following.sum
    for joint in todo.joints:
        before = max((start for start in table if start < joint.start), default=None)
        base = 0.0 if before is None else table[before]
        at = running if joint.is_short else table[joint.start]
        raised = joint.change - (at - base)
        table = {
            start: total + raised * (start >= joint.start)
            for start, total in table.items()
        }
        running += raised
    return [SumRecord(start, total) for start, total in sorted(table.items())], running


@given(
    recorded=st.dictionaries(st.integers(100, 130), amounts),
    hours=st.dictionaries(st.integers(90, 130), amounts),
    latest=amounts,
)
def test_sums_run_on_and_each_hour_is_what_it_has_to_be(
    recorded: dict[int, float], hours: dict[int, float], latest: float
) -> None:
    total = 0.0
    records = []
    for number, energy in sorted(recorded.items()):
        total += energy
        records.append(SumRecord(number * H, total))
    filled = {number: Hour(energy, Grain.DAILY) for number, energy in hours.items()}
    after, running = settle(records, filled, SumRecord(131 * H, total + latest))
    expected = recorded | hours
    assert changes(after) == {
        number: pytest.approx(energy, abs=1e-9) for number, energy in expected.items()
    }
    assert running == pytest.approx(sum(expected.values()) + latest)


def test_joints_are_the_first_records_after_what_is_put_in() -> None:
    records = [SumRecord(100 * H, 1.0, 51.0), SumRecord(103 * H, 3.0, 53.0)]
    hours = {101: Hour(5.0, Grain.DAILY), 104: Hour(7.0, Grain.DAILY)}
    todo = plan(records, hours, following=SumRecord(105 * H + 600, 3.25))
    assert todo.rows == [SumRecord(101 * H, 6.0), SumRecord(104 * H, 10.0)]
    assert todo.joints == [
        Joint(103 * H, 2.0),
        Joint(105 * H + 600, 0.25, is_short=True),
    ]
    topped_up = plan(
        records, {103: Hour(4.0, Grain.DAILY)}, following=SumRecord(104 * H, 3.0)
    )
    assert topped_up.rows == [SumRecord(103 * H, 5.0, 53.0)]
