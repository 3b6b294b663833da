"""Power, what energy costs and what the meter remembers: pure arithmetic."""

from .bill import HISTORY, Basis, Figures, Terms, cost_so_far, figures
from .confirmation import Confirmation
from .energy import EnergyIntegrator
from .history import Entry, Grain, Memory
from .history_clock import HOUR, MeterClock
from .history_fill import Hour, fill
from .history_line import Line, Piece, line_of
from .history_sums import Joint, Plan, Record as SumRecord, changes, plan
from .hours import counted, hours_of, since
from .impulses import ImpulseCounter
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
    "HOUR",
    "LAST_DAY",
    "Band",
    "Bands",
    "Basis",
    "Bill",
    "Charges",
    "Confirmation",
    "EnergyIntegrator",
    "Entry",
    "Figures",
    "Grain",
    "Hour",
    "ImpulseCounter",
    "Joint",
    "Line",
    "Memory",
    "MeterClock",
    "Piece",
    "Plan",
    "Quantity",
    "Recipe",
    "Record",
    "Recorder",
    "Samples",
    "SeenPrices",
    "SumRecord",
    "Sums",
    "Take",
    "Terms",
    "WeekSpan",
    "bill_at",
    "changes",
    "cost_so_far",
    "counted",
    "figures",
    "fill",
    "hours_of",
    "line_of",
    "micro",
    "minutes_of",
    "overlapping",
    "plan",
    "since",
    "window_start",
]
