"""The clock of a display: what it shows at which moment, now and in the past.

The display shows a time of day that a person has set, without date, zone or summer time.
Its offset is measured with every message. Where it was measured, it is known; the past
before that is inferred: a clock that is right now was right all the time, also across
changes of summer time, and one that is an hour off has not been touched at them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from math import inf
from typing import Any, Final, Self

HOUR: Final = 3600
DAY: Final = 24 * HOUR

# People set the minutes; nobody can set a display to the second. A forced dump sets the
# clock back by up to 45 s, and the quartz adds its drift.
EXACT: Final = 150.0

# How far a clock is off that a person looks after.
TRUSTED: Final = 15 * 60.0

# So many messages in a row have to say the same before a new time is believed: a digit
# can flip.
WITNESSES: Final = 3

MOST_SETTINGS: Final = 50

# Whether the day count steps at midnight isn't known, so it may be one off.
MOST_DAYS_OFF: Final = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """How the clock was set for some time."""

    since: float
    """UTC seconds of the first message with it."""
    offset: float
    """Seconds from UTC to what the display shows."""
    birth: int
    """The day on which its day count was 0, counted from 1970."""
    continuous: bool = True
    """False if the display stood still before: nothing older can be counted back."""


@dataclass(frozen=True, slots=True)
class _Witness:
    time: float
    offset: float
    birth: int

    def agrees(self, other: Setting | _Witness) -> bool:
        return (
            abs(self.offset - other.offset) <= EXACT
            and abs(self.birth - other.birth) <= MOST_DAYS_OFF
        )


class MeterClock:
    """The display's clock, in a home in some zone."""

    def __init__(self, zone: tzinfo, settings: Sequence[Setting] = ()) -> None:
        """Take what an earlier run knew."""
        self.zone = zone
        self.settings = list(settings)
        self._witnesses: list[_Witness] = []

    @property
    def is_known(self) -> bool:
        """Whether it was heard often enough."""
        return bool(self.settings)

    def hear(self, now: float, days: int, shown: time) -> bool:
        """Take the day count and the time of a message; return whether it was news."""
        witness = self._witness(now, days, shown)
        if self.settings and witness.agrees(self.settings[-1]):
            self._witnesses.clear()
            return False
        if self._witnesses and not witness.agrees(self._witnesses[-1]):
            self._witnesses.clear()
        self._witnesses.append(witness)
        if len(self._witnesses) < WITNESSES:
            return False
        first = self._witnesses[0]
        self.settings.append(
            Setting(
                since=first.time,
                offset=self._smooth(first),
                birth=first.birth,
                continuous=not self.settings
                or abs(first.birth - self.settings[-1].birth) <= MOST_DAYS_OFF,
            )
        )
        del self.settings[:-MOST_SETTINGS]
        self._witnesses.clear()
        return True

    def shows(self, now: float, shown: time) -> bool:
        """Whether a message with this time fits the clock as it is set."""
        return (
            bool(self.settings)
            and abs(_nearest(_seconds(shown) - now - self.settings[-1].offset)) <= EXACT
        )

    def deviation(self, now: float) -> float:
        """Return how many seconds it is ahead of the home's time; behind is negative."""
        return self.settings[-1].offset - self._home_offset(now)

    def is_trusted(self, now: float) -> bool:
        """Whether it shows the home's time, or that without change of summer time."""
        deviation = abs(self.deviation(now))
        return deviation <= TRUSTED or abs(deviation - HOUR) <= TRUSTED

    def passings(self, now: float, *, step: int, phase: int) -> Iterator[float]:
        """Yield when the clock showed `phase` + n * `step` seconds, newest first.

        When it was set across such a mark, a bin ended at that moment.
        """
        last, upper = inf, now
        for index in range(len(self.settings) - 1, -1, -1):
            setting = self.settings[index]
            moment = _mark(upper + setting.offset, step, phase) - setting.offset
            while moment > setting.since:
                # The same mark, shown twice by a clock that was set back a little.
                if last - moment > step / 4:
                    yield moment
                    last = moment
                moment -= step
            upper = setting.since
            if not setting.continuous:
                return
            if index == 0:
                break
            before = upper + self.settings[index - 1].offset
            after = upper + setting.offset
            if _mark(after, step, phase) > _mark(before, step, phase) and (
                last - upper > step / 4
            ):
                yield upper
                last = upper
        for moment in self._inferred(upper, step, phase):
            if last - moment > step / 4:
                yield moment
                last = moment

    def to_list(self) -> list[list[Any]]:
        """Return the settings as plain values, for a file in JSON."""
        return [
            [item.since, item.offset, item.birth, item.continuous]
            for item in self.settings
        ]

    @classmethod
    def from_list(cls, zone: tzinfo, data: list[list[Any]]) -> Self:
        """Return the clock that `to_list` was called on."""
        return cls(zone, [Setting(*item) for item in data])

    def _inferred(self, upper: float, step: int, phase: int) -> Iterator[float]:
        """Yield the passings before the first setting."""
        first = self.settings[0]
        deviation = first.offset - self._home_offset(first.since)
        if abs(deviation) > TRUSTED:
            mark = _mark(upper + first.offset, step, phase)
            while True:
                yield mark - first.offset
                mark -= step
        mark = _mark(upper + first.offset, step, phase)
        while True:
            # Where a time of day comes twice, the first one: who sets a clock back
            # does it afterwards.
            shown = _EPOCH + timedelta(seconds=mark - deviation)
            yield shown.replace(tzinfo=self.zone).timestamp()
            mark -= step

    def _witness(self, now: float, days: int, shown: time) -> _Witness:
        home = self._home_offset(now)
        offset = home + _nearest(_seconds(shown) - now - home)
        return _Witness(now, offset, round((now + offset) // DAY) - days)

    def _smooth(self, witness: _Witness) -> float:
        """Return the offset, exactly the home's where nobody could set it better."""
        home = self._home_offset(witness.time)
        deviation = witness.offset - home
        for usual in (0, HOUR, -HOUR):
            if abs(deviation - usual) <= EXACT:
                return home + usual
        return home + 60 * round(deviation / 60)

    def _home_offset(self, moment: float) -> float:
        offset = datetime.fromtimestamp(moment, self.zone).utcoffset()
        return offset.total_seconds() if offset else 0.0


_EPOCH: Final = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


def _seconds(shown: time) -> int:
    return shown.hour * HOUR + shown.minute * 60 + shown.second


def _nearest(difference: float) -> float:
    """Return a difference of two times of day, half a day at most."""
    return (difference + DAY / 2) % DAY - DAY / 2


def _mark(shown: float, step: int, phase: int) -> float:
    """Return the last mark up to a time."""
    return (shown - phase) // step * step + phase
