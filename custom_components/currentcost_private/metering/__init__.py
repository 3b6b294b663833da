"""Windows and measures of power: pure arithmetic over time and watts."""

from .energy import EnergyIntegrator
from .samples import HOLD, Samples, Sums
from .window import ended_windows, window_start

__all__ = [
    "HOLD",
    "EnergyIntegrator",
    "Samples",
    "Sums",
    "ended_windows",
    "window_start",
]
