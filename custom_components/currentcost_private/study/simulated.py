"""A household that was never there, with the truth about it.

A seed is a household: its people, their hours, what they own and how they use it. Some
things run whether or not somebody is there: a fridge, a freezer, standby, a heating
pump, water heated by a clock, a lamp on a timer, a dishwasher that waits for the night;
so an empty home isn't simply a quiet one.

It is meant to be plausible, not fitted. `docs/privacy-study.md` compares thirty of them
with the two real homes: energy of a day, load factor, how many steps of which size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .inhabitants import MINUTES, Marks, lives_of, people_of
from .series import DAY, Series
from .usage import Appliances, Floats, drawn

MONDAY = 19_786 * DAY


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """A household's readings and what was behind them.

    Attributes:
        series: what its meter shows.
        occupied: shape (steps,); somebody was at home for most of the step.
        asleep: shape (steps,); somebody was, and nobody of them awake.
        appliances: for each kind of appliance, shape (steps,); it ran during the step.
    """

    series: Series
    occupied: Marks
    asleep: Marks
    appliances: Mapping[str, Marks]


def simulate(seed: int, *, days: int = 60, step: int = 60, start: int = MONDAY) -> Home:
    """Return a household's days; the same ones for the same arguments.

    Args:
        seed: which household.
        days: how many days.
        step: length of a step (s); divides a minute, or a day in whole minutes.
        start: local midnight of the first day (s).

    Raises:
        ValueError: another step, or a start that isn't midnight.
    """
    if start % DAY or DAY % step or (60 % step and step % 60):
        raise ValueError(
            "a home begins at midnight, with steps that divide a minute or are whole minutes"
        )
    rng = np.random.default_rng([20_260, seed])
    people = people_of(rng)
    home, active = lives_of(rng, people, start // DAY, days)
    active &= home
    occupied: Marks = np.logical_or.reduce(home, axis=0)
    dark = _dark(start // DAY, days)
    habits = Appliances(rng, active, occupied, days)
    watts = habits.standing(days * DAY // step, step)
    running: dict[str, Marks] = {}
    for kind, pulses in habits.runs():
        added = drawn(pulses, len(watts), step)
        watts += added
        running[kind] = added > 0
    by_minute = habits.lit(dark) + habits.idle()
    watts += _stepped(by_minute, step)
    watts *= 1 + rng.normal(0, 0.004, len(watts))
    watts += rng.normal(0, 1.5, len(watts))
    return Home(
        Series(start, step, np.maximum(np.round(watts), 1.0)),
        _stepped(occupied.astype(float), step) > 0.5,
        _stepped((occupied & ~active.any(axis=0)).astype(float), step) > 0.5,
        running,
    )


def _stepped(minutes: Floats, step: int) -> Floats:
    """Return values of minutes as means, or copies, on a grid of steps (s)."""
    if step < 60:
        return np.repeat(minutes, 60 // step)
    means: Floats = minutes.reshape(-1, step // 60).mean(axis=1)
    return means


def _dark(first: int, days: int) -> Marks:
    """Return in which minutes lamps are needed, by the season at 50 degrees north."""
    day = first + np.arange(days)
    half = 6.1 + 2.0 * np.sin(2 * np.pi * (day % 365.25 - 80) / 365.25)
    hour = np.arange(MINUTES) / 60
    dark: Marks = (np.abs(hour[None, :] - 12.7) > half[:, None] - 0.3).ravel()
    return dark
