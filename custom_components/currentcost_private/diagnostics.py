"""Diagnostics that can be shown to anyone.

The address of the port may name a host or carry a key, and power readings show when
people are at home: neither leaves the house this way, and no radio id either. Of a
report nothing is shown that says who asks, or what the answers were.
"""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .coordinator import CurrentCostConfigEntry, MeterCoordinator
from .history_keeper import HistoryKeeper
from .metering import Grain
from .reporter import Reporter

TO_REDACT: Final = {CONF_DEVICE}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
) -> dict[str, Any]:
    """Return what helps to find a fault, without readings."""
    meter, history = entry.runtime_data.meter, entry.runtime_data.history
    return {
        "entry": async_redact_data(dict(entry.data), TO_REDACT),
        "meter": None if meter is None else _meter(meter),
        "history": None if history is None else _history(history),
        "reports": [
            _report(reporter) for reporter in entry.runtime_data.reporters.values()
        ],
    }


def _meter(meter: MeterCoordinator) -> dict[str, Any]:
    latest, counts = meter.data.latest, meter.parser.counts
    return {
        "model": latest.model if latest else None,
        "firmware": latest.firmware if latest else None,
        "heard": meter.last_update_success and latest is not None,
        "failure": type(meter.last_exception).__name__
        if meter.last_exception
        else None,
        "messages": {
            "accepted": counts.accepted,
            "damaged": dict(counts.damaged),
            "judged": dict(meter.outcomes),
        },
        "transmitters": {
            str(sensor): {
                "channels": sorted(transmitter.channels),
                "silent": transmitter.reading is None,
            }
            for sensor, transmitter in meter.data.transmitters.items()
        },
    }


def _history(history: HistoryKeeper) -> dict[str, Any]:
    memory, now = history.memory, dt_util.utcnow().timestamp()
    clock = history.clock if history.clock.is_known else None
    return {
        "clock": {
            "deviation": clock.deviation(now),
            "trusted": clock.is_trusted(now),
            "settings": len(clock.settings),
        }
        if clock
        else None,
        "days_since_wipe": memory.days,
        "sensors": {
            str(sensor): {
                "complete": memory.is_complete(sensor),
                "bins": {
                    grain.value: len(memory.bins(sensor, grain)) for grain in Grain
                },
            }
            for sensor in history.sensors
        },
    }


def _report(reporter: Reporter) -> dict[str, Any]:
    plan, outbox = reporter.statement.plan, reporter.outbox
    return {
        "measures": [
            {"measure": item.measure, "take": item.take, "count": item.count}
            for item in plan.question.household
        ],
        "window": plan.schedule.window,
        "period": [plan.start, plan.end],
        "trouble": reporter.trouble,
        "pending": len(outbox.entries),
        "endings": dict(outbox.endings),
    }
