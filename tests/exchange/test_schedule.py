"""Windows are cut at the same instants by everyone, by UTC or by a calendar."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from currentcost_exchange import Period, PlanError, Schedule, Window, WindowKind
from hypothesis import given, strategies as st
import pytest

from .strategies import examples

ZONES = ("UTC", "Europe/Rome", "America/St_Johns", "Asia/Kolkata", "Asia/Beirut")
LATEST = 4_000_000_000

quarters = Schedule(window=900, part=900)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def schedules() -> st.SearchStrategy[Schedule]:
    zones = st.sampled_from(ZONES)
    intervals = st.sampled_from([10, 30, 900, 3600, 7200, 86_400])
    return st.one_of(
        intervals.map(lambda window: Schedule(window=window, part=window)),
        st.builds(
            Schedule, window=st.sampled_from(Period), part=st.just(900), zone=zones
        ),
    )


@pytest.mark.parametrize(
    ("zone", "period", "start", "end"),
    [
        ("UTC", Period.DAY, "2026-11-24T00:00", "2026-11-25T00:00"),
        ("UTC", Period.MONTH, "2026-11-01T00:00", "2026-12-01T00:00"),
        ("Europe/Rome", Period.DAY, "2026-11-23T23:00", "2026-11-24T23:00"),
        # The clocks change: 23 hours, 25 hours.
        ("Europe/Rome", Period.DAY, "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Rome", Period.DAY, "2026-10-24T22:00", "2026-10-25T23:00"),
        ("Europe/Rome", Period.MONTH, "2026-09-30T22:00", "2026-10-31T23:00"),
        ("Europe/Rome", Period.MONTH, "2028-01-31T23:00", "2028-02-29T23:00"),
        ("Europe/Rome", Period.MONTH, "2026-11-30T23:00", "2026-12-31T23:00"),
        ("Asia/Kolkata", Period.DAY, "2026-11-23T18:30", "2026-11-24T18:30"),
        # In Beirut the clocks skip the hour after midnight.
        ("Asia/Beirut", Period.DAY, "2026-03-28T22:00", "2026-03-29T21:00"),
    ],
)
def test_days_and_months(zone: str, period: Period, start: str, end: str) -> None:
    schedule = Schedule(window=period, part=900, zone=zone)
    window = Window(WindowKind.PERIOD, utc(start), utc(end))
    for time in (window.start, window.end - 1, (window.start + window.end) // 2):
        assert schedule.window_at(time) == window
    assert schedule.window_at(window.end).start == window.end
    assert schedule.window_at(window.start - 1).end == window.start


@examples(200)
@given(schedule=schedules(), time=st.floats(86_400 * 40, LATEST))
def test_windows_cover_time_without_a_gap(schedule: Schedule, time: float) -> None:
    window = schedule.window_at(time)
    assert window.start <= time < window.end
    assert window.end - window.start <= schedule.longest
    listed = list(
        schedule.windows(since=time - schedule.longest, until=time + schedule.longest)
    )
    assert window in listed or not (
        window.start >= time - schedule.longest
        and window.end <= time + schedule.longest
    )
    assert all(one.end == other.start for one, other in pairwise(listed))
    assert all(schedule.window_at(each.start) == each for each in listed)


@pytest.mark.parametrize(
    ("since", "until", "starts"),
    [
        (0, 899, []),
        (0, 900, [0]),
        (1, 1800, [900]),
        (900, 2700.5, [900, 1800]),
        (900, 900, []),
        (5000, 0, []),
    ],
)
def test_windows_lie_whole_within(
    since: float, until: float, starts: list[int]
) -> None:
    found = quarters.windows(since=since, until=until)
    assert [window.start for window in found] == starts


@pytest.mark.parametrize(
    ("window", "a_day"),
    [(900, 96), (86_400, 1), (Period.DAY, 1), (Period.MONTH, 12 / 365.2425)],
)
def test_how_often(window: Any, a_day: float) -> None:
    schedule = Schedule(window=window, part=900)
    assert schedule.windows_a_day == pytest.approx(a_day)


@pytest.mark.parametrize(
    "changes",
    [
        {"window": 7},
        {"window": 9},
        {"window": 1000},
        {"window": 172_800},
        {"window": True},
        {"window": "day"},
        {"window": None},
        {"part": 0},
        {"part": -900},
        {"part": 400},
        {"part": 1800},
        {"part": 900.0},
        {"window": Period.DAY, "part": 7200},
        {"window": Period.MONTH, "part": 1000},
        {"zone": ""},
        {"zone": "Europe/Atlantis"},
        {"zone": "../UTC"},
        {"zone": "/etc/passwd"},
        {"zone": "Europe"},
        {"zone": "localtime"},
        {"zone": "posixrules"},
        {"zone": "right/UTC"},
        {"zone": "posix/Europe/Rome"},
        {"zone": "Factory"},
        {"zone": "a\0b"},
        {"zone": "A" * 10_000},
        {"zone": None},
        {"zone": 5},
    ],
    ids=repr,
)
def test_bounds(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"window": 900, "part": 900, "zone": "UTC"}
    with pytest.raises(PlanError):
        Schedule(**fields | changes)
