"""A billing meter's counter, followed by its impulses."""

from itertools import accumulate
from typing import Any

from currentcost_metering import ImpulseCounter
from hypothesis import given, strategies as st
import pytest


def counted(
    counter: ImpulseCounter, *counts: int, transmitter: int = 5, since: float = 0
) -> float:
    """Hear counts 6 s apart; return the reading afterwards."""
    for i, count in enumerate(counts):
        counter.add(since + 6 * i, count, transmitter)
    return counter.reading


def counter(start: float = 1234.5, per_unit: float = 1000) -> ImpulseCounter:
    return ImpulseCounter(start=start, per_unit=per_unit)


def test_reading_goes_on_from_where_it_started() -> None:
    assert counted(counter(), 14768, 14768, 14769) == 1234.5
    assert counted(counter(), 14768, 14778, 14788, 14788) == pytest.approx(1234.52)


@given(steps=st.lists(st.integers(0, 50), max_size=30), first=st.integers(0, 10**9))
def test_what_was_counted_is_what_the_transmitter_counted(
    steps: list[int], first: int
) -> None:
    counts = list(accumulate(steps, initial=first))
    reading = counted(counter(0, 1), *counts, counts[-1])
    assert reading == counts[-1] - first


@pytest.mark.parametrize("damaged", [94_768, 4_768, 0, 9_999_999_999])
def test_flipped_digit_never_counts(damaged: int) -> None:
    counts = (14768, 14768, 14769, damaged, 14770, 14770)
    assert counted(counter(0, 1), *counts) == 2


@pytest.mark.parametrize("after", [(0, 1, 2, 2), (9000, 9001, 9002, 9002)])
def test_count_that_begins_anew_takes_nothing_back(after: tuple[int, ...]) -> None:
    # Of the counts on both sides of the change one or two may be lost.
    assert 2 <= counted(counter(0, 1), 14768, 14769, 14770, *after) <= 4


def test_another_transmitter_counts_from_its_own_number() -> None:
    item = counter(0, 1)
    assert counted(item, 100, 101, 102, 102) == 2
    after = (5_000_000, 5_000_001, 5_000_002, 5_000_002)
    assert 2 <= counted(item, *after, transmitter=6, since=24) <= 4


def test_state_survives_and_counts_what_was_missed() -> None:
    item = counter(10, 100)
    counted(item, 100, 150, 150)
    restored = ImpulseCounter.from_dict(item.to_dict())
    assert restored.reading == item.reading == 10.5
    assert counted(restored, 250, 250) == 11.5


def test_new_settings() -> None:
    item = counter(10, 100)
    counted(item, 100, 150, 150)
    finer = item.with_settings(start=None, per_unit=1000)
    assert finer.reading == 10.5
    assert counted(finer, 250, 250) == pytest.approx(10.6)
    assert counted(item.with_settings(start=70, per_unit=100), 150, 150) == 70


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"base": "1", "per_unit": 1, "impulses": 0, "count": 0, "transmitter": 0},
        {"base": 1, "per_unit": 0, "impulses": 0, "count": 0, "transmitter": 0},
        {"base": 1, "per_unit": 1, "impulses": -1, "count": 0, "transmitter": 0},
        {"base": 1, "per_unit": 1, "impulses": 0, "count": 0.5, "transmitter": 0},
        {
            "base": float("nan"),
            "per_unit": 1,
            "impulses": 0,
            "count": 0,
            "transmitter": 0,
        },
    ],
)
def test_what_is_no_state_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="impulse"):
        ImpulseCounter.from_dict(data)
