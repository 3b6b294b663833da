"""Energy as the sum of power over time."""

from .samples import HOLD


class EnergyIntegrator:
    """Adds up the energy of a stream of power samples.

    A sample holds until the next one, but at most `HOLD` seconds: beyond a few lost
    readings nobody knows the power, and nothing is counted. The reports take their mean
    by the same rule, so both count the same time as covered. A step back of the clock
    adds nothing, and a step forward no more than `HOLD` seconds.
    """

    def __init__(self, energy: float = 0.0) -> None:
        """Start from a total in Wh, with no sample yet."""
        self._energy = energy
        self._hold = HOLD
        self._power = 0.0
        self._time: float | None = None

    @property
    def energy(self) -> float:
        """The total in Wh, up to the latest sample."""
        return self._energy

    def add(self, time: float, power: float) -> None:
        """Take a sample: UTC seconds, and watts that are not negative."""
        self.advance(time)
        self._hold = HOLD
        self._power = power

    def advance(self, time: float) -> None:
        """Count the latest sample until `time` (UTC s), as far as it holds."""
        if self._time is not None:
            held = min(max(time - self._time, 0.0), self._hold)
            self._energy += self._power * held / 3600
            self._hold -= held
        self._time = time
