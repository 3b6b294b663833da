"""What the recorder has only after a while, at once.

An integration of the tests: nobody wants to wait for the first statistics, nor for a day
that a picture shows.
"""

from datetime import datetime
from typing import Any

from homeassistant.components.recorder.db_schema import States, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.tasks import (
    ImportStatisticsTask,
    StatisticsTask,
)
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util


async def async_setup(
    hass: HomeAssistant,
    config: ConfigType,  # noqa: ARG001  # Home Assistant's signature
) -> bool:
    """Register the actions."""

    async def compile_now(call: ServiceCall) -> None:  # noqa: ARG001
        """Compile the statistics of the running five minutes."""
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        get_instance(hass).queue_task(StatisticsTask(start, fire_events=True))

    async def remember(call: ServiceCall) -> None:
        """Take states and five minutes of power for recorded: {entity: rows}."""
        recorder = get_instance(hass)
        for entity_id, rows in call.data.get("power", {}).items():
            recorder.queue_task(_power(entity_id, rows))
        await recorder.async_add_executor_job(
            _write_states, hass, call.data.get("states", {})
        )

    hass.services.async_register("hurry", "compile", compile_now)
    hass.services.async_register("hurry", "remember", remember)
    return True


def _write_states(
    hass: HomeAssistant, states: dict[str, list[tuple[float, str]]]
) -> None:
    """Write states of entities that have been recorded before."""
    recorder = get_instance(hass)
    with session_scope(session=recorder.get_session()) as session:
        for entity_id, rows in states.items():
            known = recorder.states_meta_manager.get(entity_id, session, True)
            session.add_all(
                States(
                    metadata_id=known,
                    state=state,
                    last_updated_ts=time,
                    last_reported_ts=time,
                    origin_idx=0,
                )
                for time, state in rows
            )


def _power(entity_id: str, rows: list[dict[str, Any]]) -> ImportStatisticsTask:
    return ImportStatisticsTask(
        {
            "has_sum": False,
            "mean_type": StatisticMeanType.ARITHMETIC,
            "name": None,
            "source": "recorder",
            "statistic_id": entity_id,
            "unit_class": "power",
            "unit_of_measurement": "W",
        },
        [
            {**row, "start": datetime.fromisoformat(row["start"])}  # type: ignore[typeddict-item]
            for row in rows
        ],
        StatisticsShortTerm,
    )
