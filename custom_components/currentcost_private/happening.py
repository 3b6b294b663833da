"""What happens to a report that a person may want to act on at once.

One source for the event entity and, through it, for triggers. Whoever has something to
tell calls `Happenings.async_tell`; a question on demand does so with `ProviderAsked`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

from homeassistant.core import CALLBACK_TYPE, callback

from .local_time import local_time
from .storage import Ended, Ending


class HappeningKind(StrEnum):
    """The kinds, by the names that event types and triggers have."""

    BUCKET_CHANGED = "bucket_changed"
    PROVIDER_ASKED = "provider_asked"
    REPORT_MISSED = "report_missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketChanged:
    """A window has another bucket than the last one that has any."""

    kind: ClassVar = HappeningKind.BUCKET_CHANGED

    before: str | None
    """Its label; None for the first bucket of an agreement."""

    after: str
    start: int
    end: int
    """Of the window, UTC seconds."""

    @property
    def details(self) -> dict[str, Any]:
        """What an event's attributes say."""
        return {"from": self.before, "to": self.after, **_window(self.start, self.end)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMissed:
    """Windows have come to their end without an answer."""

    kind: ClassVar = HappeningKind.REPORT_MISSED

    reason: Ending
    start: int
    end: int
    """Of the first window and of the last, UTC seconds."""

    windows: int = 1

    @property
    def details(self) -> dict[str, Any]:
        """What an event's attributes say."""
        return {
            "reason": self.reason.value,
            "windows": self.windows,
            **_window(self.start, self.end),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAsked:
    """The provider has asked about a window beside the plan's regular ones."""

    kind: ClassVar = HappeningKind.PROVIDER_ASKED

    start: int
    end: int
    """Of the window, UTC seconds."""

    answered: bool
    """Whether the owner lets it be answered."""

    @property
    def details(self) -> dict[str, Any]:
        """What an event's attributes say."""
        return {"answered": self.answered, **_window(self.start, self.end)}


type Happening = BucketChanged | ProviderAsked | ReportMissed
type HappeningListener = Callable[[Happening], None]


class Happenings:
    """Passes on what happens to one report."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Take the outcomes' labels; none where outcomes are amounts, not buckets."""
        self.labels = labels
        self._listeners: list[HappeningListener] = []

    @property
    def kinds(self) -> list[HappeningKind]:
        """What can happen to this report."""
        return [
            kind
            for kind in HappeningKind
            if self.labels or kind is not HappeningKind.BUCKET_CHANGED
        ]

    @callback
    def async_add_listener(self, listener: HappeningListener) -> CALLBACK_TYPE:
        """Call the listener with all that happens from now on."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    @callback
    def async_tell(self, happening: Happening) -> None:
        """Pass on what has happened."""
        for listener in tuple(self._listeners):
            listener(happening)

    @callback
    def async_tell_ended(self, ended: Ended) -> None:
        """Pass on what the end of a window means, if it means anything."""
        if ended.outcome is None:
            self.async_tell(
                ReportMissed(
                    reason=ended.ending,
                    start=ended.start,
                    end=ended.end,
                    windows=ended.windows,
                )
            )
        elif self.labels and ended.before != ended.outcome:
            before = None if ended.before is None else self.labels[ended.before]
            self.async_tell(
                BucketChanged(
                    before=before,
                    after=self.labels[ended.outcome],
                    start=ended.start,
                    end=ended.end,
                )
            )


def _window(start: int, end: int) -> dict[str, str]:
    """Return a window as an event's attributes say it."""
    return {"window_start": local_time(start), "window_end": local_time(end)}
