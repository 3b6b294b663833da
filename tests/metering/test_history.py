"""What real displays remember, placed on the time line; and in any order of its parts."""

import csv
from datetime import UTC, datetime, time
from itertools import batched
from random import Random

from currentcost_envir import Damaged, History, StreamParser
from currentcost_metering import Entry, Grain, Memory, MeterClock, line_of
from hypothesis import given, settings, strategies as st
import pytest

from .display import (
    CAPTURES,
    DATA,
    LONDON,
    Display,
    Listener,
    heard,
    read_capture,
    uneven,
    utc,
)

DUMP = CAPTURES / "linkdd" / "history_v1.29_dsb786.xml"
OVERFLOWED = CAPTURES / "beanz" / "cc128.complete.history.xml"

needs_captures = pytest.mark.skipif(
    not DUMP.exists(), reason="the captures of real meters are not here"
)


@needs_captures
@pytest.mark.parametrize(
    ("name", "date", "bins"),
    [("mirrored.data", "2014-12-03", 213), ("mirrored000.data", "2014-12-07", 266)],
)
def test_two_dumps_of_one_display_join_the_published_series(
    name: str, date: str, bins: int
) -> None:
    with (DATA / "currentcost_v1.29_twohourly_kwh_62days.csv").open() as file:
        published = {
            datetime.fromisoformat(row["start_meter_clock"])
            .replace(tzinfo=LONDON)
            .timestamp(): float(row["kwh"])
            for row in csv.DictReader(file)
        }
    listener = heard(read_capture(CAPTURES / "mdunschen" / name), date=date)
    found = listener.memory.bins(0, Grain.TWO_HOURLY)
    assert len(found) == bins
    assert all(published[item.start] == item.energy for item in found)
    assert all(item.end - item.start == 7200 for item in found)
    assert listener.memory.is_complete(0)


@needs_captures
def test_grains_of_a_dump_of_26_months_agree() -> None:
    listener = heard(read_capture(DUMP), date="2015-01-20")
    memory = listener.memory
    assert memory.is_complete(0)
    assert memory.is_complete(9)
    assert {grain: len(memory.bins(0, grain)) for grain in Grain} == {
        Grain.TWO_HOURLY: 372,
        Grain.DAILY: 90,
        Grain.MONTHLY: 26,
    }
    line = line_of(memory, 0)
    for grain, step in ((Grain.DAILY, 1 / 128), (Grain.MONTHLY, 1 / 4)):
        for item in memory.bins(0, grain):
            energy = sum(
                piece.energy * piece.within(item.start, item.end)
                for piece in line.pieces
            )
            assert energy == pytest.approx(item.energy, abs=step)
    assert line.pieces[0].start == utc("2012-11-24 23:00")
    assert line.pieces[-1].end == utc("2015-01-19 23:00")
    assert (line.doubtful, line.overflowed, line.repaired) == (0, 0, 0)
    assert line_of(memory, 9).pieces == []


@needs_captures
def test_a_month_that_overflowed_is_repaired() -> None:
    listener = heard(read_capture(OVERFLOWED), date="2011-02-01")
    line = line_of(listener.memory, 0)
    assert line.repaired == 1
    assert [
        piece.energy for piece in line.pieces if 2000 < piece.energy < 2100
    ] == pytest.approx([2071.7, 2031.5])
    assert min(piece.energy for piece in line.pieces) > 0


@needs_captures
@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_and_repetition_of_the_parts_change_nothing(random: Random) -> None:
    parts = read_capture(DUMP)
    expected = heard(parts, date="2015-01-20")
    shuffled = parts + random.sample(parts, 5)
    random.shuffle(shuffled)
    listener = heard(shuffled, date="2015-01-20")
    assert line_of(listener.memory, 0) == line_of(expected.memory, 0)
    assert listener.memory.is_complete(0)
    assert Memory.from_dict(listener.memory.to_dict()) == listener.memory


@needs_captures
def test_a_lost_part_comes_with_the_next_cycle() -> None:
    parts = read_capture(DUMP)
    listener = heard(parts[:3] + parts[4:], date="2015-01-20")
    assert not listener.memory.is_complete(0)
    line, whole = (
        line_of(found.memory, 0)
        for found in (listener, heard(parts, date="2015-01-20"))
    )
    holes = [piece for piece in line.pieces if piece not in whole.pieces]
    assert holes
    # A coarser store tells what was drawn in the hole, evenly.
    assert {piece.grain for piece in holes} == {Grain.DAILY}
    assert sum(piece.energy for piece in line.pieces) == pytest.approx(
        sum(piece.energy for piece in whole.pieces), abs=0.1
    )
    for message in parts:
        listener.hear(message, utc("2015-01-20 00:08:25"))
    assert line_of(listener.memory, 0) == line_of(
        heard(parts, date="2015-01-20").memory, 0
    )
    assert listener.memory.is_complete(0)


@needs_captures
def test_damage_that_still_parses_is_outvoted() -> None:
    stream = DUMP.read_bytes()
    damaged = StreamParser().feed(stream.replace(b"<h004>", b"<h004>1", 1))
    assert not any(isinstance(item, Damaged) for item in damaged)
    parts = [item for item in damaged if isinstance(item, History)]
    truth = read_capture(DUMP)
    listener = heard(parts, date="2015-01-20")
    for times, doubtful in ((1, 1), (2, 0)):
        for message in truth[8:9]:
            listener.hear(message, utc("2015-01-20 00:08:27"))
        assert line_of(listener.memory, 0).doubtful == doubtful, times
    assert line_of(listener.memory, 0) == line_of(
        heard(truth, date="2015-01-20").memory, 0
    )


def cycle(
    listener: Listener, display: Display, start: float, *, beginning: int = 0
) -> None:
    """Hear the automatic cycle: four indexes every 10 s, oldest first."""
    entries = sorted(
        display.entries(start, uneven),
        key=lambda entry: (entry.grain.hours, -entry.index),
    )
    for number, part in enumerate(batched(entries, 4, strict=False)):
        if number >= beginning:
            now = start + 10 * number
            listener.clock.hear(now, display.days(now), display.shown(now))
            listener.memory.take(
                part, heard=now, days=display.days(now) + 2, clock=listener.clock
            )


def test_the_automatic_cycle_from_its_middle_on() -> None:
    display = Display([(0, 0)], utc("2026-05-01"))
    listener = Listener(UTC)
    start = utc("2026-06-29 21:01")
    listener.know(start, display.days(start), display.shown(start))
    cycle(listener, display, start, beginning=40)
    bins = listener.memory.bins(0, Grain.TWO_HOURLY)
    assert 0 < len(bins) < 372
    assert not listener.memory.is_complete(0)
    cycle(listener, display, start + 7200)
    bins = listener.memory.bins(0, Grain.TWO_HOURLY)
    assert len(bins) == 372
    assert bins[-1].end == utc("2026-06-29 23:00")
    for grain in (Grain.TWO_HOURLY, Grain.DAILY):
        assert all(
            item.energy == uneven(item.start, item.end)
            for item in listener.memory.bins(0, grain)
        )
    # Of a block of 30 days, which it has by now, nothing was heard.
    assert not listener.memory.is_complete(0)


def small(*entries: Entry, shown: str = "12:00:00", days: int = 64) -> Memory:
    """Return what was heard at noon on a summer's day."""
    listener = Listener()
    now = utc("2026-07-01 11:00")
    listener.know(now, days, time.fromisoformat(shown))
    listener.memory.take(entries, heard=now, days=days, clock=listener.clock)
    return listener.memory


def test_indexes_count_back_from_the_display_s_time() -> None:
    memory = small(
        Entry(0, Grain.TWO_HOURLY, 4, 1.0),
        Entry(0, Grain.TWO_HOURLY, 6, 2.0),
        Entry(0, Grain.DAILY, 1, 24.0),
        Entry(0, Grain.MONTHLY, 1, 720.0),
    )
    spans = {
        (grain, item.energy): (
            f"{datetime.fromtimestamp(item.start, UTC):%m-%d %H}",
            f"{datetime.fromtimestamp(item.end, UTC):%m-%d %H}",
        )
        for grain in Grain
        for item in memory.bins(0, grain)
    }
    assert spans == {
        (Grain.TWO_HOURLY, 1.0): ("07-01 08", "07-01 10"),
        (Grain.TWO_HOURLY, 2.0): ("07-01 06", "07-01 08"),
        (Grain.DAILY, 24.0): ("06-29 22", "06-30 22"),
        # On day 64 the running block has 2 complete days.
        (Grain.MONTHLY, 720.0): ("05-29 22", "06-28 22"),
    }


def test_the_finest_bin_wins_and_the_rest_is_spread() -> None:
    line = line_of(
        small(
            Entry(0, Grain.TWO_HOURLY, 4, 5.0),
            Entry(0, Grain.TWO_HOURLY, 16, 6.0),
            Entry(0, Grain.DAILY, 1, 17.0),
        ),
        0,
    )
    assert [piece.grain for piece in line.pieces] == [
        Grain.DAILY,
        Grain.TWO_HOURLY,
        Grain.TWO_HOURLY,
    ]
    assert [piece.energy for piece in line.pieces] == pytest.approx([11.0, 6.0, 5.0])
    # h016 is the last two hours of d001.
    assert line.pieces[1].end == utc("2026-06-30 22:00")


def test_negative_values_are_never_consumption() -> None:
    line = line_of(
        small(
            Entry(0, Grain.TWO_HOURLY, 16, -3.0),
            Entry(0, Grain.DAILY, 1, 61.0),
            Entry(0, Grain.DAILY, 2, -100.0),
            Entry(0, Grain.MONTHLY, 1, -4000.0),
        ),
        0,
    )
    assert [piece.grain for piece in line.pieces] == [Grain.DAILY]
    assert line.pieces[0].energy == pytest.approx(61.0)
    assert (line.overflowed, line.repaired) == (3, 0)


def test_memory_is_bounded() -> None:
    clock = MeterClock(UTC)
    memory = Memory()
    start = utc("2026-01-01 00:30")
    for hours in range(0, 5000, 100):
        now = start + hours * 3600
        shown = datetime.fromtimestamp(now, UTC).time()
        for _ in range(3):
            clock.hear(now, 100 + hours // 24, shown)
        memory.take(
            [Entry(0, Grain.TWO_HOURLY, index, 1.0) for index in range(4, 748, 2)],
            heard=now,
            days=101,
            clock=clock,
        )
    assert len(memory.bins(0, Grain.TWO_HOURLY)) == 372
