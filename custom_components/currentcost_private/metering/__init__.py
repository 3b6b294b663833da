"""Windows and measures of power, and what energy costs: pure arithmetic."""

from .bill import HISTORY, Basis, Figures, Terms, cost_so_far, figures
from .energy import EnergyIntegrator
from .hours import counted, hours_of, since
from .prices import SeenPrices
from .recipe import Quantity, Recipe, Take
from .record import Record
from .recorder import Recorder
from .samples import HOLD, Samples, Sums
from .tariff import (
    LAST_DAY,
    Band,
    Bands,
    Bill,
    Charges,
    bill_at,
    micro,
    overlapping,
)
from .week import EVERY_DAY, WeekSpan, minutes_of
from .window import window_start

__all__ = [
    "EVERY_DAY",
    "HISTORY",
    "HOLD",
    "LAST_DAY",
    "Band",
    "Bands",
    "Basis",
    "Bill",
    "Charges",
    "EnergyIntegrator",
    "Figures",
    "Quantity",
    "Recipe",
    "Record",
    "Recorder",
    "Samples",
    "SeenPrices",
    "Sums",
    "Take",
    "Terms",
    "WeekSpan",
    "bill_at",
    "cost_so_far",
    "counted",
    "figures",
    "hours_of",
    "micro",
    "minutes_of",
    "overlapping",
    "since",
    "window_start",
]
