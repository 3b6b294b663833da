"""Net power: a sum of power sensors, some of them subtracted, and its two directions."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_interval,
)
from homeassistant.util import dt as dt_util

from .report_source import SAMPLING_INTERVAL, power_of

CONF_ADD: Final = "add"
CONF_KIND: Final = "kind"
CONF_SUBTRACT: Final = "subtract"

KIND_GRID: Final = "grid"
KIND_GENERATION: Final = "generation"
KIND_CONSUMPTION: Final = "consumption"
KINDS: Final = (KIND_GRID, KIND_GENERATION, KIND_CONSUMPTION)

type SampleListener = Callable[[float, float | None], None]
"""Takes UTC seconds and watts, None where a sensor is unavailable."""


class NetPower:
    """Adds and subtracts power sensors, whenever one changes and every 10 s.

    A state is valid until it changes or becomes unavailable: so it is sampled in
    between, and the energy counts it. Without one of the sensors there is no sum.
    """

    def __init__(self, hass: HomeAssistant, subentry: ConfigSubentry) -> None:
        """Take the formula from its subentry."""
        self.subentry = subentry
        self.watts: float | None = None
        self._hass = hass
        self._added: list[str] = subentry.data[CONF_ADD]
        self._subtracted: list[str] = subentry.data[CONF_SUBTRACT]
        self._listeners: list[SampleListener] = []
        self._stops: list[CALLBACK_TYPE] = []

    @callback
    def async_add_listener(self, listener: SampleListener) -> CALLBACK_TYPE:
        """Call the listener with each sample; follow the sensors while there is one."""
        if not self._listeners:
            self._async_follow()
        self._listeners.append(listener)
        return partial(self._async_remove_listener, listener)

    @callback
    def _async_remove_listener(self, listener: SampleListener) -> None:
        self._listeners.remove(listener)
        if not self._listeners:
            while self._stops:
                self._stops.pop()()

    @callback
    def _async_follow(self) -> None:
        sources = [*self._added, *self._subtracted]
        self._stops = [
            async_track_state_change_event(self._hass, sources, self._async_changed),
            async_track_time_interval(
                self._hass, self._async_sample, SAMPLING_INTERVAL
            ),
        ]
        self.watts = self._sum()

    @callback
    def _async_changed(self, _event: Event[EventStateChangedData]) -> None:
        self._async_sample(dt_util.utcnow())

    @callback
    def _async_sample(self, now: datetime) -> None:
        self.watts = self._sum()
        for listener in tuple(self._listeners):
            listener(now.timestamp(), self.watts)

    @callback
    def _sum(self) -> float | None:
        """Return the sum (W), None without one of its sensors."""
        added = self._powers(self._added)
        subtracted = self._powers(self._subtracted)
        if added is None or subtracted is None:
            return None
        return sum(added) - sum(subtracted)

    @callback
    def _powers(self, entity_ids: Iterable[str]) -> list[float] | None:
        powers = [power_of(self._hass.states.get(entity)) for entity in entity_ids]
        known = [power for power in powers if power is not None]
        return known if len(known) == len(powers) else None
