"""What is measured in a window, and how it becomes the household's input."""

from collections.abc import Sequence
from enum import StrEnum
import math


class Measure(StrEnum):
    """A window's one number."""

    MEAN_POWER = "mean_power"
    LAST_POWER = "last_power"
    PEAK_POWER = "peak_power"
    ENERGY = "energy"

    @property
    def unit(self) -> str:
        """W for a power, Wh for an energy."""
        return "Wh" if self is Measure.ENERGY else "W"


def encode_measure(value: float, width: int) -> int:
    """Return a measure (W or Wh) as the household's input of `width` bits.

    Rounded half up. What is negative or above 2^width - 2 becomes 2^width - 1,
    which the policy keeps above the last threshold: bucket 0.
    """
    outside = (1 << width) - 1
    if not math.isfinite(value):
        return outside
    rounded = math.floor(value + 0.5)
    return rounded if 0 <= rounded < outside else outside


def bucket_of(value: int, thresholds: Sequence[int]) -> int:
    """Return what the circuit returns, computed in the clear.

    Bucket 1 is [0, t1], bucket 2 is (t1, t2], ..., bucket 0 above the last.
    """
    for bucket, threshold in enumerate(thresholds, 1):
        if value <= threshold:
            return bucket
    return 0
