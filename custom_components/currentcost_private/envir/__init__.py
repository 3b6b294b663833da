"""CurrentCost meters: from the bytes on their line to typed messages.

The simulator and the command are modules of their own, which nothing here imports.
"""

from .digits import StepFilter
from .messages import (
    Damage,
    Damaged,
    History,
    HistoryEntry,
    Impulses,
    Message,
    Reading,
    Store,
)
from .plausibility import Doubt, Judge, Outcome, Verdict
from .stream import Counts, StreamParser

__all__ = [
    "Counts",
    "Damage",
    "Damaged",
    "Doubt",
    "History",
    "HistoryEntry",
    "Impulses",
    "Judge",
    "Message",
    "Outcome",
    "Reading",
    "StepFilter",
    "Store",
    "StreamParser",
    "Verdict",
]
