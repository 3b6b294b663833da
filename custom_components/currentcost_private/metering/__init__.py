"""Windows and measures of power: pure arithmetic over time and watts."""

from .energy import EnergyIntegrator
from .recipe import Quantity, Recipe, Take
from .record import Record
from .recorder import Recorder
from .samples import HOLD, Samples, Sums
from .window import window_start

__all__ = [
    "HOLD",
    "EnergyIntegrator",
    "Quantity",
    "Recipe",
    "Record",
    "Recorder",
    "Samples",
    "Sums",
    "Take",
    "window_start",
]
