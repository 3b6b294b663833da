"""Imports what a display remembers into the statistics of an energy entity.

Some thousand hours at a time, each time whole: so the recorder can do other work in
between, and a crash leaves at most one set of sums to be raised, which is written down
before.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant

from .const import LOGGER
from .entity import async_transmitter_entity_id
from .history_ledger import Ledger
from .metering import HOUR, Grain, Hour, Line, Piece, changes, fill, plan

if TYPE_CHECKING:
    from .history_statistics import Recorded

HOURS_AT_ONCE: Final = 3000

# Hours before the one that is running which are looked at again when all was heard.
AGAIN: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of one sensor's history."""

    entity_id: str | None
    hours: Mapping[int, Hour]
    """Those that were written, by hours since 1970."""
    line: Line
    problem: str | None = None
    """Why nothing could be imported now."""


class HistoryImporter:
    """Writes into the statistics of one entry's entities."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        *,
        ledger: Ledger,
        save: Callable[[], Awaitable[None]],
    ) -> None:
        """Take the ledger, and what writes it to the disk."""
        self._entry_id = entry_id
        self._hass = hass
        self._ledger = ledger
        self._save = save
        self._seen: dict[int, float] = {}

    async def async_import(
        self, sensor: int, line: Line, *, complete: bool, full: bool
    ) -> Imported:
        """Import what is missing of one sensor.

        Args:
            sensor: its number.
            line: what the display remembers of it.
            complete: whether that is all.
            full: whether to look at all of it again, or only at what is new.

        Raises:
            HomeAssistantError: the recorder is busy; what was begun is finished later.
        """
        from . import history_statistics as statistics  # noqa: PLC0415  # needs a recorder

        entity_id = async_transmitter_entity_id(
            self._hass, self._entry_id, sensor, "energy"
        )
        if entity_id is None:
            return Imported(entity_id=None, hours={}, line=line, problem="no_entity")
        if joints := self._ledger.joints.get(sensor):
            await statistics.async_settle(self._hass, entity_id, joints)
            await self._async_settled(sensor)
        since = None if full else self._seen.get(sensor)
        recorded = await statistics.async_read(self._hass, entity_id, since=since)
        if since is not None and recorded is not None and not recorded.records:
            # Somebody has deleted what was there.
            since = None
            recorded = await statistics.async_read(self._hass, entity_id)
        if recorded is None:
            return Imported(
                entity_id=entity_id, hours={}, line=line, problem="not_recorded"
            )
        hours = await self._hass.async_add_executor_job(
            _missing, line.pieces, recorded, self._ledger.imported(sensor), since
        )
        for numbers in batched(sorted(hours), HOURS_AT_ONCE, strict=False):
            chunk = {number: hours[number] for number in numbers}
            # What is recorded has moved on: its sums were raised by the last chunk.
            now = await statistics.async_read(self._hass, entity_id, since=since)
            if now is None:
                break
            todo = plan(now.records, chunk, following=now.following)
            self._ledger.note(sensor, chunk, known=changes(now.records))
            self._ledger.joints[sensor] = list(todo.joints)
            await self._save()
            await statistics.async_write(self._hass, entity_id, now.metadata, todo)
            await self._async_settled(sensor)
        if hours:
            LOGGER.info(
                "Imported %d hours from the meter's memory into %s",
                len(hours),
                entity_id,
            )
        if complete:
            self._seen[sensor] = (recorded.until - AGAIN) * HOUR
        return Imported(entity_id=entity_id, hours=hours, line=line)

    async def _async_settled(self, sensor: int) -> None:
        del self._ledger.joints[sensor]
        await self._save()


def _missing(
    pieces: Sequence[Piece],
    recorded: Recorded,
    imported: Mapping[int, Grain],
    since: float | None,
) -> dict[int, Hour]:
    """Return the hours that are to be written."""
    if since is not None and recorded.records:
        # The first record's own energy isn't known.
        first = recorded.records[0].start + HOUR
        pieces = [piece for piece in pieces if piece.start >= first]
    return fill(
        pieces,
        recorded=changes(recorded.records),
        imported=imported,
        until=recorded.until,
    )
