"""Judges messages by the stream that they are part of.

A digit that was flipped on the way still parses. But a message says much that the one
before it said too: the source, the day, the time, the temperature, and who has which
radio id. One of these that can't be true is taken for damage and replaced by what was
to be expected; the power beside it is as good as any. A message with two is dropped,
or with one if bytes of it were restored before, and so is a part of a history with one:
without its time it is worth nothing, and it comes again.

What changes for good, because the clock was set or another meter plugged in, says the
same the next time, and the time after that: then it is believed, and what was dropped
of a history meanwhile is given back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import Final, Self

from .messages import History, Message, Reading

DAY: Final = 86_400
PERSISTENT: Final = 3
"""Messages in a row that have to agree with each other against what was known."""

MEMORY: Final = 600.0
"""Seconds for which such messages are waited for."""

# The seconds that the display's clock may go on from one message to the next, beyond
# those of the host's; and go back, as messages wait for each other on the way.
_AHEAD: Final = 90.0
_BACK: Final = 2.0
_DRIFT: Final = 1.1

# Degrees Celsius between two messages, and more for each second between them.
_STEP: Final = 2.0
_STEPS: Final = 0.02


class Doubt(StrEnum):
    """What a message says that can't be true, if what was said before is."""

    SOURCE = "source"
    """It comes from another model or firmware."""

    DAYS = "days"
    """The days since the display's birth don't go on."""

    CLOCK = "clock"
    """The display's clock doesn't go on."""

    TEMPERATURE = "temperature"
    """The temperature jumps."""

    TRANSMITTER = "transmitter"
    """The sensor had another radio id."""

    SENSOR = "sensor"
    """The radio id is another sensor's."""


class Outcome(StrEnum):
    """What becomes of a message."""

    ACCEPTED = "accepted"
    REPAIRED = "repaired"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found; the message is to be used unless it is dropped."""

    outcome: Outcome
    message: Message
    """With what was repaired."""

    doubts: frozenset[Doubt] = frozenset()

    released: tuple[History, ...] = ()
    """What was dropped before and turns out to be true."""


@dataclass(slots=True, kw_only=True)
class _Known:
    """What messages up to `at` have said."""

    at: float
    source: tuple[str, str]
    days: int
    seconds: int
    temperature: float | None = None
    transmitters: dict[int, int] = field(default_factory=dict)
    count: int = 0
    histories: tuple[History, ...] = ()
    """Of a rival: those that were dropped."""

    @classmethod
    def of(cls, message: Message, at: float) -> Self:
        """Return what a message says alone."""
        source = message.model, message.firmware
        known = cls(at=at, source=source, days=0, seconds=0)
        known.add(message, at)
        return known

    def add(self, message: Message, at: float) -> None:
        """Take in one message more."""
        self.at = at
        self.source = message.model, message.firmware
        self.days = message.days
        self.seconds = _seconds(message.time)
        self.count += 1
        if not isinstance(message, Reading):
            return
        if message.temperature is not None:
            self.temperature = message.temperature
        if self.transmitters.get(message.sensor) != message.transmitter:
            self.transmitters = _merged(
                self.transmitters, {message.sensor: message.transmitter}
            )

    def doubts(self, message: Message, at: float) -> frozenset[Doubt]:
        """Return what a message says against it."""
        passed = max(at - self.at, 0.0)
        step = _seconds(message.time) - self.seconds
        found = set()
        if (message.model, message.firmware) != self.source:
            found.add(Doubt.SOURCE)
        if message.days != self.days or not 0 <= step <= _AHEAD:
            found |= self._doubts_of_clock(message, passed)
        if isinstance(message, Reading):
            found |= self._doubts_of_reading(message, passed)
        return frozenset(found)

    def _doubts_of_clock(self, message: Message, passed: float) -> set[Doubt]:
        """Judge day and time together, then one alone."""
        most = _AHEAD + _DRIFT * passed
        step = _seconds(message.time) - self.seconds
        days = message.days - self.days
        if -_BACK <= step + DAY * days <= most:
            return set()
        # With the right day, whichever that is, the time would fit.
        if any(-_BACK <= step + DAY * day <= most for day in (0, 1)):
            return {Doubt.DAYS}
        if 0 <= days <= 1 + most / DAY:
            return {Doubt.CLOCK}
        return {Doubt.DAYS, Doubt.CLOCK}

    def _doubts_of_reading(self, reading: Reading, passed: float) -> set[Doubt]:
        found = set()
        if (
            self.temperature is not None
            and reading.temperature is not None
            and abs(reading.temperature - self.temperature) > _STEP + _STEPS * passed
        ):
            found.add(Doubt.TEMPERATURE)
        known = self.transmitters.get(reading.sensor)
        if known is not None and known != reading.transmitter:
            found.add(Doubt.TRANSMITTER)
        if known is None and reading.transmitter in self.transmitters.values():
            found.add(Doubt.SENSOR)
        return found


class Judge:
    """Judges one stream's messages in their order."""

    def __init__(self) -> None:
        """Begin without knowing anything: the first message is believed."""
        self._known: _Known | None = None
        self._rival: _Known | None = None

    def judge(self, message: Message, at: float) -> Verdict:
        """Return a verdict on a message that came `at` so many seconds (any epoch)."""
        known = self._known
        doubts = known.doubts(message, at) if known else frozenset()
        if known is None:
            known = self._known = _Known.of(message, at)
        elif not doubts:
            known.add(message, at)
        if not doubts:
            return Verdict(
                outcome=Outcome.REPAIRED if message.repaired else Outcome.ACCEPTED,
                message=message,
            )
        rival = self._rival
        histories: tuple[History, ...] = ()
        if rival and at - rival.at <= MEMORY and not rival.doubts(message, at):
            histories = rival.histories
            rival.add(message, at)
        else:
            rival = _Known.of(message, at)
        if rival.count >= PERSISTENT:
            self._rival = None
            rival.transmitters = _merged(known.transmitters, rival.transmitters)
            self._known = rival
            return Verdict(
                outcome=Outcome.ACCEPTED, message=message, released=histories
            )
        if isinstance(message, History):
            histories = (*histories, message)
        rival.histories = histories
        self._rival = rival
        (doubt, *others) = doubts
        certain = not (others or message.repaired or doubt is Doubt.SENSOR)
        if isinstance(message, History) or not certain:
            return Verdict(outcome=Outcome.DROPPED, message=message, doubts=doubts)
        return Verdict(
            outcome=Outcome.REPAIRED,
            message=_repaired(message, doubt, known, at),
            doubts=doubts,
        )


def _repaired(reading: Reading, doubt: Doubt, known: _Known, at: float) -> Reading:
    """Return a reading with the one thing that was to be expected."""
    if doubt is Doubt.SOURCE:
        model, firmware = known.source
        return replace(reading, model=model, firmware=firmware, repaired=True)
    if doubt is Doubt.DAYS:
        wrapped = _seconds(reading.time) < known.seconds - _BACK
        return replace(reading, days=known.days + wrapped, repaired=True)
    if doubt is Doubt.CLOCK:
        seconds = round(known.seconds + min(max(at - known.at, 0.0), _AHEAD)) % DAY
        clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        return replace(reading, time=clock, repaired=True)
    if doubt is Doubt.TEMPERATURE:
        return replace(reading, temperature=known.temperature, repaired=True)
    transmitter = known.transmitters[reading.sensor]
    return replace(reading, transmitter=transmitter, repaired=True)


def _merged(before: Mapping[int, int], after: Mapping[int, int]) -> dict[int, int]:
    """Return radio ids by sensor number; one has no two sensors."""
    kept = {
        sensor: transmitter
        for sensor, transmitter in before.items()
        if transmitter not in after.values()
    }
    return kept | dict(after)


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second
