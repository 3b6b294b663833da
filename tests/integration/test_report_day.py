"""What was told of a day, from states as a recorder returns them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.currentcost_private.exchange import (
    Measure,
    Period,
    RangeQuestion,
    Schedule,
)
from custom_components.currentcost_private.report_day import (
    Answers,
    Told,
    answers_of,
    outcome_of,
    runs_of,
)
from homeassistant.core import State

LABELS = ("outside", "low", "high")
QUESTION = RangeQuestion(
    measure=Measure.MEAN_POWER, width=17, thresholds=2, minimum_width=100, labels=LABELS
)
QUARTERS = Schedule(window=900, part=900)
MIDNIGHT = 1_795_478_400
"""2026-11-24 00:00 UTC."""


def reported(*rows: tuple[float, int | str]) -> list[State]:
    """Return states of the latest report: since when, and the end that they show."""
    return states(
        *(
            (
                since,
                end
                if isinstance(end, str)
                else datetime.fromtimestamp(MIDNIGHT + end, UTC).isoformat(),
            )
            for since, end in rows
        )
    )


def states(*rows: tuple[float, str]) -> list[State]:
    return [
        State(
            "sensor.any",
            state,
            last_updated=datetime.fromtimestamp(MIDNIGHT + since, UTC),
        )
        for since, state in rows
    ]


def answers(reports: list[State], outcomes: list[State]) -> Answers:
    return answers_of(QUESTION, MIDNIGHT, reports, outcomes)


def test_answer_is_what_the_outcome_shows_when_the_report_came() -> None:
    found = answers(
        reported((0, -900), (910, 900), (1810, 1800), (3610, 3600)),
        # The sensor of the outcome doesn't change for the second; nothing of the third.
        states((0, "high"), (910, "low"), (2710, "unknown"), (3609.9, "outside")),
    )
    assert found.by_end == {
        MIDNIGHT - 900: 2,
        MIDNIGHT + 900: 1,
        MIDNIGHT + 1800: 1,
        MIDNIGHT + 3600: 0,
    }
    # The first was given before the day.
    assert found.given == {MIDNIGHT + end for end in (900, 1800, 3600)}
    assert found.since == MIDNIGHT


@pytest.mark.parametrize("beside", [-0.01, 0.01])
def test_either_sensor_may_be_written_first(beside: float) -> None:
    found = answers(
        reported((0, "unknown"), (910, 900)),
        states((0, "unknown"), (910 + beside, "high")),
    )
    assert found.by_end == {MIDNIGHT + 900: 2}


def test_restart_shows_the_latest_answer_again() -> None:
    found = answers(
        reported((0, "unknown"), (910, 900), (2000, "unavailable"), (2100, 900)),
        states((0, "unknown"), (910, "low"), (2000, "unavailable"), (2100, "unknown")),
    )
    assert found.by_end == {MIDNIGHT + 900: 1}
    assert len(found.given) == 1


def test_answers_after_an_outage_come_one_after_the_other() -> None:
    found = answers(
        reported((0, "unknown"), (5000, 900), (5000.5, 1800), (5001, 2700)),
        states((0, "unknown"), (5000, "low"), (5000.5, "high"), (5001, "low")),
    )
    assert [found.by_end[MIDNIGHT + end] for end in (900, 1800, 2700)] == [1, 2, 1]


def test_no_states_no_answers() -> None:
    assert answers([], []) == Answers()
    assert answers(reported((10, 900)), []).by_end == {}


def test_runs() -> None:
    found = answers(
        reported((0, -900), (910, 900), (1810, 1800), (3610, 3600)),
        states((0, "high"), (910, "low"), (2710, "unknown"), (3610, "outside")),
    )
    runs = runs_of(
        QUARTERS,
        found,
        since=MIDNIGHT,
        until=MIDNIGHT + 5400,
        waiting=[MIDNIGHT + 3600, MIDNIGHT + 4500],
    )
    assert [
        (run.start - MIDNIGHT, run.end - MIDNIGHT, run.told, run.outcome)
        for run in runs
    ] == [
        (0, 1800, Told.ANSWER, 1),
        (1800, 2700, Told.MISSING, None),
        (2700, 3600, Told.ANSWER, 0),
        (3600, 5400, Told.WAITING, None),
    ]
    assert runs[0].document() == {
        "start": MIDNIGHT,
        "end": MIDNIGHT + 1800,
        "told": "answer",
        "outcome": 1,
    }


def test_nothing_is_missing_before_there_was_a_report() -> None:
    found = answers(reported((4000, "unknown")), states((4000, "unknown")))
    ends = {"since": MIDNIGHT, "until": MIDNIGHT + 4500}
    (run,) = runs_of(QUARTERS, found, **ends, waiting=[])
    # The one that was running when the report was set up.
    assert (run.start, run.told) == (MIDNIGHT + 3600, Told.MISSING)
    assert runs_of(QUARTERS, Answers(), **ends, waiting=[]) == []


def test_days_have_no_runs() -> None:
    schedule = Schedule(window=Period.DAY, part=3600)
    found = answers(reported((10, 0)), states((10, "low")))
    assert found.given == {MIDNIGHT}
    ends = {"since": MIDNIGHT, "until": MIDNIGHT + 86_400}
    assert runs_of(schedule, found, **ends, waiting=[]) == []


class Amount:
    """What is needed of a question whose outcome is a number."""

    labels = ()
    outcomes = 100


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("42", 42), ("42.0", 42), ("0", 0), ("100", None), ("-1", None), ("inf", None)],
)
def test_amounts(state: str, outcome: int | None) -> None:
    question: Any = Amount()
    assert outcome_of(question, state) == outcome
    assert outcome_of(question, "unknown") is None
    assert outcome_of(QUESTION, state) is None
