"""A power sensor's past as the recorder holds it, as finely as it does.

Imported only where there is a recorder, and only in its threads: numpy is large.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from homeassistant.components.recorder import history
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from .study import Series, completed, finest, of_changes, of_means, wall_clock

DAYS: Final = 31
STEP: Final = 60
_DAY: Final = timedelta(days=1)
_PERIODS: Final[dict[Literal["5minute", "hour"], int]] = {"5minute": 300, "hour": 3600}


def read(
    hass: HomeAssistant, entity_id: str, *, states: bool = True
) -> tuple[Series, Series]:
    """Return the last days as finely as they are known, and the hours of a month.

    Args:
        hass: Home Assistant.
        entity_id: a power sensor.
        states: whether to look at the states too, which takes longer.

    Raises:
        ValueError: too little is known.
    """
    now = dt_util.now()
    since = dt_util.start_of_local_day(now - DAYS * _DAY)
    first, last = (int(wall(time.timestamp())) for time in (since, now))

    def means(period: Literal["5minute", "hour"]) -> Series:
        step = _PERIODS[period]
        rows = statistics_during_period(
            hass,
            since,
            None,
            {entity_id},
            period,
            {PowerConverter.UNIT_CLASS: UnitOfPower.WATT},
            {"mean"},
        ).get(entity_id, [])
        times = np.array([row["start"] for row in rows], dtype=np.float64)
        watts = np.array([row.get("mean") for row in rows], dtype=np.float64)
        return of_means(
            wall_clock(times, _offset),
            watts,
            step=step,
            since=first,
            until=-(-last // step) * step,
        )

    hours = means("hour")
    candidates = [means("5minute"), hours]
    if states:
        candidates.insert(
            0,
            of_changes(
                *_changes(hass, entity_id, since, now),
                step=STEP,
                since=first,
                until=last // STEP * STEP,
            ),
        )
    fine = finest(candidates)
    return fine, completed(hours, fine)


def wall(timestamp: float) -> float:
    """Return a time (UTC s) as the wall clock's."""
    return timestamp + _offset(timestamp)


def _offset(timestamp: float) -> float:
    local = dt_util.as_local(dt_util.utc_from_timestamp(timestamp))
    return (local.utcoffset() or timedelta()).total_seconds()


def _changes(
    hass: HomeAssistant, entity_id: str, since: datetime, now: datetime
) -> tuple[np.ndarray, np.ndarray]:
    """Return when the state changed, by the wall clock, and to how many watts.

    A day at a time, or some hundred thousand states would be in memory at once.
    """
    converter = _converter(hass, entity_id)
    times: list[float] = []
    watts: list[float] = []
    start = since
    while start < now:
        found = history.state_changes_during_period(
            hass,
            start,
            min(start + _DAY, now),
            entity_id,
            no_attributes=True,
            include_start_time_state=start == since,
        )
        for state in found.get(entity_id, ()):
            times.append(state.last_updated_timestamp)
            watts.append(_number(state.state))
        start += _DAY
    return wall_clock(np.array(times), _offset), np.array(
        [converter(value) for value in watts], dtype=np.float64
    )


def _converter(hass: HomeAssistant, entity_id: str) -> Callable[[float], float]:
    """Return what makes watts of the sensor's unit."""
    state = hass.states.get(entity_id)
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
    if unit not in PowerConverter.VALID_UNITS:
        unit = UnitOfPower.WATT
    return PowerConverter.converter_factory(unit, UnitOfPower.WATT)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
