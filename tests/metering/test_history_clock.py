"""The display's clock: slow, set wrong, summer time, set anew, and stood still."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from currentcost_metering import Grain, Memory, MeterClock
import pytest

from .display import LONDON, Display, Listener, uneven, utc

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")


def listen(
    display: Display, listener: Listener, *moments: float, reading: float = 600
) -> Memory:
    """Hear readings all the time, and at some moments what the display remembers."""
    now = moments[0] - 3600
    for moment in moments:
        while now < moment:
            listener.clock.hear(now, display.days(now), display.shown(now))
            now += reading
        listener.clock.hear(now, display.days(now), display.shown(now))
        listener.memory.take(
            display.entries(now, uneven),
            heard=now,
            days=display.days(now) + 2,
            clock=listener.clock,
        )
    return listener.memory


def misplaced(memory: Memory, *, grain: Grain = Grain.TWO_HOURLY) -> list[str]:
    """Return the bins whose energy isn't what was drawn in their time."""
    bins = memory.bins(0, grain)
    assert len(bins) > 20
    return [
        f"{datetime.fromtimestamp(item.start, UTC)}"
        for item in bins
        if item.energy != pytest.approx(uneven(item.start, item.end), abs=1e-9)
    ]


def of_zone(zone: ZoneInfo, start: str, end: str, *, off: float = 0) -> Display:
    """Return a display that always shows the home's time, but for some seconds."""
    settings: list[tuple[float, float]] = []
    now = utc(start)
    while now < utc(end):
        offset = datetime.fromtimestamp(now, zone).utcoffset()
        assert offset is not None
        if not settings or settings[-1][1] != offset.total_seconds() + off:
            settings.append((now, offset.total_seconds() + off))
        now += 3600
    return Display(settings, utc(start))


@pytest.mark.parametrize("zone", [UTC, LONDON, NEW_YORK, KOLKATA], ids=str)
@pytest.mark.parametrize("end", ["2026-04-10", "2026-11-15"])
def test_summer_time_of_a_clock_that_is_always_right(zone: ZoneInfo, end: str) -> None:
    start = (datetime.fromisoformat(end) - timedelta(days=60)).isoformat()
    display = of_zone(zone, start, end)
    memory = listen(display, Listener(zone), utc(end) - 1800)
    assert misplaced(memory) == []
    assert misplaced(memory, grain=Grain.DAILY) == []


@pytest.mark.parametrize("off", [-700, -420, 360, 840])
def test_a_clock_that_is_some_minutes_off(off: int) -> None:
    display = of_zone(LONDON, "2026-05-01", "2026-07-01", off=off)
    listener = Listener()
    memory = listen(display, listener, utc("2026-06-20 12:30"))
    # To the minute; 40 s of a bin are less than anything that counts.
    assert listener.clock.deviation(utc("2026-06-20 12:30")) == pytest.approx(
        off, abs=30
    )
    bins = memory.bins(0, Grain.TWO_HOURLY)
    assert all(
        item.energy == pytest.approx(uneven(item.start, item.end), rel=0.02)
        for item in bins
    )


def test_a_clock_of_16_seconds_is_right() -> None:
    clock = MeterClock(LONDON)
    now = utc("2026-01-10 10:00")
    for second in range(3):
        clock.hear(now + second, 17, time(9, 59, 44 + second))
    assert clock.deviation(now) == 0


def test_a_clock_that_nobody_sets_for_summer_time() -> None:
    display = Display([(0, 0)], utc("2026-03-01"))
    listener = Listener()
    now = utc("2026-04-20 12:30")
    memory = listen(display, listener, now)
    assert listener.clock.deviation(now) == -3600
    assert listener.clock.is_trusted(now)
    assert misplaced(memory) == []


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("2026-03-29 10:20", 0, 3600),
        ("2026-10-25 10:20", 3600, 0),
        ("2026-10-25 12:40", 3600, 0),
    ],
)
def test_a_clock_that_is_set_while_somebody_listens(
    change: str, before: int, after: int
) -> None:
    changed = utc(change)
    display = Display([(0, before), (changed, after)], changed - 50 * 86_400)
    listener = Listener()
    memory = listen(
        display, listener, changed - 3000, changed + 7 * 3600, changed + 90_000
    )
    assert len(listener.clock.settings) == 2
    # The change was seen ten minutes late at most: of two bins the energy isn't exact.
    wrong = [
        item
        for item in memory.bins(0, Grain.TWO_HOURLY)
        if item.energy != pytest.approx(uneven(item.start, item.end), abs=1e-9)
    ]
    assert all(abs(item.start - changed) < 4 * 3600 for item in wrong)
    assert memory.bins(0, Grain.TWO_HOURLY)[-1].end > changed + 80_000


def test_summer_time_begins_while_somebody_listens() -> None:
    display = of_zone(LONDON, "2026-02-01", "2026-04-10")
    moments = [utc("2026-03-29 00:30") + 7200 * n for n in range(6)]
    assert misplaced(listen(display, Listener(), *moments)) == []


def test_a_clock_that_drifts_loses_no_bin() -> None:
    born = utc("2026-01-01")
    # 20 s a day, in small steps: far more than a quartz.
    display = Display(
        [(born + 1800 * n, -1800 * n / 4320) for n in range(48 * 60)], born
    )
    listener = Listener(UTC)
    moments = [born + 86_400 * day + 5000 for day in (32, 36, 57)]
    memory = listen(display, listener, *moments)
    bins = memory.bins(0, Grain.TWO_HOURLY)
    assert len(bins) == 372
    assert all(abs(newer.start - older.end) < 200 for older, newer in pairwise(bins))
    assert all(
        item.energy == pytest.approx(uneven(item.start, item.end), rel=0.05)
        for item in bins
    )


@pytest.mark.parametrize(
    ("shown", "trusted"),
    [
        (time(12, 0), True),
        (time(12, 14), True),
        (time(11, 46), True),
        (time(12, 30), False),
        (time(13, 10), True),
        (time(10, 55), True),
        (time(14, 0), False),
        (time(0, 2, 12), False),
    ],
)
def test_trust(shown: time, trusted: bool) -> None:  # noqa: FBT001
    clock = MeterClock(UTC)
    now = utc("2026-06-20 12:00")
    for _ in range(3):
        clock.hear(now, 17, shown)
    assert clock.is_trusted(now) is trusted


def test_two_messages_with_another_time_are_damage_three_are_a_clock() -> None:
    clock = MeterClock(UTC)
    now = utc("2026-06-20 12:00")
    assert [clock.hear(now, 17, time(12)) for _ in range(4)] == [False] * 2 + [
        True,
        False,
    ]
    for wrong in (time(22), time(22), time(12), time(22), time(21), time(22)):
        assert not clock.hear(now, 17, wrong)
    assert clock.hear(now, 17, time(22)) is False
    assert clock.hear(now, 17, time(22))
    assert clock.deviation(now) == 36_000
    assert MeterClock.from_list(UTC, clock.to_list()).settings == clock.settings


def test_a_display_that_was_off_for_days_tells_nothing_of_the_time_before() -> None:
    now = utc("2026-06-20 12:30")
    listener = Listener(UTC)
    listener.know(now - 20 * 86_400, 100, time(12, 30))
    # Back after ten days, of which it counted none.
    listener.know(now - 10 * 86_400, 100, time(12, 30))
    listener.know(now, 110, time(12, 30))
    ends = list(listener.clock.passings(now, step=7200, phase=3600))
    assert ends[0] == utc("2026-06-20 11:00")
    assert ends[-1] == utc("2026-06-10 13:00")


def test_settings_are_bounded() -> None:
    clock = MeterClock(UTC)
    now = utc("2026-06-20 12:00")
    for hour in range(200):
        for _ in range(3):
            clock.hear(now, 17, time(hour * 7 % 24))
    assert len(clock.settings) == 50
