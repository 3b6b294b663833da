"""The memory of a simulated display: what each sensor has consumed, as it is cut up.

Two-hour bins end at odd hours, days at 23:00, and months are 30 such days.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from math import floor
from typing import Final

from .messages import Store

SENSORS: Final = 10
HOUR: Final = 3600
BIN: Final = 2 * HOUR
BINS_A_DAY: Final = 12
DAYS_A_MONTH: Final = 30

TWO_HOURLY: Final = range(4, 747, 2)
DAILY: Final = range(1, 91)
MONTHLY: Final = range(1, 85)

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # a display knows no time zone


class Ledger:
    """Energy by bin, since the memory was wiped."""

    def __init__(self, wiped: datetime) -> None:
        """Begin at the time, by the display's clock, of the wipe."""
        self._first = _bin(wiped) + 1
        self._wiped = wiped
        self._bins: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * SENSORS)

    def add(self, clock: datetime, seconds: float, watts: dict[int, int]) -> None:
        """Take what sensors drew during the `seconds` before `clock`."""
        energies = self._bins[_bin(clock)]
        for sensor, power in watts.items():
            energies[sensor] += power * seconds / HOUR / 1000

    def energy(self, clock: datetime, store: Store, index: int, sensor: int) -> float:
        """Return the kWh that an index means at `clock`."""
        last, count = self._span(clock, store, index)
        return sum(
            self._bins[number][sensor]
            for number in range(last - count + 1, last + 1)
            if number in self._bins
        )

    def indexes(self, clock: datetime, store: Store) -> range:
        """Return the indexes that are filled at `clock`, ascending."""
        known = {
            Store.TWO_HOURLY: TWO_HOURLY,
            Store.DAILY: DAILY,
            Store.MONTHLY: MONTHLY,
        }[store]
        filled = 0
        for index in known:
            last, count = self._span(clock, store, index)
            if last - count + 1 < self._first:
                break
            filled += 1
        return known[:filled]

    def _span(self, clock: datetime, store: Store, index: int) -> tuple[int, int]:
        """Return the last bin of an index and how many bins it has."""
        if store is Store.TWO_HOURLY:
            return _bin(clock) - (index - 2) // 2, 1
        # The bin before 23:00 is the last of a day.
        midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
        day = midnight + timedelta(hours=23 if clock.hour == 23 else -1)
        last = _bin(day - timedelta(seconds=1))
        if store is Store.DAILY:
            return last - BINS_A_DAY * (index - 1), BINS_A_DAY
        age = ((day + timedelta(hours=1)).date() - self._wiped.date()).days
        running = (age - 2) % DAYS_A_MONTH
        month = BINS_A_DAY * DAYS_A_MONTH
        return last - BINS_A_DAY * running - month * (index - 1), month


def _bin(clock: datetime) -> int:
    """Return the number of the bin around a time."""
    return floor(((clock - _EPOCH).total_seconds() - HOUR) / BIN)
