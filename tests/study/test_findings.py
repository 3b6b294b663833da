"""What a provider finds in a household whose days are known."""

from itertools import product

from currentcost_study import Series, View, bucket_view, coarse_view, find, raw_view
from currentcost_study.findings import Findings, Moment
from currentcost_study.hidden import posteriors
import numpy as np
import pytest

DAY = 86_400
MONDAY = DAY * 19_996


def simple_home(days: int = 21) -> Series:
    """Up at 7, out from 9 to 17 from Monday to Friday, in bed at 23; off on days 14, 15.

    It draws 100 W, from 500 to 1500 W while somebody is up, and boils water at 7:30.
    """
    rng = np.random.default_rng(1)
    watts = rng.normal(100, 4, days * 1440)
    for day in range(days):
        if day in {14, 15}:
            continue
        awake = np.zeros(1440, dtype=bool)
        awake[7 * 60 : 23 * 60] = True
        if (day + (MONDAY // DAY) + 3) % 7 < 5:
            awake[9 * 60 : 17 * 60] = False
        here = watts[day * 1440 : (day + 1) * 1440]
        here[awake] += np.repeat(rng.uniform(400, 1400, 480), 3)[awake]
        here[7 * 60 + 30 : 7 * 60 + 33] += 2500
    return Series(MONDAY, 60, watts)


@pytest.fixture(scope="module")
def home() -> Series:
    return simple_home()


def hours(findings: Findings) -> dict[tuple[Moment, bool], float]:
    return {(h.moment, h.weekend): h.time / 3600 for h in findings.habits}


def test_a_regular_life_is_read_from_the_readings(home: Series) -> None:
    for view in (raw_view(home), coarse_view(home, 900)):
        findings = find(view)
        found = hours(findings)
        assert found[Moment.WAKE, False] == pytest.approx(7, abs=0.3)
        assert found[Moment.LEAVE, False] == pytest.approx(9, abs=0.3)
        assert found[Moment.RETURN, False] == pytest.approx(17, abs=0.3)
        assert found[Moment.BED, False] == pytest.approx(23, abs=0.3)
        assert (Moment.LEAVE, True) not in found
        (absence,) = findings.absences
        assert absence.start < MONDAY + 14 * DAY + 12 * 3600
        assert absence.end > MONDAY + 15 * DAY + 12 * 3600
        assert 0.5 < absence.probability <= 1


def test_the_kettle_is_seen_in_readings_and_not_in_buckets(home: Series) -> None:
    kettles = [event for event in find(raw_view(home)).events if event.kind == "kettle"]
    assert {event.start % DAY // 60 for event in kettles} >= {450}
    assert len({event.start // DAY for event in kettles}) >= 10
    assert all(
        event.kind == "heavy load" for event in find(coarse_view(home, 900)).events
    )


def test_buckets_with_a_threshold_between_quiet_and_busy_tell_the_hours(
    home: Series,
) -> None:
    findings = find(bucket_view(home, 900, [300, 800]))
    assert hours(findings)[Moment.WAKE, False] == pytest.approx(7, abs=0.3)


def test_buckets_that_never_change_tell_nothing(home: Series) -> None:
    findings = find(bucket_view(home, 3600, [10_000]))
    assert findings.events == ()
    assert findings.absences == ()


@pytest.mark.parametrize("watts", [[], [np.nan] * 100, [200.0], [200.0] * 3000])
def test_little_or_nothing_to_see_is_no_error(watts: list[float]) -> None:
    series = Series(MONDAY, 60, np.array(watts))
    for view in (
        raw_view(series),
        coarse_view(series, 900),
        bucket_view(series, 900, [1000]),
    ):
        findings = find(view)
        assert isinstance(findings.view, View)
        assert findings.days <= 3
        assert findings.absences == ()


def test_hidden_states_are_as_probable_as_counting_all_paths_says() -> None:
    rng = np.random.default_rng(2)
    steps, states = 7, 3
    start = rng.dirichlet(np.ones(states))
    moves = rng.dirichlet(np.ones(states), (steps, states))
    seen = rng.random((steps, states))
    total = np.zeros((steps, states))
    for path in product(range(states), repeat=steps):
        weight = (
            sum(start[before] * moves[0, before, path[0]] for before in range(states))
            * seen[0, path[0]]
        )
        for step in range(1, steps):
            weight *= moves[step, path[step - 1], path[step]] * seen[step, path[step]]
        total[np.arange(steps), path] += weight
    total /= total.sum(axis=1, keepdims=True)
    assert posteriors(start, moves, seen) == pytest.approx(total)
