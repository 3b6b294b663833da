"""A past that a recorder is given: a simulated home's power."""

from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.currentcost_private.study import Series
from custom_components.currentcost_private.study.simulated import simulate
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import (
    States,
    Statistics,
    StatisticsShortTerm,
)
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.models.statistics import StatisticMetaData
from homeassistant.components.recorder.tasks import ImportStatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util

DAY = 86_400


async def async_remember(
    hass: HomeAssistant,
    entity_id: str,
    *,
    days_of_hours: int = 0,
    days_of_five_minutes: int = 0,
    days_of_states: int = 0,
    unit: str = "W",
) -> None:
    """Have the recorder hold so many days up to now; Home Assistant's zone is UTC."""
    recorder = get_instance(hass)
    end = int(dt_util.utcnow().timestamp()) // 3600 * 3600
    # The wall clock of the model is the home's.
    midnight = end // DAY * DAY + DAY
    series = simulate(3, days=35, start=midnight - 35 * DAY).series.between(0, end)
    for step, days, table in (
        (3600, days_of_hours, Statistics),
        (300, days_of_five_minutes, StatisticsShortTerm),
    ):
        if days:
            known = series.between(end - days * DAY, end).coarser(step)
            recorder.queue_task(_means(entity_id, known, table))
    await async_wait_recording_done(hass)
    if days_of_states:
        rows = series.between(end - days_of_states * DAY, end)
        await recorder.async_add_executor_job(
            _write, hass, recorder, entity_id, rows, 1000 if unit == "kW" else 1
        )


def _means(
    entity_id: str, series: Series, table: type[Statistics | StatisticsShortTerm]
) -> ImportStatisticsTask:
    metadata = StatisticMetaData(
        has_sum=False,
        mean_type=StatisticMeanType.ARITHMETIC,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class="power",
        unit_of_measurement="W",
    )
    rows = [
        StatisticData(start=dt_util.utc_from_timestamp(int(time)), mean=float(watts))
        for time, watts in zip(series.times, series.watts, strict=True)
    ]
    return ImportStatisticsTask(metadata, rows, table)


def _write(
    hass: HomeAssistant,
    recorder: Recorder,
    entity_id: str,
    series: Series,
    divisor: int,
) -> None:
    with session_scope(hass=hass, session=recorder.get_session()) as session:
        metadata_id = recorder.states_meta_manager.get(entity_id, session, True)
        session.add_all(
            States(
                metadata_id=metadata_id,
                state="unavailable" if number % 1000 == 0 else str(watts / divisor),
                last_updated_ts=float(time),
                last_reported_ts=float(time),
                origin_idx=0,
            )
            for number, (time, watts) in enumerate(
                zip(series.times.tolist(), series.watts.tolist(), strict=True)
            )
        )
