"""What the card asks for and no entity has: today as the provider was told it.

One command of the websocket. A user learns nothing that the states and the history of
entities that they may read don't tell.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
import math
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_SOURCE, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .entity import async_transmitter_entity_id, may_read
from .exchange import INSTANT_SECONDS
from .report_day import Answers, Run, Told, answers_of, runs_of
from .report_source import SAMPLING_INTERVAL, WHOLE_HOUSE
from .reporter import Reporter

# Of the meter. What another power sensor shows is taken every 10 s.
METER_INTERVAL: Final = 6
READING_BITS: Final = math.log2(100_000)
"""A display sends a power as five digits."""


@callback
def async_setup_frontend_api(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, websocket_day)


@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/day",
        probatio.Optional("entity_id"): cv.entity_id,
    }
)
@async_response
async def websocket_day(
    hass: HomeAssistant,
    connection: ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Answer with the day at home and, for an entity of a report, what was told."""
    start = dt_util.start_of_local_day()
    end = dt_util.start_of_local_day(start + timedelta(hours=36))
    day: dict[str, Any] = {"start": int(start.timestamp()), "end": int(end.timestamp())}
    if (entity_id := msg.get("entity_id")) is not None:
        report = await _async_report(hass, connection.user, entity_id, start)
        if report is None:
            connection.send_error(msg["id"], ERR_NOT_FOUND, "There is no such report.")
            return
        day["report"] = report
    connection.send_result(msg["id"], day)


async def _async_report(
    hass: HomeAssistant, user: User, entity_id: str, start: datetime
) -> dict[str, Any] | None:
    """Return a report's day, None if there is none or the user may not know of it."""
    registered = er.async_get(hass).async_get(entity_id)
    if registered is None or registered.platform != DOMAIN:
        return None
    entry: CurrentCostConfigEntry | None = hass.config_entries.async_get_entry(
        registered.config_entry_id or ""
    )
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    reporter = entry.runtime_data.reporters.get(registered.config_subentry_id or "")
    if reporter is None:
        return None
    outcome = _entity_id(hass, reporter, "bucket") or _entity_id(
        hass, reporter, "answer"
    )
    reported = _entity_id(hass, reporter, "last_report")
    if not (may_read(user, outcome) and may_read(user, reported)):
        return None
    answers = await _async_answers(hass, reporter, outcome, reported, start)
    runs = _runs(reporter, answers, start.timestamp())
    source = reporter.subentry.data[CONF_SOURCE]
    interval = METER_INTERVAL if source is None else SAMPLING_INTERVAL.seconds
    if source is None:
        source = async_transmitter_entity_id(hass, entry.entry_id, WHOLE_HOUSE, "power")
    return {
        "entity_id": outcome,
        "source": source if may_read(user, source) else None,
        **_described(reporter),
        "runs": [run.document() for run in runs],
        "waiting": len(reporter.outbox.entries),
        "trouble": reporter.trouble,
        **_given_away(reporter, answers, runs, start.timestamp(), interval),
    }


def _described(reporter: Reporter) -> dict[str, Any]:
    plan = reporter.statement.plan
    return {
        "provider": plan.provider,
        "title": plan.title,
        "labels": plan.question.labels,
        # Of a range, the first stands for above the last threshold, or fed in.
        "kind": plan.question.kind,
        "unit": plan.question.unit,
        "window": plan.schedule.window,
    }


def _runs(reporter: Reporter, answers: Answers, day_start: float) -> list[Run]:
    schedule, outbox = reporter.statement.plan.schedule, reporter.outbox
    return runs_of(
        schedule,
        answers,
        since=day_start,
        until=schedule.window_at(outbox.mark).end,
        waiting=[entry.start for entry in outbox.entries],
    )


def _given_away(
    reporter: Reporter,
    answers: Answers,
    runs: Sequence[Run],
    day_start: float,
    interval: int,
) -> dict[str, Any]:
    """Return the bits of today's answers, and of readings of the same time, at most.

    That a window is missing is one of the answers to it; readings there are none of.
    """
    plan = reporter.statement.plan
    windows = [plan.schedule.window_at(end - 1) for end in answers.given]
    missing = sum(run.windows for run in runs if run.told is Told.MISSING)
    on_demand = sum(end > day_start for end in reporter.asking.asked.lately)
    seconds = sum(window.end - window.start for window in windows)
    readings = (seconds + on_demand * INSTANT_SECONDS) // interval
    count, bits_each = len(windows) + missing + on_demand, plan.bits_per_window
    return {
        "answers": count,
        "bits_each": bits_each,
        "bits": count * bits_each,
        "reading_bits": READING_BITS,
        "readings": readings,
        "readings_bits": readings * READING_BITS,
        "readings_interval": interval,
    }


async def _async_answers(
    hass: HomeAssistant,
    reporter: Reporter,
    outcome: str | None,
    reported: str | None,
    start: datetime,
) -> Answers:
    """Return what the recorder knows, and the states that it is about to write.

    Nothing where there is no recorder.
    """
    if outcome is None or reported is None or "recorder" not in hass.config.components:
        return Answers()
    from homeassistant.components.recorder import history  # noqa: PLC0415  # as above
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415

    def read() -> dict[str, list[State]]:
        return {
            entity_id: history.state_changes_during_period(
                hass, start, entity_id=entity_id, no_attributes=True
            ).get(entity_id, [])
            for entity_id in (reported, outcome)
        }

    states = await get_instance(hass).async_add_executor_job(read)
    for entity_id, rows in states.items():
        if (present := hass.states.get(entity_id)) is not None:
            rows.append(present)
    question = reporter.statement.plan.question
    return answers_of(question, start.timestamp(), states[reported], states[outcome])


def _entity_id(hass: HomeAssistant, reporter: Reporter, key: str) -> str | None:
    return er.async_get(hass).async_get_entity_id(
        Platform.SENSOR, DOMAIN, f"{reporter.subentry.unique_id}_{key}"
    )
