"""What a report keeps on the disk, in private files of its own.

The agreement holds its secrets and what the person consented to; it is written anew once
a day, when its seeds are replaced. The outbox is written before a message leaves, so that
after a crash the same bytes are sent again and nothing is garbled a second time. The
checkpoint holds the sums of the window in progress; losing it costs half a minute of
samples.
"""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .exchange import MAX_LABELS

VERSION: Final = 1

KINDS: Final = ("agreement", "outbox", "checkpoint", "asked")
"""Of files that an agreement has."""

# Seconds until a reply is written down. A crash before that sends the same bytes once
# more and gets the same reply.
SETTLED_DELAY: Final = 5.0


class Ending(StrEnum):
    """How a window's message came to its end."""

    REPORTED = "reported"
    """The provider computed the bucket, and the household knows which."""
    MISSING = "missing"
    """The provider acknowledged that there is no measure."""
    REFUSED = "refused"
    """The provider evaluated the report and refused to answer."""
    FORGED = "forged"
    """What came back is not an answer to this message."""
    REJECTED = "rejected"
    """The provider doesn't take the message, or has another for the window."""
    LATE = "late"
    """Nobody could be reached as long as the provider takes the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message for one window (UTC seconds), ready to be sent."""

    start: int
    end: int
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One window, or several in a row, that came to their end in the same way."""

    ending: Ending
    start: int
    end: int
    """Of the first window and of the last, UTC seconds."""

    windows: int = 1
    before: int | None = None
    """The last outcome known before; None where there is none."""

    outcome: int | None = None


@dataclass(slots=True, kw_only=True)
class Outbox:
    """What is to be sent, and what became of what was."""

    mark: int
    """Start of the latest window that was built: no window up to it is built again."""

    entries: list[OutboxEntry] = field(default_factory=list)
    """Oldest first."""

    outcome: int | None = None
    """Of the latest window that came to its end; None where it ended without one."""

    last_report: int | None = None
    """End of the latest window with an outcome."""

    known: int | None = None
    """The latest outcome that there was, and stays through windows without one."""

    previous: int | None = None
    """The one known before that."""

    endings: Counter[Ending] = field(default_factory=Counter)

    answers: Counter[int] = field(default_factory=Counter)
    """How often each outcome was reported, of those that can have a label."""

    told_on: str = ""
    """The latest local day on which anything was told."""

    told: int = 0
    """How many windows of it the provider was told an answer to, or that there is none."""

    def settle(
        self, entry: OutboxEntry, ending: Ending, *, outcome: int | None = None
    ) -> Ended | None:
        """Take an entry out and note its end; None if it isn't there any more."""
        if entry not in self.entries:
            return None
        before = self.known
        self.entries.remove(entry)
        self.endings[ending] += 1
        self.outcome = outcome
        if ending is Ending.REPORTED:
            self.last_report = entry.end
            self.previous, self.known = before, outcome
            if outcome is not None and outcome < MAX_LABELS:
                self.answers[outcome] += 1
        return Ended(
            ending=ending,
            start=entry.start,
            end=entry.end,
            before=before,
            outcome=outcome,
        )

    def note_told(self, day: str) -> None:
        """Count a window that something was told of on a day (ISO 8601)."""
        self.told = self.told_during(day) + 1
        self.told_on = day

    def told_during(self, day: str) -> int:
        """Return of how many windows something was told on a day, today's at best."""
        return self.told if day == self.told_on else 0

    def expire(self, horizon: float) -> list[Ended]:
        """Give up what ended before `horizon`, so that the outbox stays bounded.

        What is late is for the provider to say: it may have answered already.
        """
        expired = [entry for entry in self.entries if entry.end < horizon]
        ended = [self.settle(entry, Ending.LATE) for entry in expired]
        return [item for item in ended if item is not None]

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, for a file in JSON."""
        return {
            "mark": self.mark,
            "entries": [
                [entry.start, entry.end, _text(entry.message)] for entry in self.entries
            ],
            "outcome": self.outcome,
            "last_report": self.last_report,
            "known": self.known,
            "previous": self.previous,
            "endings": dict(self.endings),
            "answers": {str(outcome): count for outcome, count in self.answers.items()},
            "told": [self.told_on, self.told],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        told_on, told = data.get("told", ("", 0))
        return cls(
            told_on=told_on,
            told=told,
            mark=data["mark"],
            entries=[
                OutboxEntry(start=start, end=end, message=base64.b64decode(message))
                for start, end, message in data["entries"]
            ],
            outcome=data["outcome"],
            last_report=data["last_report"],
            known=data.get("known", data["outcome"]),
            previous=data.get("previous"),
            endings=Counter(
                {Ending(ending): count for ending, count in data["endings"].items()}
            ),
            answers=Counter(
                {
                    int(outcome): count
                    for outcome, count in data.get("answers", {}).items()
                }
            ),
        )


class NotWrittenError(HomeAssistantError):
    """The disk didn't take a file."""

    def __init__(self) -> None:
        """Say so in the person's language."""
        super().__init__(translation_domain=DOMAIN, translation_key="not_written")


class ReportStorage:
    """The files of one agreement."""

    def __init__(self, hass: HomeAssistant, agreement_id: str) -> None:
        """Name the files by the agreement's id, in hexadecimal."""
        self.agreement_id = agreement_id
        self._hass = hass
        self._agreement, self._outbox, self._checkpoint, self._asked = (
            DurableStore[dict[str, Any]](hass, f"{kind}.{agreement_id}")
            for kind in KINDS
        )
        self._updating = asyncio.Lock()

    async def async_save_agreement(
        self,
        agreement: bytes,
        *,
        consent: Mapping[str, str],
        earlier: str | None = None,
    ) -> None:
        """Write the agreement with what was consented to; raise NotWrittenError.

        `earlier` is the id of the agreement that it renews, whose files stay.
        """
        data = {"agreement": _text(agreement), "consent": dict(consent)}
        if earlier is not None:
            data["earlier"] = earlier
        await self._agreement.async_save_durably(data)

    async def async_replace_agreement(self, agreement: bytes) -> None:
        """Write the agreement with newer seeds; raise NotWrittenError."""
        await self._async_update_agreement(agreement=_text(agreement))

    async def async_save_opening(self, opening: bytes) -> None:
        """Write what the provider opened; raise NotWrittenError."""
        await self._async_update_agreement(opening=_text(opening))

    async def async_mark_read(self) -> None:
        """Note that a person has read what the provider opened; raise NotWrittenError."""
        await self._async_update_agreement(read=True)

    async def async_is_read(self) -> bool:
        """Return whether a person has read what the provider opened."""
        return bool((await self._agreement.async_load() or {}).get("read"))

    async def async_save_renewed(
        self, agreement: bytes, *, consent: Mapping[str, str] | None = None
    ) -> None:
        """Write the agreement that follows on this one; raise NotWrittenError.

        `consent` is what a person consented to for it; without, this one's holds.
        """
        changes: dict[str, Any] = {"renewed": _text(agreement)}
        if consent is not None:
            changes["renewed_consent"] = dict(consent)
        await self._async_update_agreement(**changes)

    async def async_load_renewed(self) -> bytes | None:
        """Return the agreement that follows on this one, or None."""
        data = await self._agreement.async_load() or {}
        return base64.b64decode(data["renewed"]) if "renewed" in data else None

    async def async_load_consent(self) -> dict[str, str]:
        """Return what the person consented to."""
        data = await self._agreement.async_load() or {}
        consent: dict[str, str] = data.get("consent", {})
        return consent

    async def async_load_renewed_consent(self) -> dict[str, str]:
        """Return what the agreement that follows on this one was consented with."""
        data = await self._agreement.async_load() or {}
        consent: dict[str, str] = data.get("renewed_consent", data.get("consent", {}))
        return consent

    async def async_load_earlier(self) -> ReportStorage | None:
        """Return the files of the agreement that this one renews, or None."""
        data = await self._agreement.async_load() or {}
        earlier = data.get("earlier")
        return None if earlier is None else ReportStorage(self._hass, earlier)

    async def async_remove_earlier(self) -> None:
        """Delete the files of the agreement that this one renews, if there are any."""
        if earlier := await self.async_load_earlier():
            await earlier.async_remove()

    async def async_load_opening(self) -> bytes | None:
        """Return what the provider opened, or None as long as it has not."""
        data = await self._agreement.async_load() or {}
        return base64.b64decode(data["opening"]) if "opening" in data else None

    async def _async_update_agreement(self, **changes: Any) -> None:
        async with self._updating:
            stored = await self._agreement.async_load() or {}
            await self._agreement.async_save_durably(stored | changes)

    async def async_load_agreement(self) -> bytes | None:
        """Return the agreement, or None where there is none."""
        data = await self._agreement.async_load()
        return None if data is None else base64.b64decode(data["agreement"])

    async def async_save_outbox(self, outbox: Outbox) -> None:
        """Write the outbox now; raise NotWrittenError."""
        await self._outbox.async_save_durably(outbox.to_dict())

    @callback
    def async_save_outbox_soon(self, outbox: Outbox) -> None:
        """Write the outbox within some seconds."""
        self._outbox.async_delay_save(outbox.to_dict, SETTLED_DELAY)

    async def async_load_outbox(self) -> Outbox | None:
        """Return the outbox, or None where there is none."""
        data = await self._outbox.async_load()
        return None if data is None else Outbox.from_dict(data)

    async def async_save_checkpoint(self, samples: dict[str, Any]) -> None:
        """Write the sums of the window in progress."""
        await self._checkpoint.async_save(samples)

    async def async_load_checkpoint(self) -> dict[str, Any] | None:
        """Return what the last checkpoint wrote, or None."""
        return await self._checkpoint.async_load()

    async def async_save_asked(self, asked: dict[str, Any]) -> None:
        """Write now what was asked on demand; raise NotWrittenError."""
        await self._asked.async_save_durably(asked)

    @callback
    def async_save_asked_soon(self, asked: Callable[[], dict[str, Any]]) -> None:
        """Write what was asked on demand within some seconds."""
        self._asked.async_delay_save(asked, SETTLED_DELAY)

    async def async_load_asked(self) -> dict[str, Any] | None:
        """Return what was asked on demand, or None where nothing was."""
        return await self._asked.async_load()

    async def async_remove(self) -> None:
        """Delete the files, those of the agreement that this one renews too."""
        await self.async_remove_earlier()
        await self.async_remove_own()

    async def async_remove_own(self) -> None:
        """Delete the files of this agreement alone."""
        await self._checkpoint.async_remove()
        await self._asked.async_remove()
        await self._outbox.async_remove()
        await self._agreement.async_remove()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class DurableStore[T: Mapping[str, Any]](Store[T]):
    """A private file, and whether the disk took it.

    A write replaces the file at once, after fsync. The base class logs a write that
    failed and goes on, and puts it off while Home Assistant stops; for a message that
    is about to leave that isn't enough.
    """

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """Name the file; what it holds now isn't read yet."""
        super().__init__(
            hass, VERSION, f"{DOMAIN}.{name}", private=True, atomic_writes=True
        )
        self._written = False

    async def async_save_durably(self, data: T) -> None:
        """Write now; raise NotWrittenError if the disk didn't take it (yet)."""
        self._written = False
        await self.async_save(data)
        if not self._written:
            raise NotWrittenError

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        self._written = False
        await super()._async_write_data(data)
        self._written = True
