"""A simulated display: what it sends in a household, byte for byte, and when.

It is a model without I/O: the same seed and start give the same lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from math import sin, tau
from random import Random
from typing import Any, Final

from .encoding import encode
from .ledger import Ledger
from .load import Drawn, HouseholdLoad, Load
from .messages import Impulses, Reading
from .models import CLASSIC, ENVIR, Model
from .past import FORCED_GAP, automatic, classic, forced

DAYS: Final = 17
"""The display's age at the start, in days, unless told otherwise."""

DEFAULT_TRANSMITTER: Final = 77
IMPULSE_SENSOR: Final = 9
IMPULSE_TRANSMITTER: Final = 4000
IMPULSES_PER_UNIT: Final = 1000

# A transmitter sends every 6 s, and every tenth time 7 s after the time before.
CYCLE: Final = (*[timedelta(seconds=6)] * 9, timedelta(seconds=7))

UID: Final = b"4410808100B8004-/\x0b4\xd8"
"""As one display of firmware 1.19 sends it: not even XML."""

_PAST_STEP: Final = timedelta(minutes=1)
_STRAY: Final = b"\xfc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line that the display sends."""

    gap: timedelta
    """Time since the line before."""

    line: bytes
    reading: Reading | None
    """What it says; None for history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """A display, its transmitters, and what it is set to."""

    seed: int
    start: datetime
    """What its clock shows at the start; it has no time zone."""

    model: Model = ENVIR
    sensors: int = 0
    """Plugs, which report appliances (sensors 1, 2, ...); a Classic has none."""

    channels: int = 1
    """Clamps of the whole house, 1 to 3; a Classic sends all three in any case."""

    impulses: bool = False
    """Whether an OptiSmart counts the house's impulses, as sensor 9."""

    fahrenheit: bool = False
    uid: bool = False
    history: bool = False
    dump_after: timedelta | None = None
    """When a person holds the buttons that make it send its whole memory."""

    days: int = DAYS
    load: Load | None = None
    """A household of the seed's, if there is none."""

    def events(self) -> Iterator[Event]:
        """Yield what it sends, without end."""
        random = Random(self.seed)  # noqa: S311  # a simulation is to be repeatable
        load = self.load or HouseholdLoad(random)
        transmitters = {
            sensor: random.randrange(4096) for sensor in range(1, self.sensors + 1)
        }
        ledger = self._ledger()
        count = 0.0
        stray = b""
        clock = previous = self.start
        dump = None if self.dump_after is None else self.start + self.dump_after
        sent_history = -1
        for gap, following in pairwise(cycle(CYCLE)):
            clock += gap
            drawn = load.advance(gap.total_seconds(), clock)
            count += (drawn.house or 0) * gap.total_seconds() / 3600
            days = self._days(clock)
            lines: list[tuple[datetime, bytes, Reading | None]] = []
            for moment, reading in self._readings(
                clock, drawn, transmitters, int(count)
            ):
                line = encode(reading, fahrenheit=self.fahrenheit, uid=self._uid)
                if (
                    ledger
                    and self.model.source == CLASSIC.source
                    and clock.hour % 2
                    and clock.hour != sent_history
                ):
                    sent_history = clock.hour
                    past = classic(ledger, moment)
                    line = line.replace(b"</msg>", past + b"</msg>")
                lines.append((moment, line, reading))
            if ledger:
                ledger.add(clock, gap.total_seconds(), self._metered(drawn))
                if self.model.source != CLASSIC.source:
                    lines += [
                        (moment, line, None)
                        for moment, line in automatic(
                            ledger,
                            self.model,
                            since=clock,
                            until=clock + following,
                            days=days,
                        )
                    ]
            for moment, line, said in sorted(lines, key=lambda item: item[0]):
                yield Event(gap=moment - previous, line=stray + line, reading=said)
                stray, previous = b"", moment
            if ledger and dump is not None and clock >= dump:
                dump = None
                for line in forced(ledger, self.model, clock=previous, days=days):
                    yield Event(gap=FORCED_GAP, line=line, reading=None)
                # The clock stood still meanwhile, and loses its seconds.
                clock = previous = previous.replace(second=0, microsecond=0)
                stray = _STRAY

    @property
    def _uid(self) -> bytes | None:
        return UID if self.uid else None

    def _ledger(self) -> Ledger | None:
        """Return the memory with the household's past, if it is ever sent."""
        if not self.history and self.dump_after is None:
            return None
        wiped = self.start - timedelta(days=self.days + 2)
        ledger = Ledger(wiped)
        # Another random than the present's, which has to be the same without a past.
        past = self.load or HouseholdLoad(Random(f"{self.seed} past"))  # noqa: S311
        clock = wiped
        while clock < self.start:
            clock += _PAST_STEP
            seconds = _PAST_STEP.total_seconds()
            ledger.add(clock, seconds, self._metered(past.advance(seconds, clock)))
        return ledger

    def _metered(self, drawn: Drawn) -> dict[int, int]:
        """Return watts by sensor."""
        plugs = dict(enumerate(drawn.plugs[: self.sensors], start=1))
        return {0: drawn.house or 0, **plugs}

    def _readings(
        self,
        clock: datetime,
        drawn: Drawn,
        transmitters: dict[int, int],
        count: int,
    ) -> Iterator[tuple[datetime, Reading]]:
        """Yield the readings that begin at `clock`, with their moments."""
        template = Reading(
            model=self.model.source,
            firmware=self.model.firmware,
            days=0,
            time=clock.time(),
            temperature=_temperature(clock),
            sensor=0,
            transmitter=DEFAULT_TRANSMITTER,
            channels={},
        )
        readings = []
        if drawn.house is not None:
            readings.append(replace(template, channels=self._channels(drawn.house)))
        readings += [
            replace(
                template,
                sensor=sensor,
                transmitter=transmitter,
                channels={1: drawn.plugs[sensor - 1]},
            )
            for sensor, transmitter in transmitters.items()
        ]
        if self.impulses:
            readings.append(
                replace(
                    template,
                    sensor=IMPULSE_SENSOR,
                    transmitter=IMPULSE_TRANSMITTER,
                    impulses=Impulses(count=count, per_unit=IMPULSES_PER_UNIT),
                )
            )
        # Whatever their number, all fit in between two of the whole house.
        spread = min(1.0, 5 / (self.sensors + self.impulses + 1))
        for number, reading in enumerate(readings):
            moment = clock + timedelta(seconds=number * spread)
            shown = moment.time().replace(microsecond=0)
            yield moment, replace(reading, time=shown, days=self._days(moment))

    def _days(self, moment: datetime) -> int:
        return self.days + (moment.date() - self.start.date()).days

    def _channels(self, watts: int) -> dict[int, int]:
        """Split the house's power up between its clamps."""
        others = {
            channel: watts * share // 100
            for channel, share in ((2, 25), (3, 15))
            if channel <= self.channels
        }
        channels = {1: watts - sum(others.values()), **others}
        if self.model.source == CLASSIC.source:
            channels = {1: 0, 2: 0, 3: 0} | channels
        return channels


def simulate(
    *, seed: int, start: datetime, **options: Any
) -> Iterator[tuple[timedelta, Reading]]:
    """Yield the readings of a `Display` with these options, and the time between."""
    gap = timedelta()
    for event in Display(seed=seed, start=start, **options).events():
        gap += event.gap
        if event.reading is not None:
            yield gap, event.reading
            gap = timedelta()


def _temperature(clock: datetime) -> float:
    """Return degrees Celsius indoors: coldest at three in the morning."""
    return round(20 + 1.5 * sin(tau * (clock.hour + clock.minute / 60 - 9) / 24), 1)
