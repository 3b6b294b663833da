"""Where a report's samples come from: the meter's total, or any power sensor."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_interval,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from .coordinator import MeterCoordinator

WHOLE_HOUSE: Final = 0
SAMPLING_INTERVAL: Final = timedelta(seconds=10)

type AddSample = Callable[[float, float], None]
"""Takes a sample: UTC seconds and watts."""


@callback
def async_follow_meter(meter: MeterCoordinator, add: AddSample) -> CALLBACK_TYPE:
    """Take every confirmed sample of the whole house."""

    @callback
    def sample_confirmed(sensor: int, time: float, watts: float) -> None:
        if sensor == WHOLE_HOUSE:
            add(time, watts)

    return meter.async_add_sample_listener(sample_confirmed)


@callback
def async_follow_entity(
    hass: HomeAssistant, entity_id: str, add: AddSample
) -> CALLBACK_TYPE:
    """Take a sensor's state as a sample, when it changes and every 10 s.

    In Home Assistant a state is valid until it changes or becomes unavailable, and
    many sensors are silent while their value stays: so it is sampled in between.
    """

    @callback
    def sample(state: State | None) -> None:
        if (watts := power_of(state)) is not None:
            add(dt_util.utcnow().timestamp(), watts)

    @callback
    def state_changed(event: Event[EventStateChangedData]) -> None:
        sample(event.data["new_state"])

    @callback
    def time_passed(_now: datetime) -> None:
        sample(hass.states.get(entity_id))

    sample(hass.states.get(entity_id))
    stop_changes = async_track_state_change_event(hass, entity_id, state_changed)
    stop_sampling = async_track_time_interval(hass, time_passed, SAMPLING_INTERVAL)

    @callback
    def unsubscribe() -> None:
        stop_changes()
        stop_sampling()

    return unsubscribe


def power_of(state: State | None) -> float | None:
    """Return a power sensor's state in W, or None where it says no power."""
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit not in PowerConverter.VALID_UNITS:
        return None
    try:
        value = float(state.state)
    except ValueError:
        return None
    watts = PowerConverter.convert(value, unit, UnitOfPower.WATT)
    return watts if abs(watts) < float("inf") else None
