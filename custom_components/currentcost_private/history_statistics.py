"""Hours of the past among the recorder's statistics of an energy entity.

The recorder's own interface does all the writing: hours are imported, which replaces
what stands there, and later sums are adjusted. Imported only where there is a recorder.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    get_last_short_term_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from .const import DOMAIN
from .metering import HOUR, Joint, Plan, SumRecord

UNIT: Final = UnitOfEnergy.KILO_WATT_HOUR
LEAST: Final = 1e-6

# Seconds that a recorder may take for sixty thousand hours on a slow disk.
PATIENCE: Final = 900.0
BEGINNING: Final = dt_util.utc_from_timestamp(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the recorder has of an entity."""

    metadata: StatisticMetaData
    records: Sequence[SumRecord]
    """By the hour, oldest first."""
    following: SumRecord
    """The first of five minutes in the hour that isn't over."""

    @property
    def until(self) -> int:
        """The hour that isn't over, in hours since 1970."""
        return int(self.following.start // HOUR)


async def async_read(
    hass: HomeAssistant, entity_id: str, *, since: float | None = None
) -> Recorded | None:
    """Return what the recorder has, from a UTC time on.

    None as long as it has nothing, or something else than energy: the sums of hours
    before its own could not be joined to it.
    """
    return await get_instance(hass).async_add_executor_job(
        _read, hass, entity_id, BEGINNING if since is None else _time(since)
    )


async def async_write(
    hass: HomeAssistant, entity_id: str, metadata: StatisticMetaData, plan: Plan
) -> None:
    """Write the hours, and raise the sums after them."""
    convert = EnergyConverter.converter_factory(UNIT, metadata["unit_of_measurement"])
    rows: list[StatisticData] = []
    for row in plan.rows:
        data: StatisticData = {"start": _time(row.start), "sum": convert(row.sum)}
        if row.state is not None:
            data["state"] = convert(row.state)
        rows.append(data)
    async_import_statistics(hass, metadata, rows)
    await _async_done(hass)
    await async_settle(hass, entity_id, plan.joints)


async def async_settle(
    hass: HomeAssistant, entity_id: str, joints: Sequence[Joint]
) -> None:
    """Raise the sums from each joint on to what they have to be; twice does no harm."""
    recorder = get_instance(hass)
    for joint in joints:
        found = await recorder.async_add_executor_job(_change, hass, entity_id, joint)
        if found is None or abs(missing := joint.change - found) <= LEAST:
            continue
        recorder.async_adjust_statistics(entity_id, _time(joint.start), missing, UNIT)
        await _async_done(hass)


async def _async_done(hass: HomeAssistant) -> None:
    """Wait until the recorder has done what was asked of it so far.

    Its own `async_block_till_done` doesn't wait for a task that has just begun.
    """
    done = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(done))
    try:
        async with asyncio.timeout(PATIENCE):
            await done
    except TimeoutError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="recorder_busy"
        ) from err


def _read(hass: HomeAssistant, entity_id: str, since: datetime) -> Recorded | None:
    found = get_metadata(hass, statistic_ids={entity_id}).get(entity_id)
    if found is None or found[1]["unit_class"] != EnergyConverter.UNIT_CLASS:
        return None
    newest = get_last_short_term_statistics(
        hass, 1, entity_id, convert_units=False, types={"sum"}
    )
    if not newest:
        return None
    hour = newest[entity_id][0]["start"] // HOUR * HOUR
    read = partial(_records, hass, entity_id)
    return Recorded(
        metadata=found[1],
        records=read(since, _time(hour), "hour"),
        following=read(_time(hour), None, "5minute")[0],
    )


def _change(hass: HomeAssistant, entity_id: str, joint: Joint) -> float | None:
    """Return how much a joint's sum is above that of the hour before it."""
    read = partial(_records, hass, entity_id)
    start, hour = joint.start, joint.start // HOUR * HOUR
    period = "5minute" if joint.is_short else "hour"
    at = read(_time(start), _time(start + HOUR), period)
    if not at or at[0].start != start:
        return None
    before = read(_time(hour - HOUR), _time(hour), "hour") or read(
        BEGINNING, _time(hour), "hour"
    )
    return at[0].sum - (before[-1].sum if before else 0.0)


def _records(
    hass: HomeAssistant,
    entity_id: str,
    start: datetime,
    end: datetime | None,
    period: str,
) -> list[SumRecord]:
    rows = statistics_during_period(
        hass,
        start,
        end,
        {entity_id},
        period,  # type: ignore[arg-type]  # one of its literals
        {EnergyConverter.UNIT_CLASS: UNIT},
        {"state", "sum"},
    )
    return [
        SumRecord(row["start"], total, row.get("state"))
        for row in rows.get(entity_id, ())
        if (total := row.get("sum")) is not None
    ]


def _time(timestamp: float) -> datetime:
    return dt_util.utc_from_timestamp(timestamp)
