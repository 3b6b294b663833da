"""From samples to the numbers of windows, whatever comes in between."""

import json
import math
from typing import Any
from zoneinfo import ZoneInfo

from currentcost_metering import (
    HOLD,
    Quantity,
    Recipe,
    Recorder,
    Samples,
    Take,
    window_start,
)
from hypothesis import given, settings, strategies as st
import pytest

WINDOW, PART = 900, 300
START = 1_767_225_600
"""2026-01-01, 00:00 UTC."""
THIRDS = Recipe(quantity=Quantity.MEAN_POWER, take=Take.EACH, count=3)
WHOLE = Recipe(quantity=Quantity.MEAN_POWER, take=Take.WHOLE, count=1)
ENERGY = Recipe(
    quantity=Quantity.ENERGY,
    take=Take.BANDS,
    count=2,
    zone=ZoneInfo("UTC"),
    bands=("0" * 12 + "1" * 12,) * 7,
)


def window_at(time: float) -> tuple[int, int]:
    start = window_start(time, WINDOW)
    return start, start + WINDOW


def recorder(*recipes: Recipe, part: int = PART) -> Recorder:
    return Recorder(part=part, recipes=recipes or (THIRDS,), window_at=window_at)


def restarted(before: Recorder, *recipes: Recipe) -> Recorder:
    """Return what a checkpoint on the disk makes of it."""
    return Recorder.from_dict(
        json.loads(json.dumps(before.to_dict())),
        part=PART,
        recipes=recipes or (THIRDS,),
        window_at=window_at,
    )


def feed(to: Recorder, start: int, end: int, watts: float) -> None:
    for time in range(start, end, 10):
        to.add(time, watts)
        to.advance(time)


def test_each_part_in_turn() -> None:
    taken = recorder()
    for third, watts in enumerate((100, 200, 300)):
        start = START + third * PART
        feed(taken, start, start + PART, watts)
    assert taken.finish(START, START + WINDOW) == [[100, 200, 300]]


def test_a_window_is_finished_once() -> None:
    taken = recorder(WHOLE)
    feed(taken, START, START + 2 * WINDOW, 100)
    assert taken.finish(START + WINDOW, START + 2 * WINDOW) == [[100]]
    assert taken.finish(START + WINDOW, START + 2 * WINDOW) is None
    # What lies before is forgotten with it.
    assert taken.finish(START, START + WINDOW) is None


def test_windows_wait_for_each_other() -> None:
    taken = recorder(WHOLE)
    for number in range(3):
        start = START + number * WINDOW
        feed(taken, start, start + WINDOW, 100 * number)
    found = [
        taken.finish(START + number * WINDOW, START + (number + 1) * WINDOW)
        for number in range(3)
    ]
    assert found == [[[0]], [[100]], [[200]]]


def test_nothing_measured_is_missing() -> None:
    assert recorder(WHOLE).finish(START, START + WINDOW) is None
    taken = recorder(WHOLE)
    feed(taken, START, START + WINDOW // 2 - 100, 100)
    assert taken.finish(START, START + WINDOW) is None


def test_a_restart_within_a_part_and_within_a_window() -> None:
    taken = recorder()
    feed(taken, START, START + 400, 100)
    taken = restarted(taken)
    feed(taken, START + 400, START + 750, 200)
    taken = restarted(taken)
    feed(taken, START + 750, START + WINDOW, 300)
    assert taken.finish(START, START + WINDOW) == [[100, 500 / 3, 250]]


def test_a_restart_over_the_end_of_a_window() -> None:
    taken = recorder(WHOLE)
    feed(taken, START, START + WINDOW - 60, 100)
    taken = restarted(taken, WHOLE)
    feed(taken, START + WINDOW + 60, START + WINDOW + 120, 900)
    assert taken.finish(START, START + WINDOW) == [[100]]


def test_several_recipes() -> None:
    taken = recorder(WHOLE, ENERGY)
    feed(taken, START, START + WINDOW, 400)
    assert taken.finish(START, START + WINDOW) == [[400], [100, 0]]


def test_a_clock_that_is_set_back_counts_nothing_twice() -> None:
    taken = recorder(WHOLE)
    feed(taken, START, START + 650, 100)
    feed(taken, START + 310, START + WINDOW, 900)
    ((mean,),) = taken.finish(START, START + WINDOW) or [[math.nan]]
    # The first two parts were over when the clock was set back; the third is new.
    assert mean == pytest.approx((600 * 100 + 300 * 900) / 900)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.1, 400), st.floats(0, 20_000)), min_size=1, max_size=60
    ),
    st.sets(st.integers(0, 59), max_size=5),
)
def test_the_same_as_without_parts(
    steps: list[tuple[float, float]], restarts: set[int]
) -> None:
    taken, plain = recorder(WHOLE), Samples(WINDOW)
    time: float = START
    for number, (seconds, watts) in enumerate(steps):
        time += seconds
        taken.add(time, watts)
        taken.advance(time - 1)
        plain.add(time, watts)
        if number in restarts:
            taken = restarted(taken, WHOLE)
    for start in range(START, int(time + HOLD), WINDOW):
        mean = plain.finish(start).mean_power
        found = taken.finish(start, start + WINDOW)
        assert found == (None if mean is None else [[pytest.approx(mean)]])


DAMAGED: list[Any] = [
    {},
    [],
    {"samples": {}, "records": {}},
    {"samples": None, "records": {}},
    {"samples": recorder().to_dict()["samples"], "records": []},
    {"samples": recorder().to_dict()["samples"], "records": {"x": {}}},
    {"samples": recorder().to_dict()["samples"], "records": {str(START): {}}},
    {"samples": recorder().to_dict()["samples"], "records": {"9" * 30: {}}},
    {"samples": Samples(WINDOW).to_dict(), "records": {}},
]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_damaged_checkpoints(damaged: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each says it in its own words
        Recorder.from_dict(damaged, part=PART, recipes=(THIRDS,), window_at=window_at)


def test_a_checkpoint_of_other_recipes() -> None:
    taken = recorder()
    feed(taken, START, START + 400, 100)
    with pytest.raises(ValueError, match="not a checkpoint"):
        restarted(taken, WHOLE)
