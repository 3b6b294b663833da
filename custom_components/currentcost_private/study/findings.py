"""What a provider that knows no truth can tell of a household from what it sees.

Times are seconds of the local wall clock, as in `Series`. Every finding carries the
probability that its finder gives it; how far that can be believed is the evaluation's to
say (`docs/privacy-study.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .activity import ASLEEP, AWAKE, AWAY, Activity, activity_of
from .appliances import Event, events_of
from .series import DAY
from .views import View

HOUR = 3600
LONG = 20 * HOUR
NOON = 12 * HOUR


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something was the case.

    Attributes:
        start: local time (s).
        end: local time (s).
        probability: that it was, on average over the time.
    """

    start: int
    end: int
    probability: float


class Moment(StrEnum):
    """What people do at about the same time each day."""

    WAKE = "wake"
    LEAVE = "leave"
    RETURN = "return"
    BED = "bed"


@dataclass(frozen=True, slots=True)
class Habit:
    """When something usually happens.

    Attributes:
        moment: what happens.
        weekend: on Saturday and Sunday, else from Monday to Friday.
        time: median, seconds after midnight; over a day for a bed time past midnight.
        spread: half the distance of the quartiles (s).
        days: on how many days it was seen.
        share: of the days looked at on which it was.
    """

    moment: Moment
    weekend: bool
    time: int
    spread: int
    days: int
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    """The usual week, Monday first; nan where nothing is known.

    Attributes:
        watts: mean power, shape (7, 24).
        at_home: probability that somebody is, shape (7, 24).
        awake: probability that somebody is at home and awake, shape (7, 24).
    """

    watts: NDArray[np.float64]
    at_home: NDArray[np.float64]
    awake: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What was found.

    Attributes:
        view: what it was found in.
        days: how many days are known, in part at least.
        at_home: somebody likely was, by time, without overlap.
        away: likely nobody was at home, by time; absences among them.
        absences: away for 20 hours or longer.
        asleep: at home, and likely everybody asleep; inside `at_home`.
        habits: usual times of work days and weekends.
        events: runs of appliances, by time.
        routine: the usual week.
        activity: what the spans were made of, window by window.
    """

    view: View
    days: int
    at_home: tuple[Span, ...]
    away: tuple[Span, ...]
    absences: tuple[Span, ...]
    asleep: tuple[Span, ...]
    habits: tuple[Habit, ...]
    events: tuple[Event, ...]
    routine: Routine
    activity: Activity


def find(view: View) -> Findings:
    """Return what a view gives away; of an empty one, nothing."""
    activity = activity_of(view)
    likely = activity.states.argmax(axis=1)
    away = _spans(activity, likely == AWAY, activity.states[:, AWAY])
    asleep = _spans(activity, likely == ASLEEP, activity.states[:, ASLEEP])
    home = _spans(activity, likely != AWAY, 1 - activity.states[:, AWAY])
    known = len(set((activity.times[activity.known] // DAY).tolist()))
    return Findings(
        view=view,
        days=known,
        at_home=home,
        away=away,
        absences=tuple(span for span in away if span.end - span.start >= LONG),
        asleep=asleep,
        habits=_habits(activity, away, asleep),
        events=events_of(view),
        routine=_routine(view, activity),
        activity=activity,
    )


def weekday(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day of the week, 0 for Monday, of local times (s)."""
    days: NDArray[np.int64] = (time // DAY + 3) % 7
    return days


def _spans(
    activity: Activity, chosen: NDArray[np.bool_], probability: NDArray[np.float64]
) -> tuple[Span, ...]:
    """Return the runs of chosen windows; a gap in what is known ends a run."""
    inside = np.pad(chosen & activity.known, 1).astype(np.int8)
    edges = np.flatnonzero(np.diff(inside)).reshape(-1, 2)
    return tuple(
        Span(
            activity.start + int(first) * activity.step,
            activity.start + int(last) * activity.step,
            float(probability[first:last].mean()),
        )
        for first, last in edges
    )


def _habits(
    activity: Activity, away: Sequence[Span], asleep: Sequence[Span]
) -> tuple[Habit, ...]:
    """Return the usual times; one that was seen on under three days isn't usual."""
    nights = [span for span in asleep if span.end - span.start >= 3 * HOUR]
    outings = [s for s in away if HOUR <= s.end - s.start < LONG]
    times = {
        Moment.WAKE: [span.end for span in nights],
        Moment.LEAVE: [s.start for s in outings if s.start % DAY < 14 * HOUR],
        Moment.RETURN: [s.end for s in outings if s.end % DAY > 11 * HOUR],
        Moment.BED: [span.start for span in nights],
    }
    present = activity.known & (activity.states[:, AWAKE] > 0.5)
    lived = np.unique(activity.times[present] // DAY)
    habits = []
    for moment, all_times in times.items():
        late = NOON if moment is Moment.BED else 0
        by_day: dict[int, int] = {}
        for time in all_times:
            day = (time - late) // DAY
            if moment is Moment.LEAVE:
                by_day.setdefault(day, time - day * DAY)
            else:
                by_day[day] = time - day * DAY
        for weekend in (False, True):
            values = [t for day, t in by_day.items() if ((day + 3) % 7 >= 5) == weekend]
            if len(values) < 3:
                continue
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
            days = int((((lived + 3) % 7 >= 5) == weekend).sum())
            habits.append(
                Habit(
                    moment,
                    weekend,
                    int(middle),
                    int((high - low) / 2),
                    len(values),
                    min(len(values) / max(days, 1), 1.0),
                )
            )
    return tuple(habits)


def _routine(view: View, activity: Activity) -> Routine:
    """Return the usual week of hours."""
    states = np.where(activity.known[:, None], activity.states, np.nan)
    return Routine(
        _weekly(view.series.times, view.series.watts),
        _weekly(activity.times, 1 - states[:, AWAY]),
        _weekly(activity.times, states[:, AWAKE]),
    )


def _weekly(
    times: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the means of known values by day of the week and hour, shape (7, 24)."""
    known = np.isfinite(values)
    slot = (weekday(times) * 24 + times % DAY // HOUR)[known]
    count = np.bincount(slot, minlength=168)
    total = np.bincount(slot, values[known], minlength=168)
    week: NDArray[np.float64] = np.divide(
        total, count, where=count > 0, out=np.full(168, np.nan)
    )
    return week.reshape(7, 24)
