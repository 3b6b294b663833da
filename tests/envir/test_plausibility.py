"""What a stream says of its own messages: damage is told from change."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

from currentcost_envir import (
    Doubt,
    History,
    Judge,
    Outcome,
    Reading,
    StepFilter,
    Verdict,
)
from currentcost_envir.simulator import simulate
from hypothesis import given, strategies as st
import pytest

from .meter_lines import ENVIR, HISTORY, parse

START = datetime(2026, 3, 1, 23, 30)  # noqa: DTZ001  # a display knows no time zone
(FIRST,) = parse(ENVIR)
assert isinstance(FIRST, Reading)


def stream(count: int = 20, **options: Any) -> list[Reading]:
    """Return an undamaged stream of the house and three plugs, over midnight."""
    chosen: dict[str, Any] = {"sensors": 3, "seed": 7, "start": START}
    return [reading for _, reading in islice(simulate(**chosen | options), count)]


def judged(readings: list[Reading], judge: Judge | None = None) -> Iterator[Verdict]:
    """Judge readings 2 s apart."""
    judge = judge or Judge()
    for i, reading in enumerate(readings):
        yield judge.judge(reading, 2.0 * i)


def test_whole_stream_is_accepted() -> None:
    # With four sensors; 2000 readings are an hour of it, over midnight.
    readings = stream(2000)
    verdicts = list(judged(readings))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert [verdict.message for verdict in verdicts] == readings
    assert readings[-1].days == readings[0].days + 1


CHANGES: list[tuple[Doubt, dict[str, Any]]] = [
    (Doubt.SOURCE, {"firmware": "1.39"}),
    (Doubt.SOURCE, {"model": "CC02"}),
    (Doubt.DAYS, {"days": 97}),
    (Doubt.DAYS, {"days": 10}),
    (Doubt.CLOCK, {"time": time(3, 31, 0)}),
    (Doubt.CLOCK, {"time": time(23, 21, 0)}),
    (Doubt.TEMPERATURE, {"temperature": 70.4}),
    (Doubt.TEMPERATURE, {"temperature": 0.4}),
    (Doubt.TRANSMITTER, {"transmitter": 70}),
]


@pytest.mark.parametrize(("doubt", "change"), CHANGES)
def test_one_wrong_value_is_repaired(doubt: Doubt, change: dict[str, Any]) -> None:
    readings = stream()
    damaged = replace(readings[8], **change)
    verdicts = list(judged([*readings[:8], damaged, *readings[9:]]))
    assert verdicts[8].outcome is Outcome.REPAIRED
    assert verdicts[8].doubts == {doubt}
    repaired = verdicts[8].message
    assert isinstance(repaired, Reading)
    assert repaired.repaired
    # The clock is only estimated, and the temperature is that of the message before.
    (name,) = change
    assert replace(repaired, **{name: getattr(readings[8], name)}) == readings[8]
    assert getattr(repaired, name) != change[name]
    others = [*verdicts[:8], *verdicts[9:]]
    assert {verdict.outcome for verdict in others} == {Outcome.ACCEPTED}


@given(first=st.sampled_from(CHANGES), second=st.sampled_from(CHANGES))
def test_two_wrong_values_are_dropped(
    first: tuple[Doubt, dict[str, Any]], second: tuple[Doubt, dict[str, Any]]
) -> None:
    readings = stream()
    damaged = replace(readings[8], **{**first[1], **second[1]})
    verdict = list(judged([*readings[:8], damaged]))[8]
    if first[0] is second[0]:
        assert verdict.doubts >= {first[0]}
    else:
        assert verdict.outcome is Outcome.DROPPED
        assert verdict.doubts >= {first[0], second[0]}


def test_sensor_with_the_radio_id_of_another_is_dropped() -> None:
    readings = stream()
    verdict = list(judged([*readings[:8], replace(readings[8], sensor=6)]))[8]
    assert verdict.outcome is Outcome.DROPPED
    assert verdict.doubts == {Doubt.SENSOR}


def test_sensor_that_was_never_heard_is_accepted() -> None:
    readings = stream()
    new = replace(readings[8], sensor=6, transmitter=4000)
    assert list(judged([*readings[:8], new]))[8].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(("doubt", "change"), CHANGES)
def test_what_persists_is_believed(doubt: Doubt, change: dict[str, Any]) -> None:
    def changed(reading: Reading) -> Reading:
        if doubt is Doubt.CLOCK:
            moved = datetime.combine(START, reading.time) + timedelta(hours=-5)
            return replace(reading, time=moved.time())
        if doubt is Doubt.TRANSMITTER and reading.sensor:
            return reading
        return replace(reading, **change)

    readings = stream(40)
    verdicts = list(judged([*readings[:12], *map(changed, readings[12:])]))
    outcomes = [verdict.outcome for verdict in verdicts[12:]]
    wrong = (
        outcomes.index(Outcome.REPAIRED),
        len(outcomes) - outcomes[::-1].index(Outcome.REPAIRED),
    )
    assert outcomes.count(Outcome.REPAIRED) == 2
    assert wrong[1] <= 6, "two messages of the one transmitter"
    assert Outcome.DROPPED not in outcomes
    assert verdicts[-1].message == changed(readings[-1])


def test_another_display_is_believed_at_its_third_message() -> None:
    other = stream(sensors=0, start=datetime(2020, 5, 5, 7, 0))  # noqa: DTZ001
    other = [replace(reading, firmware="1.48", transmitter=3) for reading in other]
    outcomes = [v.outcome for v in judged([*stream(8), *other])][8:]
    assert outcomes[:3] == [Outcome.DROPPED, Outcome.DROPPED, Outcome.ACCEPTED]
    assert set(outcomes[2:]) == {Outcome.ACCEPTED}


def test_different_damage_never_adds_up() -> None:
    readings = stream(30)
    damaged = [
        replace(reading, days=reading.days + 10 * i, temperature=60.0 + 5 * i)
        for i, reading in enumerate(readings[10:], start=1)
    ]
    outcomes = [v.outcome for v in judged([*readings[:10], *damaged])][10:]
    assert set(outcomes) == {Outcome.DROPPED}


def test_first_message_that_was_damaged_is_outlived() -> None:
    readings = stream(20)
    damaged = replace(readings[0], days=99917, firmware="7.29", temperature=90.0)
    outcomes = [v.outcome for v in judged([damaged, *readings[1:]])][1:]
    assert set(outcomes[2:]) == {Outcome.ACCEPTED}


def test_long_pause_allows_any_time_and_temperature() -> None:
    judge = Judge()
    reading, later = stream(2)
    judge.judge(reading, 0)
    later = replace(later, days=later.days + 2, time=time(5, 0), temperature=11.0)
    pause = 2 * 86_400 - 18.5 * 3600
    assert judge.judge(later, pause).outcome is Outcome.ACCEPTED


def test_history_is_judged_by_the_same_clock() -> None:
    (history,) = parse(HISTORY)
    assert isinstance(history, History)
    assert isinstance(FIRST, Reading)
    judge = Judge()
    judge.judge(FIRST, 0)
    assert judge.judge(history, 6).outcome is Outcome.ACCEPTED
    late = replace(history, time=time(18, 59, 33))
    verdict = judge.judge(late, 6)
    # Without its time it is worth nothing.
    assert verdict.outcome is Outcome.DROPPED
    assert verdict.doubts == {Doubt.CLOCK}


def test_history_of_another_display_is_given_back_when_it_is_believed() -> None:
    (history,) = parse(HISTORY)
    assert isinstance(history, History)
    assert isinstance(FIRST, Reading)
    judge = Judge()
    judge.judge(FIRST, 0)
    parts = [replace(history, days=786 + i // 9, firmware="1.48") for i in range(5)]
    verdicts = [judge.judge(part, 6 + i / 2) for i, part in enumerate(parts)]
    used: list[Any] = []
    for verdict in verdicts:
        used += verdict.released
        if verdict.outcome is not Outcome.DROPPED:
            used.append(verdict.message)
    assert used == parts
    assert [verdict.outcome for verdict in verdicts[:3]] == [
        Outcome.DROPPED,
        Outcome.DROPPED,
        Outcome.ACCEPTED,
    ]


def test_repaired_bytes_count_as_repaired() -> None:
    assert isinstance(FIRST, Reading)
    verdict = Judge().judge(replace(FIRST, repaired=True), 0)
    assert verdict.outcome is Outcome.REPAIRED


def test_repaired_bytes_and_a_doubt_are_two() -> None:
    readings = stream()
    damaged = replace(readings[8], temperature=70.4, repaired=True)
    verdict = list(judged([*readings[:8], damaged]))[8]
    assert verdict.outcome is Outcome.DROPPED


def shown(*watts: int) -> list[bool]:
    """Return which of readings 6 s apart are shown at once."""
    steps = StepFilter()
    return [steps.shows(6.0 * i, {1: power}) for i, power in enumerate(watts)]


@pytest.mark.parametrize("after", [190, 280, 1650, 2850, 2993 + 40, 31_000])
def test_true_steps_are_shown_at_once(after: int) -> None:
    assert all(shown(193, after, after))


@pytest.mark.parametrize("flipped", [93 + 800, 9193, 90_193, 8193 - 20, 4193 + 25])
def test_step_of_one_digit_is_shown_when_it_is_confirmed(flipped: int) -> None:
    assert shown(193, flipped, 190, 191) == [True, False, True, True]
    assert shown(193, flipped, flipped + 9, 193) == [True, False, True, False]


def test_step_of_one_digit_of_any_channel() -> None:
    steps = StepFilter()
    assert steps.shows(0, {1: 500, 2: 30})
    assert not steps.shows(6, {1: 500, 2: 2030})
    assert steps.shows(12, {1: 510})


def test_nothing_is_compared_after_a_pause() -> None:
    steps = StepFilter()
    assert steps.shows(0, {1: 193})
    assert steps.shows(61, {1: 9193})
