"""Diagnostics that can be shown to anyone.

The address of the port may name a host or carry a key, and power readings show when
people are at home: neither leaves the house this way, and no radio id either. Of a
report nothing is shown that says who asks, or what the answers were; of a bill no price
and no amount. Entities are told by what they are and whether they have a state.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import (
    CONF_DEVICE,
    CONF_SOURCE,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util

from .bill_terms import CONF_BANDS, CONF_BILLING_DAY, CONF_ENERGY, CONF_PRICE_ENTITY
from .const import (
    CONF_ENTRY_ID,
    CONF_IMPULSES_PER_UNIT,
    CONF_QUANTITY,
    CONF_SUBENTRY_ID,
    DOMAIN,
    SUBENTRY_BILL,
    SUBENTRY_NET_POWER,
)
from .coordinator import CurrentCostConfigEntry, MeterCoordinator
from .history_keeper import HistoryKeeper
from .impulse_meter import ImpulseMeter
from .metering import Grain
from .net_power import CONF_ADD, CONF_KIND, CONF_SUBTRACT
from .reporter import Reporter

TO_REDACT: Final = {CONF_DEVICE, "serial_number"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: CurrentCostConfigEntry
) -> dict[str, Any]:
    """Return what helps to find a fault, without readings."""
    data = entry.runtime_data
    return {
        "entry": async_redact_data(dict(entry.data), TO_REDACT),
        "options": dict(entry.options),
        "meter": None if data.meter is None else _meter(data.meter),
        "history": None if data.history is None else _history(data.history),
        "impulse_meters": list(map(_impulse_meter, data.impulse_meters.values())),
        "reports": list(map(_report, data.reporters.values())),
        "bills": list(map(_bill, entry.get_subentries_of_type(SUBENTRY_BILL))),
        "net_powers": list(
            map(_net_power, entry.get_subentries_of_type(SUBENTRY_NET_POWER))
        ),
        "entities": _entities(hass, entry),
        "issues": _issues(hass, entry),
    }


@callback
def _entities(hass: HomeAssistant, entry: CurrentCostConfigEntry) -> dict[str, Any]:
    """Return how many entities of a kind have which sort of state."""
    kinds: dict[str, Counter[str]] = {}
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    for entity in entities:
        name = entity.translation_key or entity.original_device_class or "other"
        sort = "disabled" if entity.disabled else _sort(hass, entity.entity_id)
        kinds.setdefault(f"{entity.domain}.{name}", Counter())[sort] += 1
    return {kind: dict(sorted(sorts.items())) for kind, sorts in sorted(kinds.items())}


@callback
def _sort(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    if state is None:
        return "missing"
    return state.state if state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN} else "known"


@callback
def _issues(hass: HomeAssistant, entry: CurrentCostConfigEntry) -> list[str]:
    """Return the repair issues that are shown of the entry and its reports."""
    ours = {entry.entry_id, *entry.subentries}

    def about(issue: ir.IssueEntry) -> Iterable[object]:
        data = issue.data or {}
        return data.get(CONF_ENTRY_ID), data.get(CONF_SUBENTRY_ID)

    return sorted(
        str(issue.translation_key)
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
        and issue.active
        and (ours.intersection(about(issue)) or issue.issue_id.endswith(entry.entry_id))
    )


def _impulse_meter(meter: ImpulseMeter) -> dict[str, Any]:
    return {
        key: meter.subentry.data[key] for key in (CONF_QUANTITY, CONF_IMPULSES_PER_UNIT)
    }


def _bill(bill: ConfigSubentry) -> dict[str, Any]:
    return {
        "bands": len(bill.data.get(CONF_BANDS, ())),
        "billing_day": bill.data[CONF_BILLING_DAY],
        "own_energy_sensor": bill.data[CONF_ENERGY] is not None,
        "price_entity": bill.data.get(CONF_PRICE_ENTITY) is not None,
    }


def _net_power(net: ConfigSubentry) -> dict[str, Any]:
    return {
        "kind": net.data[CONF_KIND],
        "added": len(net.data[CONF_ADD]),
        "subtracted": len(net.data[CONF_SUBTRACT]),
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
        "source": "meter" if reporter.subentry.data[CONF_SOURCE] is None else "sensor",
        "window": plan.schedule.window,
        "period": [plan.start, plan.end],
        "goes_on": reporter.goes_on,
        "trouble": reporter.trouble,
        "pending": len(outbox.entries),
        "endings": dict(outbox.endings),
        "asked": {
            "allowed": reporter.asking.is_allowed,
            "endings": dict(reporter.asking.asked.outbox.endings),
            "refused": dict(reporter.asking.asked.refused),
        },
    }
