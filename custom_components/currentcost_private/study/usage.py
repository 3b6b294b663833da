"""What a simulated household owns, and when it uses it."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .inhabitants import MINUTES, Marks
from .series import DAY

type Floats = NDArray[np.float64]
type Pulse = tuple[float, float, float]
"""Begin and end in seconds from the first midnight, and W."""

HOUR = 3600


class Appliances:
    """What one household owns."""

    def __init__(self, rng: Generator, active: Marks, home: Marks, days: int) -> None:
        """Note who is up at home, (people, minutes), and whether anybody is at home."""
        self.rng = rng
        self.days = days
        self.home = home
        self.active = active.sum(axis=0)
        self.some = self.active > 0
        mornings = []
        for person in active:
            starts = np.flatnonzero(np.diff(np.pad(person, (1, 0)).astype(np.int8)) > 0)
            hours = starts % MINUTES
            mornings.append(starts[(hours > 4 * 60) & (hours < 11 * 60)])
        self.mornings = mornings

    # What runs by itself.

    def standing(self, steps: int, step: int) -> Floats:
        """Return what is drawn whatever people do (W)."""
        rng, end = self.rng, self.days * DAY
        level = rng.uniform(25, 150)
        drift = np.repeat(rng.normal(0, 3, self.days), DAY // step)
        total = level + drift
        pulses = self._cycles(
            end, rng.uniform(55, 120), rng.uniform(1800, 4200), rng.uniform(0.25, 0.5)
        )
        if rng.random() < 0.5:
            pulses += self._cycles(
                end,
                rng.uniform(60, 110),
                rng.uniform(2000, 4500),
                rng.uniform(0.25, 0.45),
            )
        if rng.random() < 0.3:
            pulses += self._cycles(
                end, rng.uniform(40, 80), rng.uniform(900, 2400), rng.uniform(0.2, 0.6)
            )
        if rng.random() < 0.15:
            at, watts = rng.choice([1, 2, 5, 13]) * HOUR, rng.uniform(1500, 3000)
            pulses += [
                (day * DAY + at, day * DAY + at + rng.uniform(0.4, 1.4) * HOUR, watts)
                for day in range(self.days)
            ]
        if rng.random() < 0.25:
            since, until, watts = (
                rng.uniform(17, 19),
                rng.uniform(22, 24),
                rng.uniform(10, 60),
            )
            pulses += [
                (d * DAY + since * HOUR, d * DAY + until * HOUR, watts)
                for d in range(self.days)
            ]
        return total[:steps] + drawn(pulses, steps, step)

    def _cycles(
        self, end: int, watts: float, period: float, duty: float
    ) -> list[Pulse]:
        """Return the cycles of a thermostat."""
        count = int(end / period) + 1
        lengths = period * np.clip(self.rng.normal(1, 0.08, count), 0.5, 1.5)
        begins = np.cumsum(lengths) - lengths[0] * self.rng.random()
        on = lengths * np.clip(self.rng.normal(duty, 0.03, count), 0.1, 0.9)
        return [
            (float(b), float(b + o), watts) for b, o in zip(begins, on, strict=True)
        ]

    # What people use, and leave on.

    def runs(self) -> Iterator[tuple[str, list[Pulse]]]:
        """Return the kinds of appliances in the home, each with all of its pulses."""
        rng = self.rng
        kinds: list[tuple[str, float, Callable[[], list[Pulse]]]] = [
            ("kettle", 0.9, self._kettle),
            ("microwave", 0.8, self._microwave),
            ("oven", 0.8, partial(self._cooking, "oven")),
            ("hob", 0.6, partial(self._cooking, "hob")),
            ("shower", 0.3, self._shower),
            ("hairdryer", 0.6, self._hairdryer),
            ("television", 0.9, self._television),
            ("computer", 0.7, self._computer),
            ("vacuum cleaner", 0.8, self._vacuum),
            ("washing machine", 0.95, self._washing),
            ("dishwasher", 0.6, self._dishes),
            ("tumble dryer", 0.35, self._dryer),
        ]
        for kind, share, use in kinds:
            if rng.random() < share:
                yield kind, use()

    def _moments(
        self, a_day: float, weights: NDArray[np.float64] | None = None
    ) -> list[float]:
        """Return moments (s) at which somebody is up at home, some a day on average."""
        rng = self.rng
        hours = np.ones(24) if weights is None else weights
        chance = np.repeat(np.tile(hours, self.days), 60) * self.some
        usual = np.repeat(hours, 60).sum() * max(self.some.mean(), 0.05)
        hits = np.flatnonzero(rng.random(len(chance)) < chance * a_day / usual)
        return [float(at * 60 + rng.uniform(0, 60)) for at in hits]

    def _kettle(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(1800, 3000)
        times = self._moments(rng.uniform(1.5, 6))
        for mornings in self.mornings:
            chosen = mornings[rng.random(len(mornings)) < rng.uniform(0.3, 0.95)]
            times += [float(m * 60 + rng.uniform(120, 1200)) for m in chosen]
        return [(t, t + rng.uniform(70, 230), rng.normal(watts, 15)) for t in times]

    def _microwave(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(1000, 1600)
        peaks = _around(7.5, 1) + 2 * _around(12.5, 1) + 3 * _around(18.5, 1.5)
        return [
            (t, t + rng.uniform(45, 330), rng.normal(watts, 20))
            for t in self._moments(rng.uniform(0.5, 3), peaks)
        ]

    def _cooking(self, kind: str) -> list[Pulse]:
        rng = self.rng
        dinner = _around(rng.normal(18.7, 0.7), 0.8)
        a_day, watts = rng.uniform(0.3, 1.1), rng.uniform(1800, 2600)
        pulses: list[Pulse] = []
        for begin in self._moments(
            a_day if kind == "oven" else 2 * a_day, dinner + 0.25 * _around(12.3, 0.7)
        ):
            if kind == "oven":
                heated = begin + rng.uniform(360, 720)
                pulses.append((begin, heated, watts))
                duty, period, until = (
                    rng.uniform(0.25, 0.45),
                    90.0,
                    heated + rng.uniform(900, 2700),
                )
            else:
                heated, until = begin, begin + rng.uniform(480, 2100)
                duty, period = rng.uniform(0.35, 0.9), rng.uniform(15, 70)
                watts = rng.uniform(1000, 2000)
            pulses += [
                (t, t + duty * period, watts)
                for t in np.arange(heated, until, period).tolist()
            ]
        return pulses

    def _shower(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(7000, 10_000)
        times = self._moments(0.2)
        for mornings in self.mornings:
            chosen = mornings[rng.random(len(mornings)) < 0.6]
            times += [float(m * 60 + rng.uniform(200, 1500)) for m in chosen]
        return [(t, t + rng.uniform(180, 600), rng.normal(watts, 60)) for t in times]

    def _hairdryer(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(900, 2000)
        pulses: list[Pulse] = []
        for mornings in self.mornings[:2]:
            chosen = mornings[rng.random(len(mornings)) < rng.uniform(0.1, 0.7)]
            for minute in chosen:
                begin = float(minute * 60 + rng.uniform(900, 2100))
                pulses.append((begin, begin + rng.uniform(120, 480), watts))
        return pulses

    def _television(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(50, 180)
        times = self._moments(
            rng.uniform(0.6, 1.6), 3 * _around(19.5, 1.3) + _around(14, 3)
        )
        spans = [(t, t + rng.uniform(0.5, 3.2) * HOUR) for t in times]
        return [(a, b, watts) for a, b in _joined(self._while_up(spans))]

    def _computer(self) -> list[Pulse]:
        rng = self.rng
        watts = rng.uniform(30, 220)
        times = self._moments(rng.uniform(0.4, 1.5), _around(10, 3) + _around(17, 4))
        spans = [(t, t + rng.uniform(0.5, 5) * HOUR) for t in times]
        return [(a, b, watts) for a, b in _joined(self._while_up(spans))]

    def _vacuum(self) -> list[Pulse]:
        rng = self.rng
        return [
            (t, t + rng.uniform(300, 1500), rng.uniform(700, 1100))
            for t in self._moments(rng.uniform(0.1, 0.4), _around(11, 3))
        ]

    def _washing(self) -> list[Pulse]:
        rng = self.rng
        watts, delay = rng.uniform(1800, 2300), rng.random() < 0.25
        pulses: list[Pulse] = []
        for begin in self._moments(
            rng.uniform(0.3, 1.2), _around(9, 2.5) + 0.6 * _around(18.5, 2)
        ):
            at = begin + (
                rng.uniform(1, 5) * HOUR if delay and rng.random() < 0.5 else 0
            )
            heat = rng.uniform(400, 1300)
            pulses.append((at + 180, at + 180 + heat, watts))
            turns = np.arange(at, at + heat + rng.uniform(2000, 4200), 45.0).tolist()
            pulses += [
                (t, t + rng.uniform(20, 40), rng.uniform(80, 250)) for t in turns
            ]
            end = turns[-1] + 45
            pulses.append((end, end + rng.uniform(180, 500), rng.uniform(250, 500)))
        return pulses

    def _dryer(self) -> list[Pulse]:
        rng = self.rng
        watts, duty = rng.uniform(1800, 2600), rng.uniform(0.6, 0.95)
        pulses: list[Pulse] = []
        for begin in self._moments(
            rng.uniform(0.2, 0.8), _around(12, 3) + _around(19, 2)
        ):
            turns = np.arange(begin, begin + rng.uniform(2400, 5400), 300.0).tolist()
            pulses += [(t, t + 300 * duty, watts) for t in turns]
            pulses.append((begin, turns[-1] + 600, 180.0))
        return pulses

    def _dishes(self) -> list[Pulse]:
        rng = self.rng
        watts, night = rng.uniform(1800, 2200), rng.random() < 0.3
        pulses: list[Pulse] = []
        for begin in self._moments(
            rng.uniform(0.4, 1.1), 3 * _around(20, 1) + _around(9, 1)
        ):
            at = (
                begin - begin % DAY + DAY + 2 * HOUR
                if night and rng.random() < 0.7
                else begin
            )
            heat, pause = rng.uniform(600, 1000), rng.uniform(1200, 2400)
            again = at + 300 + heat + pause
            pulses.append((at, again + 1500, rng.uniform(40, 80)))
            pulses += [
                (at + 300, at + 300 + heat, watts),
                (again, again + rng.uniform(480, 900), watts),
            ]
        return pulses

    def _while_up(self, spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return spans cut where nobody is up any more, but for one left on in ten."""
        cut = []
        for begin, end in spans:
            minutes = self.some[int(begin / 60) : int(end / 60)]
            ends = np.flatnonzero(~minutes)
            if len(ends) and self.rng.random() < 0.9:
                end = begin + float(ends[0]) * 60  # noqa: PLW2901
            if end > begin:
                cut.append((begin, end))
        return cut

    def lit(self, dark: Marks) -> Floats:
        """Return what lamps draw, minute by minute (W)."""
        lamp, forgotten = self.rng.uniform(8, 45), self.rng.random() < 0.2
        rooms = self._levels(25) * lamp
        wanted: Floats = rooms * dark * np.minimum(self.active, 2)
        if forgotten:
            wanted += 15 * (dark & self.home)
        return wanted

    def idle(self) -> Floats:
        """Return what small electronics in use draw, minute by minute (W)."""
        drawn: Floats = self._levels(40) * self.rng.uniform(0, 14) * self.some
        return drawn

    def _levels(self, minutes: float) -> Floats:
        """Return how many of four things are on, changing after minutes on average."""
        count = int(self.days * MINUTES / minutes * 2) + 10
        lengths = self.rng.exponential(minutes, count).astype(np.int64) + 1
        levels = np.repeat(self.rng.binomial(4, 0.45, count), lengths)
        filled: Floats = np.resize(levels, self.days * MINUTES).astype(np.float64)
        return filled


def _around(hour: float, spread: float) -> Floats:
    """Return weights of the hours of a day around one of them."""
    away = np.abs(np.arange(24) + 0.5 - hour)
    weights: Floats = np.exp(-0.5 * (np.minimum(away, 24 - away) / spread) ** 2)
    return weights


def _joined(spans: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Return spans in which something is on, those that overlap as one."""
    current: tuple[float, float] | None = None
    for begin, end in sorted(spans):
        if current and begin <= current[1]:
            current = current[0], max(current[1], end)
            continue
        if current:
            yield current
        current = begin, end
    if current:
        yield current


def drawn(pulses: list[Pulse], steps: int, step: int) -> Floats:
    """Return the mean power of pulses in each step (W), parts of steps in proportion."""
    if not pulses:
        return np.zeros(steps)
    begin, end, watts = np.array(pulses).T
    changes = np.zeros(steps + 2)
    for times, sign in ((begin, 1.0), (end, -1.0)):
        at = np.clip(times / step, 0, steps)
        whole = at.astype(np.int64)
        part = at - whole
        np.add.at(changes, whole, sign * watts * (1 - part))
        np.add.at(changes, whole + 1, sign * watts * part)
    watts_of_steps = np.cumsum(changes)[:steps]
    return np.where(watts_of_steps > 1e-6, watts_of_steps, 0.0)
