"""Diagnostics that can be shown to anyone.

The address of the port may name a host or carry a key, and power readings show when
people are at home: neither leaves the house this way, and no radio id either. Of a
report nothing is shown that says who asks, or what the answers were.
"""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant

from .coordinator import CurrentCostConfigEntry, MeterCoordinator
from .reporter import Reporter

TO_REDACT: Final = {CONF_DEVICE}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
) -> dict[str, Any]:
    """Return what helps to find a fault, without readings."""
    meter = entry.runtime_data.meter
    return {
        "entry": async_redact_data(dict(entry.data), TO_REDACT),
        "meter": None if meter is None else _meter(meter),
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
        "messages": {"accepted": counts.accepted, "damaged": dict(counts.damaged)},
        "transmitters": {
            str(sensor): {
                "channels": sorted(transmitter.channels),
                "silent": transmitter.reading is None,
            }
            for sensor, transmitter in meter.data.transmitters.items()
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
