"""Tells steps of power that a flipped digit can have made from those that it can't.

Most true steps, a kettle's too, change several digits at once, and can be shown as they
come. One that a single digit explains is to be shown when the next reading agrees.
"""

from collections.abc import Mapping
from typing import Final

RECENT: Final = 60.0
"""Seconds after which an earlier reading says nothing any more."""

# What power may vary by from one reading to the next, without anything being switched.
_WATTS: Final = 30
_SHARE: Final = 0.02

type Channels = Mapping[int, int]
"""Watts by channel."""


class StepFilter:
    """Follows one sensor's readings and says which are to be shown."""

    def __init__(self) -> None:
        """Begin without a reading."""
        self._shown: tuple[float, Channels] | None = None
        self._doubted: Channels | None = None

    def shows(self, time: float, channels: Channels) -> bool:
        """Return whether the reading at `time` (s) is to be shown at once."""
        doubted, self._doubted = self._doubted, None
        if self._shown is not None:
            at, shown = self._shown
            if (
                0 <= time - at <= RECENT
                and any(
                    _flipped(shown[channel], watts)
                    for channel, watts in channels.items()
                    if channel in shown
                )
                and (doubted is None or not _alike(doubted, channels))
            ):
                self._doubted = channels
                return False
        self._shown = time, channels
        return True


def _alike(before: Channels, after: Channels) -> bool:
    return before.keys() == after.keys() and all(
        _near(watts, after[channel]) for channel, watts in before.items()
    )


def _near(before: int, after: int) -> bool:
    return abs(after - before) <= max(_WATTS, _SHARE * before)


def _flipped(before: int, after: int) -> bool:
    """Return whether `after` is near to `before` but for one digit of a hundred up."""
    if abs(after - before) < 100 or _near(before, after):
        return False
    for place in (100, 1000, 10_000):
        rest = after - after // place % 10 * place
        digit = min(max(round((before - rest) / place), 0), 9)
        if _near(before, rest + digit * place):
            return True
    return False
