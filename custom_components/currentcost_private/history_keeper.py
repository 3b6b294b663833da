"""What a display was heard to remember, kept and imported.

A display can't be asked. It tells its memory every two hours in the course of twenty
minutes, and all at once when two of its buttons are held. What was heard is kept in a
private file; when it is whole, the hours that Home Assistant has no record of are
imported, which fills the months before it was installed, and the time when it was off.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .envir import History, Reading
from .history_importer import HistoryImporter, Imported
from .history_ledger import Ledger
from .metering import Entry, Grain, Memory, MeterClock, line_of

if TYPE_CHECKING:
    from .coordinator import CurrentCostConfigEntry, MeterCoordinator

ISSUE: Final = "clock_off"

# A cycle's parts are 10 s apart, a dump's half a second.
QUIET: Final = 60.0
SAVE_DELAY: Final = 60.0

# Summer time begins and ends with no message's help.
CHECK_INTERVAL: Final = timedelta(minutes=10)

# Parts that are heard before the clock is known: a forced dump in full.
MOST_WAITING: Final = 20

CLASSIC: Final = "CC02"


def history_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the file that keeps what was heard."""
    return Store(
        hass, 1, f"{DOMAIN}.history.{entry_id}", private=True, atomic_writes=True
    )


class HistoryKeeper:
    """Hears one display's memory for as long as its entry is loaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: CurrentCostConfigEntry,
        meter: MeterCoordinator,
    ) -> None:
        """Take the coordinator that hears the display."""
        self.clock = MeterClock(dt_util.get_default_time_zone())
        self.memory = Memory()
        self._entry = entry
        self._hass = hass
        self._importing = asyncio.Lock()
        self._issue_id = f"{ISSUE}_{entry.entry_id}"
        self._ledger = Ledger()
        self._meter = meter
        self._quiet: CALLBACK_TYPE | None = None
        self._is_saved = True
        self._store = history_store(hass, entry.entry_id)
        self._wanted = False
        self._waiting: list[tuple[History, float]] = []

    async def async_load(self) -> None:
        """Recall what earlier runs heard."""
        if (stored := await self._store.async_load()) is not None:
            self.memory = Memory.from_dict(stored["memory"])
            self.clock = MeterClock.from_list(self.clock.zone, stored["clock"])
            self._ledger = Ledger.from_dict(stored["ledger"])
        self._importer = HistoryImporter(
            self._hass, self._entry.entry_id, ledger=self._ledger, save=self._async_save
        )

    @callback
    def async_start(self) -> None:
        """Listen until the entry is unloaded."""
        # What a crash has interrupted is finished first of all.
        self._wanted = bool(self._ledger.joints)
        for unsubscribe in (
            self._meter.async_add_reading_listener(self._async_heard_reading),
            self._meter.async_add_history_listener(self._async_heard_history),
            self._hass.bus.async_listen(
                EVENT_RECORDER_5MIN_STATISTICS_GENERATED, self._async_recorded
            ),
            async_track_time_interval(
                self._hass, self._async_check_clock, CHECK_INTERVAL
            ),
            self._async_stop,
            self._async_flush,
            partial(ir.async_delete_issue, self._hass, DOMAIN, self._issue_id),
        ):
            self._entry.async_on_unload(unsubscribe)
        self._async_check_clock(dt_util.utcnow())

    @property
    def sensors(self) -> Sequence[int]:
        """The sensors that have an energy entity."""
        return sorted(
            sensor
            for sensor, transmitter in self._meter.data.transmitters.items()
            if transmitter.channels
        )

    async def async_import(
        self, sensors: Sequence[int], *, full: bool = True
    ) -> dict[int, Imported]:
        """Import what is missing, of these sensors.

        With `full` all of it is looked at again; otherwise what was heard since the
        last time.
        """
        async with self._importing:
            return {
                sensor: await self._importer.async_import(
                    sensor,
                    line_of(self.memory, sensor),
                    complete=self.memory.is_complete(sensor),
                    full=full,
                )
                for sensor in sensors
            }

    @property
    def is_recording(self) -> bool:
        """Whether Home Assistant has a recorder."""
        return "recorder" in self._hass.config.components

    @callback
    def _async_heard_reading(self, reading: Reading, now: datetime) -> None:
        self._async_heard_clock(reading, now)

    @callback
    def _async_heard_clock(self, message: Reading | History, now: datetime) -> None:
        if self.clock.hear(now.timestamp(), message.days, message.time):
            self._async_check_clock(now)
            self._async_save_soon()
            waiting, self._waiting = self._waiting, []
            for part, heard in waiting:
                self._take(part, heard)

    @callback
    def _async_heard_history(self, part: History, now: datetime) -> None:
        """Take one part, and import when no more of them come."""
        if part.model == CLASSIC:
            return
        self._async_heard_clock(part, now)
        if self.clock.is_known:
            self._take(part, now.timestamp())
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append((part, now.timestamp()))
        self._async_save_soon()
        self._async_stop()
        self._quiet = async_call_later(self._hass, QUIET, self._async_over)

    def _take(self, part: History, heard: float) -> None:
        """Place a part; one whose time doesn't fit tells nothing."""
        if not (self.clock.is_trusted(heard) and self.clock.shows(heard, part.time)):
            return
        self.memory.take(
            [
                Entry(item.sensor, Grain(item.store), item.index, float(item.energy))
                for item in part.entries
            ],
            heard=heard,
            days=part.days_since_wipe,
            clock=self.clock,
        )

    async def _async_over(self, _now: datetime) -> None:
        self._quiet = None
        self._wanted = True
        await self._async_import_wanted()

    async def _async_recorded(self, _event: Event) -> None:
        """Try what had to wait for the recorder."""
        await self._async_import_wanted()

    async def _async_import_wanted(self) -> None:
        if not self._wanted or not self.is_recording or self._importing.locked():
            return
        complete = [
            sensor
            for sensor in self.sensors
            if self.memory.is_complete(sensor) or sensor in self._ledger.joints
        ]
        try:
            imported = await self.async_import(complete, full=False)
        except HomeAssistantError as err:
            LOGGER.warning("The meter's history is imported later: %s", err)
            return
        # As long as something is missing, it is tried again every five minutes.
        self._wanted = not imported or any(item.problem for item in imported.values())

    @callback
    def _async_check_clock(self, now: datetime) -> None:
        """Tell a person who has to set the display's clock, for as long as it is so."""
        if not self.clock.is_known:
            return
        if self.clock.is_trusted(now.timestamp()):
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)
            return
        minutes = round(abs(self.clock.deviation(now.timestamp())) / 60)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={
                "meter": self._entry.title,
                "hours": str(minutes // 60),
                "minutes": str(minutes % 60),
            },
        )

    @callback
    def _async_stop(self) -> None:
        if self._quiet is not None:
            self._quiet()
            self._quiet = None

    @callback
    def _async_save_soon(self) -> None:
        self._is_saved = False
        self._store.async_delay_save(self._content, SAVE_DELAY)

    async def _async_flush(self) -> None:
        """Write what waits: whoever comes next reads the file."""
        if not self._is_saved:
            await self._async_save()

    async def _async_save(self) -> None:
        self._is_saved = True
        await self._store.async_save(self._content())

    def _content(self) -> dict[str, Any]:
        return {
            "clock": self.clock.to_list(),
            "ledger": self._ledger.to_dict(),
            "memory": self.memory.to_dict(),
        }
