"""What is kept of a report's questions on demand, so that a restart forgets none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .storage import Outbox, ReportStorage

LATELY: Final = 26 * 3600
"""Seconds: longer than any day."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """The answers, and what else the provider asked."""

    outbox: Outbox = field(default_factory=lambda: Outbox(mark=0))
    """Of answers; its mark is the start of the last window that was answered."""

    start: int = 0
    """Of the last window that was asked about, answered or not; not of one to come."""

    last: int | None = None
    """When the provider asked last (UTC s), whether it was answered or not."""

    refused: Counter[str] = field(default_factory=Counter)
    """Questions that were not answered, by the verdict on them."""

    lately: list[int] = field(default_factory=list)
    """Ends of the windows that were answered, of a day at least (UTC s)."""

    def note_answer(self, end: int) -> None:
        """Remember that the window that ended then was answered."""
        self.lately = [other for other in self.lately if other > end - LATELY] + [end]

    def successor(self) -> Self:
        """Return what goes over to a renewed agreement: all but messages of this one."""
        kept = type(self).from_dict(self.to_dict())
        kept.outbox.entries = []
        return kept

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, for a file in JSON."""
        return {
            "outbox": self.outbox.to_dict(),
            "start": self.start,
            "last": self.last,
            "refused": dict(self.refused),
            "lately": self.lately,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        return cls(
            outbox=Outbox.from_dict(data["outbox"]),
            start=data["start"],
            last=data["last"],
            refused=Counter(data["refused"]),
            lately=data["lately"],
        )


async def async_hand_on(old: ReportStorage, new: ReportStorage) -> None:
    """Let the owner's limit go over to another agreement of the same report.

    Raises NotWrittenError.
    """
    if (asked := await old.async_load_asked()) is not None:
        await new.async_save_asked(Asked.from_dict(asked).successor().to_dict())
