"""When the people of a simulated household are at home, and when they are awake."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

type Marks = NDArray[np.bool_]

MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody's habits; times in hours after midnight.

    Attributes:
        away: for Monday to Sunday, how likely they leave for work or school.
        leave: when they do.
        back: when they return from it.
        wake: when they get up on such a day, and on another one.
        bed: when they go to bed before such a day, and before another one.
        spread: standard deviation of all these times from day to day (h).
        outing: how likely they go out on a day off.
        evening: how likely they go out in the evening.
    """

    away: tuple[float, ...]
    leave: float
    back: float
    wake: tuple[float, float]
    bed: tuple[float, float]
    spread: float
    outing: float
    evening: float


def people_of(rng: Generator) -> list[Person]:
    """Return the people of a household, one to four."""
    return [
        _person(rng) for _ in range(int(rng.choice(4, p=[0.3, 0.36, 0.18, 0.16])) + 1)
    ]


def _person(rng: Generator) -> Person:
    kind = rng.choice(["worker", "part time", "at home"], p=[0.6, 0.2, 0.2])
    leave = float(rng.normal(8, 0.8))
    if kind == "worker":
        office = float(rng.choice([1.0, 0.6], p=[0.65, 0.35]))
        away, hours = (*[0.95 * office] * 5, 0.05, 0.02), float(rng.normal(9, 0.8))
    elif kind == "part time":
        days = rng.permutation([1, 1, 1, 0, 0])
        away, hours = (*(0.95 * days), 0.2, 0.02), float(rng.normal(5.5, 1))
    else:
        away, hours = (0.0,) * 7, 4.0
    wake = leave - float(rng.uniform(0.7, 1.6))
    bed = float(rng.normal(23, 0.8))
    return Person(
        away=tuple(float(share) for share in away),
        leave=leave,
        back=leave + max(hours, 3),
        wake=(wake, max(wake, float(rng.normal(8, 0.8)))),
        bed=(bed, bed + abs(float(rng.normal(0.5, 0.4)))),
        spread=float(rng.uniform(0.15, 0.6)),
        outing=float(rng.uniform(0.4, 0.9)),
        evening=float(rng.uniform(0.03, 0.25)),
    )


def lives_of(
    rng: Generator, people: list[Person], first: int, days: int
) -> tuple[Marks, Marks]:
    """Return who is at home and who is awake (wherever), minute by minute.

    Args:
        rng: what chance decides by.
        people: whose lives.
        first: number of the first day, 1970-01-01 being 0.
        days: how many.

    Returns:
        Two arrays of shape (people, days * 1440).
    """
    shape = len(people), (days + 2) * MINUTES
    home, awake = np.ones(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for day in range(days):
        weekday = (first + day + 3) % 7
        together = rng.random() < 0.6
        trip = rng.uniform(9, 17), rng.uniform(0.7, 5)
        for index, person in enumerate(people):
            _one_day(
                rng,
                person,
                (home[index], awake[index]),
                (day, weekday),
                trip if together else None,
            )
    for _ in range(rng.poisson(days / 75)):
        start = int(rng.integers(0, days)) * MINUTES + int(rng.normal(11, 3) * 60)
        length = int(
            rng.choice([1, 2, 2, 3, 5, 7, 9]) * MINUTES + rng.normal(6, 3) * 60
        )
        home[:, max(start, 0) : start + length] = False
    return home[:, : days * MINUTES], awake[:, : days * MINUTES]


def _one_day(
    rng: Generator,
    person: Person,
    marks_of: tuple[Marks, Marks],
    date: tuple[int, int],
    trip: tuple[float, float] | None,
) -> None:
    """Mark when somebody is out and awake on a day: its number, and day of the week."""
    home, awake = marks_of
    day, weekday = date
    works = bool(rng.random() < person.away[weekday])

    def around(hour: float, factor: float = 1.0) -> float:
        return hour + float(rng.normal(0, person.spread)) * factor

    def mark(marks: Marks, since: float, until: float, *, value: bool) -> None:
        begin = day * MINUTES + round(since * 60)
        marks[max(begin, 0) : day * MINUTES + round(until * 60)] = value

    leave = around(person.leave)
    wake = (
        min(around(person.wake[not works]), leave - 0.3)
        if works
        else around(person.wake[1], 2)
    )
    bed = around(person.bed[weekday in (4, 5)], 1.5)
    if works:
        mark(home, leave, around(person.back, 1.5), value=False)
    elif rng.random() < person.outing:
        begin, length = trip or (rng.uniform(9, 17), rng.uniform(0.5, 5))
        begin = max(begin, wake + 0.5)
        mark(home, begin, begin + length, value=False)
    if rng.random() < person.evening * (2 if weekday in (4, 5) else 1):
        back = rng.uniform(21, 24.5)
        mark(home, rng.uniform(18, 19.8), back, value=False)
        bed = max(bed, back + rng.uniform(0.2, 1))
    mark(awake, max(wake, 3.0), min(bed, 26.9), value=True)
