"""The meter's coordinator: it owns the serial port and what is known of the meter.

One task opens the port, reads it and publishes each reading; when the port fails, it
tries again, so that setting up an entry never waits for a meter. Each message is judged
by the stream before it is believed. Entities show a reading as it comes; energy and
reports take it when the next one confirms it (see `metering.Confirmation`). The energy
of each transmitter is integrated here and stored every 30 s. Only stored energy is published:
after a crash the total goes on from the value that was last shown, never from below it.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypedDict, override

from homeassistant.components.usb import (
    USBDevice,
    async_register_port_event_callback,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import CONF_BAUDRATE, DOMAIN, LOGGER
from .envir import (
    Damaged,
    History,
    Judge,
    Message,
    Outcome,
    Reading,
    StepFilter,
    StreamParser,
)
from .metering import Confirmation, EnergyIntegrator
from .port import PORT_ERRORS, async_open_port, async_read, redact_address
from .port_watch import PortWatch
from .storage import DurableStore, NotWrittenError

if TYPE_CHECKING:
    from .history_keeper import HistoryKeeper
    from .impulse_meter import ImpulseMeter
    from .reporter import Reporter

CHECKPOINT_INTERVAL: Final = timedelta(seconds=30)
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0

# A transmitter that is out of reach just stops: its last value is never repeated. A
# port that hangs looks the same, and opening it again cures it.
SILENCE: Final = 60.0

# Two messages of a transmitter may be lost before its latest one counts as the last.
CONFIRMATION_TIMEOUT: Final = 15.0

type CurrentCostConfigEntry = ConfigEntry[CurrentCostData]
type HistoryListener = Callable[[History, datetime], None]
type ReadingListener = Callable[[Reading, datetime], None]
type SampleListener = Callable[[int, float, float], None]
"""Takes a sensor number, UTC seconds and watts."""


@dataclass(kw_only=True)
class CurrentCostData:
    """What a loaded config entry runs."""

    meter: MeterCoordinator | None
    reporters: dict[str, Reporter]
    """By the ids of their subentries."""

    history: HistoryKeeper | None = None
    impulse_meters: dict[str, ImpulseMeter] = field(default_factory=dict)
    """By the ids of their subentries."""

    @property
    def hub_id(self) -> str | None:
        """The display's device id."""
        return None if self.meter is None else self.meter.hub_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmitter:
    """What is known of the transmitter behind one sensor number."""

    channels: frozenset[int] = frozenset()
    """Every channel that it has ever sent; none for one that counts impulses."""

    energy: float = 0.0
    """Wh, as stored."""

    reading: Reading | None = None
    """The latest one to be shown, or None while the transmitter is silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterData:
    """What is known of the meter."""

    transmitters: Mapping[int, Transmitter] = field(default_factory=dict)
    """By sensor number; 0 is the whole house."""

    latest: Reading | None = None
    """The latest reading of any transmitter, or None while all are silent."""


class _StoredTransmitter(TypedDict):
    channels: list[int]
    energy: float


type MeterStore = DurableStore[dict[str, _StoredTransmitter]]


def meter_store(hass: HomeAssistant, entry_id: str) -> MeterStore:
    """Return the file that keeps an entry's transmitters and their energy."""
    return DurableStore(hass, f"meter.{entry_id}")


class MeterCoordinator(DataUpdateCoordinator[MeterData]):
    """Listen to one display for as long as the entry is loaded."""

    config_entry: CurrentCostConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: CurrentCostConfigEntry, *, hub_id: str
    ) -> None:
        """Take the display's device id, under which the transmitters stand."""
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title)
        self.data = MeterData()
        self.hub_id = hub_id
        self.parser = StreamParser()
        self.outcomes: Counter[Outcome] = Counter()
        self._address = redact_address(entry.data[CONF_DEVICE])
        self._confirmations: defaultdict[int, Confirmation] = defaultdict(Confirmation)
        self._integrators: dict[int, EnergyIntegrator] = {}
        self._history_listeners: list[HistoryListener] = []
        self._judge = Judge()
        self._listening: asyncio.Task[None] | None = None
        self._reading_listeners: list[ReadingListener] = []
        self._retry = FIRST_RETRY
        self._sample_listeners: list[SampleListener] = []
        self._silence_timers: dict[int, CALLBACK_TYPE] = {}
        self._store = meter_store(hass, entry.entry_id)
        self._plugged = asyncio.Event()
        self._watch = PortWatch(hass, entry)
        self._step_filters: defaultdict[int, StepFilter] = defaultdict(StepFilter)
        self._stored: dict[str, _StoredTransmitter] = {}

    async def async_load(self) -> None:
        """Recall the transmitters of earlier runs, silent until they are heard."""
        self._stored = await self._store.async_load() or {}
        transmitters = {
            int(sensor): Transmitter(
                channels=frozenset(stored["channels"]), energy=stored["energy"]
            )
            for sensor, stored in self._stored.items()
        }
        self._integrators = {
            sensor: EnergyIntegrator(transmitter.energy)
            for sensor, transmitter in transmitters.items()
        }
        self.data = MeterData(transmitters=transmitters)

    @callback
    def async_start(self) -> None:
        """Start to listen and to store."""
        self._listening = self.config_entry.async_create_background_task(
            self.hass, self._async_listen(), f"{DOMAIN} port {self._address}"
        )
        self.config_entry.async_on_unload(self._watch.async_heard)
        self.config_entry.async_on_unload(
            async_register_port_event_callback(self.hass, self._async_ports_changed)
        )
        self.config_entry.async_on_unload(
            async_track_time_interval(
                self.hass, self._async_checkpoint, CHECKPOINT_INTERVAL
            )
        )

    @override
    async def async_shutdown(self) -> None:
        """Free the port and store the energy."""
        await super().async_shutdown()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
            self._listening = None
        while self._silence_timers:
            self._silence_timers.popitem()[1]()
        await self._async_checkpoint()

    @callback
    def async_add_reading_listener(self, listener: ReadingListener) -> CALLBACK_TYPE:
        """Call the listener with each reading and the UTC time of its arrival.

        At once: its power isn't confirmed yet.
        """
        self._reading_listeners.append(listener)
        return partial(self._reading_listeners.remove, listener)

    @callback
    def async_add_history_listener(self, listener: HistoryListener) -> CALLBACK_TYPE:
        """Call the listener with each part of a history and its UTC time."""
        self._history_listeners.append(listener)
        return partial(self._history_listeners.remove, listener)

    @callback
    def async_add_sample_listener(self, listener: SampleListener) -> CALLBACK_TYPE:
        """Call the listener with each confirmed sample of power, one message later."""
        self._sample_listeners.append(listener)
        return partial(self._sample_listeners.remove, listener)

    def confirmed_until(self, sensor: int, now: float) -> float:
        """Return up to what time (UTC s) no sample of a transmitter can come any more.

        That is the time of the latest one, until that is taken for the last; or now.
        """
        pending = self._confirmations[sensor].pending
        if pending is None or now - pending >= CONFIRMATION_TIMEOUT:
            return now
        return min(now, pending)

    @callback
    def _async_ports_changed(
        self, added: set[USBDevice], _removed: set[USBDevice]
    ) -> None:
        """Try again at once when something was plugged in."""
        if added:
            self._plugged.set()

    @callback
    def async_forget(self, sensor: int) -> None:
        """Forget a silent transmitter and its energy."""
        self._integrators.pop(sensor, None)
        self._async_publish(
            {
                number: transmitter
                for number, transmitter in self.data.transmitters.items()
                if number != sensor
            }
        )

    async def _async_listen(self) -> None:
        """Keep the port open: on any failure wait, longer each time, and try again."""
        while True:
            try:
                await self._async_read_port()
            except PORT_ERRORS as err:
                self._async_lost(err)
                await self._watch.async_failed(err)
            self._plugged.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._retry):
                    await self._plugged.wait()
            self._retry = min(2 * self._retry, LAST_RETRY)

    async def _async_read_port(self) -> None:
        """Open the port and publish what it sends, until that raises."""
        data = self.config_entry.data
        await self._watch.async_check()
        port = await async_open_port(data[CONF_DEVICE], data[CONF_BAUDRATE])
        try:
            async with asyncio.timeout(SILENCE) as deadline:
                while True:
                    for item in self.parser.feed(await async_read(port)):
                        if isinstance(item, Damaged):
                            self.outcomes[Outcome.DROPPED] += 1
                            continue
                        deadline.reschedule(self.hass.loop.time() + SILENCE)
                        self._async_judge(item)
        finally:
            self.parser.flush()
            await port.close()

    @callback
    def _async_lost(self, err: Exception) -> None:
        """Make everything unavailable, and say so once."""
        self.last_exception = err
        if not self.last_update_success:
            return
        self.last_update_success = False
        LOGGER.info(
            "Nothing comes from the meter at %s (%s); trying again until it does",
            self._address,
            getattr(err, "strerror", None) or type(err).__name__,
        )
        self.async_update_listeners()

    @callback
    def _async_judge(self, message: Message) -> None:
        """Take in a message, unless it can't be true."""
        verdict = self._judge.judge(message, dt_util.utcnow().timestamp())
        self.outcomes[verdict.outcome] += 1
        believed = [*verdict.released, verdict.message]
        if verdict.outcome is Outcome.DROPPED:
            LOGGER.debug("A message was dropped: %s", sorted(verdict.doubts))
            believed.pop()
        now = dt_util.utcnow()
        for item in believed:
            if isinstance(item, Reading):
                self._async_received(item)
                continue
            for listener in tuple(self._history_listeners):
                listener(item, now)

    @callback
    def _async_received(self, reading: Reading) -> None:
        """Take in one reading and pass it on."""
        now = dt_util.utcnow()
        self._retry = FIRST_RETRY
        self._watch.async_heard()
        if not self.last_update_success:
            LOGGER.info("The meter at %s is heard again", self._address)

        sensor = reading.sensor
        if cancel := self._silence_timers.pop(sensor, None):
            cancel()
        self._silence_timers[sensor] = async_call_later(
            self.hass, SILENCE, partial(self._async_silent, sensor)
        )
        if reading.total is not None:
            self._async_confirm(sensor, now.timestamp(), reading.total)
        known = self.data.transmitters.get(sensor, Transmitter())
        shows = self._step_filters[sensor].shows(now.timestamp(), reading.channels)
        heard = replace(
            known,
            channels=known.channels | reading.channels.keys(),
            reading=reading if shows else known.reading,
        )
        self.async_set_updated_data(
            MeterData(
                transmitters={**self.data.transmitters, sensor: heard}, latest=reading
            )
        )
        for listener in tuple(self._reading_listeners):
            listener(reading, now)

    @callback
    def _async_confirm(self, sensor: int, time: float, watts: int) -> None:
        """Count the sample before this one, which confirms it, and pass it on."""
        confirmed = self._confirmations[sensor].add(time, watts)
        if confirmed is None:
            return
        integrator = self._integrators.setdefault(sensor, EnergyIntegrator())
        integrator.add(*confirmed)
        integrator.advance(time)
        for listener in tuple(self._sample_listeners):
            listener(sensor, *confirmed)

    @callback
    def _async_silent(self, sensor: int, _now: datetime) -> None:
        """Make one transmitter unavailable, and the display with the last of them."""
        del self._silence_timers[sensor]
        transmitters = dict(self.data.transmitters)
        transmitters[sensor] = replace(transmitters[sensor], reading=None)
        self._async_publish(transmitters)

    async def _async_checkpoint(self, _now: datetime | None = None) -> None:
        """Store the energy, then publish what was stored."""
        energies = {
            sensor: integrator.energy
            for sensor, integrator in self._integrators.items()
        }
        content = {
            str(sensor): _StoredTransmitter(
                channels=sorted(transmitter.channels), energy=energies.get(sensor, 0.0)
            )
            for sensor, transmitter in self.data.transmitters.items()
        }
        if content == self._stored:
            return
        try:
            await self._store.async_save_durably(content)
        except NotWrittenError:
            # Tried again at the next checkpoint, and not shown before.
            return
        self._stored = content
        self._async_publish(
            {
                sensor: replace(
                    transmitter, energy=energies.get(sensor, transmitter.energy)
                )
                for sensor, transmitter in self.data.transmitters.items()
            }
        )

    @callback
    def _async_publish(self, transmitters: Mapping[int, Transmitter]) -> None:
        """Publish a change that no reading brought, so the meter may still be lost."""
        heard = any(item.reading for item in transmitters.values())
        self.data = MeterData(
            transmitters=transmitters, latest=self.data.latest if heard else None
        )
        self.async_update_listeners()
