"""What a provider was told of a day: put together from the states that were recorded.

Each answer changes the sensor of the latest report, whose state is the end of the window
that was answered; what the sensor of the outcome shows at that moment is the answer.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import State
from homeassistant.util import dt as dt_util

from .exchange import Period, Question, Schedule, Window

# Both sensors are written one after the other, and two answers half a second apart.
TOGETHER: Final = 0.25


class Told(StrEnum):
    """What the provider was told of a window that is over."""

    ANSWER = "answer"
    MISSING = "missing"
    """Too little was measured, or there was no answer to it in time."""
    WAITING = "waiting"
    """Nothing yet: the message is still to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Windows in a row, so many, of which the same was told (UTC s)."""

    start: int
    end: int
    told: Told
    outcome: int | None = None
    windows: int = 1

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "start": self.start,
            "end": self.end,
            "told": self.told,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was recorded of the answers.

    Attributes:
        by_end: outcomes by the end of their window (UTC s).
        given: ends of the windows that were answered since the day began.
        since: from when on anything was recorded (UTC s), None if nothing was.
    """

    by_end: Mapping[int, int] = field(default_factory=dict)
    given: frozenset[int] = frozenset()
    since: float | None = None


def answers_of(
    question: Question,
    day_start: float,
    reported: Sequence[State],
    outcomes: Sequence[State],
) -> Answers:
    """Return the answers of a day.

    Args:
        question: says which outcome a state stands for.
        day_start: UTC seconds.
        reported: states of the latest report; the first may be from before the day.
        outcomes: states of the outcome, likewise.
    """
    times = [state.last_updated_timestamp for state in outcomes]
    by_end: dict[int, int] = {}
    seen: set[int] = set()
    given = set()
    for state in reported:
        ended = dt_util.parse_datetime(state.state)
        if ended is None or (end := int(ended.timestamp())) in seen:
            continue
        seen.add(end)
        time = state.last_updated_timestamp
        at = bisect_right(times, time + TOGETHER) - 1
        outcome = None if at < 0 else outcome_of(question, outcomes[at].state)
        if outcome is None:
            continue
        by_end[end] = outcome
        if time > day_start:
            given.add(end)
    return Answers(
        by_end=by_end,
        given=frozenset(given),
        since=reported[0].last_updated_timestamp if reported else None,
    )


def outcome_of(question: Question, state: str) -> int | None:
    """Return the outcome that a state stands for, None if for none."""
    if question.labels:
        return question.labels.index(state) if state in question.labels else None
    try:
        outcome = int(float(state))
    except ValueError, OverflowError:
        return None
    return outcome if 0 <= outcome < question.outcomes else None


def runs_of(
    schedule: Schedule,
    answers: Answers,
    *,
    since: float,
    until: float,
    waiting: Iterable[int],
) -> list[Run]:
    """Return what was told of the windows that lie between two times.

    Days and months are longer than a day's picture: there are no runs of these.

    Args:
        schedule: cuts the windows.
        answers: what was recorded.
        since: UTC seconds; windows that nothing was recorded of are left out too.
        until: UTC seconds; the end of the latest window that a message was made of.
        waiting: starts of the windows whose message is still to be sent.
    """
    if isinstance(schedule.window, Period) or answers.since is None:
        return []
    unsent = set(waiting)
    runs: list[Run] = []
    first = max(since, schedule.window_at(answers.since).start)
    for window in schedule.windows(since=first, until=until):
        run = _run(window, answers.by_end.get(window.end), unsent)
        if runs and (last := runs[-1]).end == run.start and _same(last, run):
            runs[-1] = Run(
                start=last.start,
                end=run.end,
                told=run.told,
                outcome=run.outcome,
                windows=last.windows + 1,
            )
        else:
            runs.append(run)
    return runs


def _run(window: Window, outcome: int | None, unsent: set[int]) -> Run:
    if outcome is not None:
        told = Told.ANSWER
    else:
        told = Told.WAITING if window.start in unsent else Told.MISSING
    return Run(start=window.start, end=window.end, told=told, outcome=outcome)


def _same(one: Run, other: Run) -> bool:
    return (one.told, one.outcome) == (other.told, other.outcome)
