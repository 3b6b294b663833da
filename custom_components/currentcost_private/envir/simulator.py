"""A simulated meter: what an EnviR or a Classic in a household would send, and when.

It is a model without I/O: the same seed and start give the same readings.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from math import sin, tau
from random import Random
from typing import Final

from .household import FRIDGE, KETTLE, WASHING_MACHINE, Household
from .messages import Reading

DAYS: Final = 17
"""The display's age at the start, in days."""

DEFAULT_TRANSMITTER: Final = 77
SENSORS: Final = {1: FRIDGE, 2: KETTLE, 3: WASHING_MACHINE}

# A transmitter sends every 6 s, and every tenth time 7 s after the time before.
CYCLE: Final = (*[timedelta(seconds=6)] * 9, timedelta(seconds=7))


def simulate(
    *, seed: int, start: datetime, classic: bool = False, appliances: bool = False
) -> Iterator[tuple[timedelta, Reading]]:
    """Yield readings without end, each with the time since the one before.

    `start` is what the display's clock shows at the start. With `appliances`, plugs
    report the fridge (sensor 1), kettle (2) and washing machine (3), which are in the
    whole house's power all the same; a Classic can't have them.
    """
    random = Random(seed)  # noqa: S311  # a simulation is to be repeatable
    household = Household(random)
    plugs = {
        sensor: (appliance.name, random.randrange(4096))
        for sensor, appliance in SENSORS.items()
        if appliances and not classic
    }
    clock = start
    previous = start
    for gap in cycle(CYCLE):
        clock += gap
        watts = household.advance(gap.total_seconds(), hour=clock.hour)
        temperature = _temperature(clock)
        total = sum(watts.values())
        sent = [(clock, 0, DEFAULT_TRANSMITTER, total)]
        sent += [
            (clock + timedelta(seconds=sensor), sensor, transmitter, watts[name])
            for sensor, (name, transmitter) in plugs.items()
        ]
        for moment, sensor, transmitter, power in sent:
            channels = {1: power, 2: 0, 3: 0} if classic else {1: power}
            yield (
                moment - previous,
                Reading(
                    model="CC02" if classic else "CC128",
                    firmware="1.06" if classic else "1.29",
                    days=DAYS + (moment.date() - start.date()).days,
                    time=moment.time().replace(microsecond=0),
                    temperature=temperature,
                    sensor=sensor,
                    transmitter=transmitter,
                    channels=channels,
                ),
            )
            previous = moment


def _temperature(clock: datetime) -> float:
    """Return degrees Celsius indoors: coldest at three in the morning."""
    return round(20 + 1.5 * sin(tau * (clock.hour + clock.minute / 60 - 9) / 24), 1)
