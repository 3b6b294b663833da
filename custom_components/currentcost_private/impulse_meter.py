"""The billing meters whose impulses the display passes on: what they show, kept.

The transmitter's count goes on by itself, so a crash loses nothing: what was counted
since the last time that the state was stored is in the next count.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import (
    CONF_IMPULSES_PER_UNIT,
    CONF_SENSOR,
    CONF_START,
    CONF_START_SET,
    DOMAIN,
    SUBENTRY_IMPULSE_METER,
)
from .coordinator import CurrentCostConfigEntry, MeterCoordinator
from .envir import Reading
from .metering import ImpulseCounter

SAVE_DELAY: Final = 30.0


class ImpulseMeter:
    """One billing meter: a subentry, and the counter that follows it."""

    def __init__(self, subentry: ConfigSubentry, counter: ImpulseCounter) -> None:
        """Take what was set up and what was counted so far."""
        self.counter = counter
        self.sensor: int = subentry.data[CONF_SENSOR]
        self.subentry = subentry
        self._listeners: list[Callable[[], None]] = []
        # The subentry itself will have changed when this is stored.
        self._start_set: str = subentry.data[CONF_START_SET]

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when something was counted."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    @callback
    def async_count(self, reading: Reading, now: datetime) -> bool:
        """Count a reading of this meter's; return whether the state has changed."""
        if reading.sensor != self.sensor or reading.impulses is None:
            return False
        if not self.counter.add(
            now.timestamp(), reading.impulses.count, reading.transmitter
        ):
            return False
        for listener in tuple(self._listeners):
            listener()
        return True

    def state(self) -> dict[str, Any]:
        """Return what is to be stored."""
        return {CONF_START_SET: self._start_set, **self.counter.to_dict()}


def impulse_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the file that keeps what an entry's impulse meters have counted."""
    return Store(
        hass, 1, f"{DOMAIN}.impulses.{entry_id}", private=True, atomic_writes=True
    )


async def async_create_impulse_meters(
    hass: HomeAssistant, entry: CurrentCostConfigEntry, meter: MeterCoordinator | None
) -> dict[str, ImpulseMeter]:
    """Recall the entry's impulse meters and let them count what the display hears."""
    subentries = list(entry.get_subentries_of_type(SUBENTRY_IMPULSE_METER))
    if meter is None or not subentries:
        return {}
    store = impulse_store(hass, entry.entry_id)
    stored = await store.async_load() or {}
    meters = {
        subentry.subentry_id: ImpulseMeter(
            subentry, _counter(subentry.data, stored.get(subentry.subentry_id))
        )
        for subentry in subentries
    }

    @callback
    def states() -> dict[str, Any]:
        return {subentry_id: item.state() for subentry_id, item in meters.items()}

    @callback
    def reading_received(reading: Reading, now: datetime) -> None:
        if any(item.async_count(reading, now) for item in meters.values()):
            store.async_delay_save(states, SAVE_DELAY)

    async def async_save() -> None:
        await store.async_save(states())

    meter.async_add_reading_listener(reading_received)
    entry.async_on_unload(async_save)
    return meters


def _counter(data: Mapping[str, Any], stored: Any) -> ImpulseCounter:
    """Return a counter that goes on from the stored state, if there is one."""
    start, per_unit = data[CONF_START], data[CONF_IMPULSES_PER_UNIT]
    try:
        counter = ImpulseCounter.from_dict(stored)
    except ValueError:
        return ImpulseCounter(start=start, per_unit=per_unit)
    typed_since = stored.get(CONF_START_SET) != data[CONF_START_SET]
    return counter.with_settings(
        start=start if typed_since else None, per_unit=per_unit
    )
