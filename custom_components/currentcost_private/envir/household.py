"""A household that draws power, for the simulated meter: a model, seeded, without I/O.

There is a base load, and there are appliances that someone switches on at times of the
day when people do, and that then run their programme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

BASE_LOAD: Final = 90


def _by_hour(
    *, night: float = 0, morning: float = 0, day: float = 0, evening: float = 0
) -> tuple[float, ...]:
    """Return a value for each hour of the day."""
    return (*[night] * 6, *[morning] * 3, *[day] * 8, *[evening] * 6, night)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """Something that draws power in phases once it is switched on."""

    name: str
    phases: tuple[tuple[float, int], ...]
    """Seconds and watts, one after the other."""

    starts: tuple[float, ...]
    """How often an hour it is switched on, on average, by hour of the day."""

    def watts(self, elapsed: float) -> int | None:
        """Return the power so many seconds after the start; None when it is over."""
        for seconds, watts in self.phases:
            if elapsed < seconds:
                return watts
            elapsed -= seconds
        return None


FRIDGE: Final = Appliance(
    name="fridge",
    phases=((18 * 60, 95),),
    starts=_by_hour(night=1.7, morning=1.7, day=1.7, evening=1.7),
)
KETTLE: Final = Appliance(
    name="kettle",
    phases=((150, 2800),),
    starts=_by_hour(night=0.3, morning=3, day=1.5, evening=2),
)
WASHING_MACHINE: Final = Appliance(
    name="washing machine",
    phases=((15 * 60, 2050), (45 * 60, 180), (8 * 60, 450)),
    starts=_by_hour(morning=0.2, day=0.15, evening=0.1),
)
COOKER: Final = Appliance(
    name="cooker",
    phases=((8 * 60, 2200), (25 * 60, 900)),
    starts=_by_hour(morning=0.2, day=0.2, evening=0.5),
)
LIGHTS_AND_TELEVISION: Final = Appliance(
    name="lights and television",
    phases=((4 * 3600, 240),),
    starts=_by_hour(morning=0.1, evening=2),
)
APPLIANCES: Final = (FRIDGE, KETTLE, WASHING_MACHINE, COOKER, LIGHTS_AND_TELEVISION)


class Household:
    """What the appliances do, from moment to moment."""

    def __init__(self, random: Random) -> None:
        """Begin with everything switched off."""
        self._random = random
        self._elapsed: dict[str, float] = {}

    def advance(self, seconds: float, *, hour: int) -> Mapping[str, int]:
        """Let time pass and return the watts by appliance, and of "base"."""
        watts = {"base": self._noisy(BASE_LOAD)}
        for appliance in APPLIANCES:
            drawn = self._advance(appliance, seconds, hour)
            watts[appliance.name] = self._noisy(drawn)
        return watts

    def _advance(self, appliance: Appliance, seconds: float, hour: int) -> int:
        elapsed = self._elapsed.pop(appliance.name, None)
        if elapsed is not None:
            elapsed += seconds
        elif self._random.random() < appliance.starts[hour] * seconds / 3600:
            elapsed = 0.0
        if elapsed is None or (watts := appliance.watts(elapsed)) is None:
            return 0
        self._elapsed[appliance.name] = elapsed
        return watts

    def _noisy(self, watts: int) -> int:
        return round(watts * self._random.gauss(1, 0.01))
