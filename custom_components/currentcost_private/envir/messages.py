"""What a meter says, as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Final

RAW_LIMIT: Final = 256
"""Bytes that a damaged stretch keeps at most."""


class Damage(StrEnum):
    """What is wrong with a stretch of bytes."""

    STRAY = "stray"
    """Bytes outside of any message."""

    TRUNCATED = "truncated"
    """A message without its beginning or without its end."""

    OVERSIZED = "oversized"
    """A message that doesn't end within the bound."""

    MALFORMED = "malformed"
    """A whole message that isn't of any documented form."""

    OUT_OF_RANGE = "out_of_range"
    """A message of a documented form with a value that no meter can send."""


class Store(StrEnum):
    """One of a display's stores of past consumption.

    A CC128's daily blocks end at 23:00 by its clock, and its monthly ones last 30 days.
    """

    TWO_HOURLY = "two_hourly"
    DAILY = "daily"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of the stream; where it stands is no part of what it says."""

    offset: int = field(default=0, compare=False, repr=False)
    """Bytes of the stream before it."""

    length: int = field(default=0, compare=False, repr=False)
    """Its size in bytes, without line ends around it."""

    repaired: bool = field(default=False, compare=False)
    """Whether bytes that carry no value had to be restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impulses:
    """The count of an impulse meter (OptiSmart)."""

    count: int
    """Since the transmitter got its battery or was paired."""

    per_unit: int
    """Impulses in a kWh or other unit; 0 when nobody has set it on the display."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Stretch):
    """One reception of one transmitter, as the display passes it on."""

    model: str
    """"CC128" (every display after the Classic, the EnviR among them) or "CC02"."""

    firmware: str
    """Such as "1.29"."""

    days: int
    """Days since the display's birth."""

    time: time
    """The display's own clock, which is set by hand and has no date."""

    temperature: float | None
    """At the display, in degrees Celsius; None where it sends none."""

    sensor: int
    """0 = the whole house; 1 to 9 = appliances."""

    transmitter: int
    """The radio's id. It isn't unique: 77 is the one that most are sold with."""

    channels: Mapping[int, int] = field(hash=False)
    """Watts by channel (1 to 3), fitted ones only; empty for an impulse meter."""

    impulses: Impulses | None = None
    """None for a meter of watts."""

    @property
    def total(self) -> int | None:
        """The watts of all channels, or None for an impulse meter."""
        return sum(self.channels.values()) if self.channels else None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """The consumption that one sensor had in one block of the past."""

    sensor: int
    store: Store
    index: int
    """As in the tag, greater is older: 4 for `h004`, hours ago; 1 for `d001`."""

    energy: Decimal
    """kWh, with the digits that were sent: they show to what step they were cut off.

    A negative one is an overflow of the display's memory, never an export.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Stretch):
    """A part of a display's memory of past consumption."""

    model: str
    firmware: str
    days: int
    """Days since the display's birth."""

    time: time
    """The display's own clock when it sent this; the indexes count back from it."""

    days_since_wipe: int | None
    """Since the memory was cleared; not sent by firmware 0.09 and the Classic."""

    entries: tuple[HistoryEntry, ...]
    """In the order sent: by sensor, oldest first (the Classic: newest first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged(Stretch):
    """A stretch of the stream that isn't an undamaged message."""

    kind: Damage
    reason: str
    """For people; tells nothing of the values."""

    raw: bytes = field(repr=False)
    """The first `RAW_LIMIT` bytes."""


type Message = Reading | History
