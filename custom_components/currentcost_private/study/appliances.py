"""Which appliance ran, told from steps in the power (Hart 1992).

"Nonintrusive appliance load monitoring" (Proceedings of the IEEE 80) pairs each rise with
the fall that ends it; size and length of the pair tell the kind, as far as kinds differ.
Heating of a washing machine and of a dishwasher looks the same: what follows tells them
apart. Windows too long for steps only show that something strong ran.
"""

from dataclasses import dataclass

import numpy as np

from .hidden import Floats
from .series import Series
from .views import View

STEP = 60
"""Readings are looked at by the minute: what one meter's step is, another's isn't."""
LONGEST = 240
RISE = 400.0
HEAVY = 1500.0
BY_HAND = frozenset({"kettle", "microwave", "shower", "hairdryer"})
"""Kinds that run only while somebody is there."""


@dataclass(frozen=True, slots=True)
class Event:
    """One run of an appliance.

    Attributes:
        kind: "kettle", "microwave", "shower", "hairdryer", "oven", "washing machine",
            "dishwasher", "charger", or "heavy load" where the kind can't be told.
        start: local time (s).
        end: local time (s).
        watts: power that it added while heating.
        probability: that it was of this kind.
    """

    kind: str
    start: int
    end: int
    watts: float
    probability: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """A rise of power and the fall that ends it: minutes from the start, and W."""

    start: int
    end: int
    watts: float

    @property
    def minutes(self) -> int:
        """Return how long it lasted."""
        return self.end - self.start


def events_of(view: View) -> tuple[Event, ...]:
    """Return what ran, as somebody who sees a view would think."""
    if view.buckets is not None or view.series.step > 120:
        return _heavy(view)
    series = view.series
    if series.step < STEP and STEP % series.step == 0:
        series = series.coarser(STEP)
    return tuple(_named(series, pulses(series.watts)))


def pulses(watts: Floats) -> list[Pulse]:
    """Return rises over 400 W matched to the falls that end them, by time."""
    filled = np.where(np.isfinite(watts), watts, 0.0)
    jumps = _merged(np.diff(filled, prepend=filled[:1]))
    jumps[~np.isfinite(watts)] = 0.0
    found: list[Pulse] = []
    open_: list[tuple[int, float]] = []
    for index in np.flatnonzero(np.abs(jumps) > RISE):
        at, jump = int(index), float(jumps[index])
        open_ = [(since, size) for since, size in open_ if at - since <= LONGEST]
        if jump > 0:
            open_.append((at, jump))
            continue
        fits = [
            (abs(size + jump), since, size)
            for since, size in open_
            if abs(size + jump) <= 0.2 * size
        ]
        if fits:
            _, since, size = min(fits, key=lambda fit: (fit[0] > 0.1 * fit[2], -fit[1]))
            open_.remove((since, size))
            found.append(Pulse(since, at, (size - jump) / 2))
    return sorted(found, key=lambda pulse: pulse.start)


def _merged(jumps: Floats) -> Floats:
    """Return steps that went over two or three minutes as one, where they began."""
    merged = jumps.copy()
    for index in range(len(merged) - 1):
        here, then = merged[index], merged[index + 1]
        if abs(here) > 50 and abs(then) > 50 and (here > 0) == (then > 0):
            big = index + 1 if abs(then) > abs(here) else index
            merged[index] = merged[index + 1] = 0.0
            merged[big] = here + then
    return merged


def _named(series: Series, found: list[Pulse]) -> list[Event]:
    """Return pulses as events; those of one cycle are one event."""
    events: list[Event] = []
    taken: set[Pulse] = set()

    def event(kind: str, first: Pulse, until: int, probability: float) -> None:
        events.append(
            Event(
                kind,
                series.start + first.start * series.step,
                series.start + until * series.step,
                first.watts,
                probability,
            )
        )

    long = [p for p in found if 1600 <= p.watts <= 2600 and 6 <= p.minutes <= 35]
    for pulse in long:
        if pulse in taken:
            continue
        later = [
            p
            for p in long
            if 15 <= p.start - pulse.end <= 75 and abs(p.watts - pulse.watts) < 250
        ]
        if later:
            taken.update((pulse, later[0]))
            event("dishwasher", pulse, later[0].end + 5, 0.6)
        elif _stirs(series.watts[pulse.end + 1 : pulse.end + 46]):
            taken.add(pulse)
            event("washing machine", pulse, pulse.end + 60, 0.6)
    for pulse in found:
        if pulse in taken:
            continue
        kind, probability = _kind(pulse)
        event(kind, pulse, pulse.end, probability)
    return sorted(events, key=lambda found: found.start)


def _kind(pulse: Pulse) -> tuple[str, float]:
    """Return what a single pulse most likely is."""
    watts, minutes = pulse.watts, pulse.minutes
    if watts >= 6000 and minutes <= 30:
        return "shower", 0.9
    if watts >= 3000 and minutes >= 60:
        return "charger", 0.7
    if 1800 <= watts <= 3200 and minutes <= 6:
        return "kettle", 0.8
    if 900 <= watts < 1800 and minutes <= 8:
        return "microwave", 0.5
    if watts < 900 and minutes <= 10:
        return "hairdryer", 0.3
    if watts >= 1800 and minutes <= 40:
        return "oven", 0.4
    return "heavy load", 0.5


def _stirs(watts: Floats) -> bool:
    """Return whether the power goes up and down as under a motor that turns a drum."""
    jumps = np.abs(np.diff(watts[np.isfinite(watts)]))
    return bool(len(jumps) >= 20 and ((jumps > 30) & (jumps < 400)).mean() > 0.3)


def _heavy(view: View) -> tuple[Event, ...]:
    """Return windows whose power only something strong explains."""
    series = view.series
    watts = np.where(np.isfinite(series.watts), series.watts, 0.0)
    if view.buckets is not None:
        lows = np.array([0.0, *view.bounds, 0.0])
        watts = lows[view.buckets]
    strong = np.flatnonzero(np.diff(np.pad(watts >= HEAVY, 1).astype(np.int8)))
    return tuple(
        Event(
            "heavy load",
            series.start + int(first) * series.step,
            series.start + int(last) * series.step,
            float(watts[first:last].max()),
            0.9,
        )
        for first, last in strong.reshape(-1, 2)
    )
