"""Windows and measures of power: pure arithmetic over time and watts."""

from .samples import HOLD, Samples, Sums
from .window import ended_windows, window_start

__all__ = ["HOLD", "Samples", "Sums", "ended_windows", "window_start"]
