"""CurrentCost meters: from the bytes on their line to typed messages.

The simulator and the command are modules of their own, which nothing here imports.
"""

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
from .stream import Counts, StreamParser

__all__ = [
    "Counts",
    "Damage",
    "Damaged",
    "History",
    "HistoryEntry",
    "Impulses",
    "Message",
    "Reading",
    "Store",
    "StreamParser",
]
