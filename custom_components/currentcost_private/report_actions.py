"""Actions on reports: send, withdraw, what the provider has got and what that tells."""

from typing import Any, Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID, CONF_USERNAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util

from .const import CONF_AGREEMENT_ID, DOMAIN, PANEL
from .coordinator import CurrentCostConfigEntry
from .local_time import local_time
from .privacy_study import async_studies
from .report_consent import async_renew_consent
from .report_privacy import async_privacy_report
from .reporter import Reporter
from .running import async_running
from .storage import Ending

ATTR_CONFIRM: Final = "confirm"

REPORT_SCHEMA: Final = probatio.Schema({probatio.Optional(ATTR_DEVICE_ID): cv.string})
WITHDRAW_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Required(ATTR_CONFIRM): cv.boolean,
    }
)


@callback
def async_setup_report_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        "report_now",
        _async_report_now,
        schema=REPORT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        "privacy_report",
        _async_privacy_report,
        schema=REPORT_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        "privacy_study",
        _async_privacy_study,
        schema=REPORT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        "renew_consent",
        _async_renew_consent,
        schema=REPORT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        "withdraw",
        _async_withdraw,
        schema=WITHDRAW_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_report_now(call: ServiceCall) -> ServiceResponse:
    """Send what is due; a window that is still open stays as it is."""
    _, reporter = _report(call)
    ended = reporter.outbox.endings.total()
    await reporter.async_report_now()
    outbox, schedule = reporter.outbox, reporter.statement.plan.schedule
    last = outbox.last_report
    now = dt_util.utcnow().timestamp()
    return {
        "report": reporter.subentry.title,
        "sent": outbox.endings.total() - ended,
        "waiting": len(outbox.entries),
        "trouble": reporter.trouble,
        "answer": _answer(reporter),
        "last_report": last and local_time(last),
        "next_window_end": local_time(schedule.window_at(now).end),
    }


async def _async_privacy_report(call: ServiceCall) -> ServiceResponse:
    """Say what the provider has got."""
    _, reporter = _report(call)
    return await async_privacy_report(reporter)


async def _async_privacy_study(call: ServiceCall) -> ServiceResponse:
    """Make the page of what the provider could tell, and say it in sentences."""
    entry, reporter = _report(call)
    study = await async_studies(call.hass).async_make(entry, reporter)
    return {
        "report": reporter.subentry.title,
        "made": study.made,
        "page": f"/{PANEL}/{reporter.subentry.subentry_id}",
        "history": {"days": study.days, "seconds_between_readings": study.step},
        "from_readings": list(study.readings),
        "from_answers": None if study.buckets is None else list(study.buckets),
    }


async def _async_renew_consent(call: ServiceCall) -> ServiceResponse:
    """Show what the provider asks by now; a person agrees in the browser."""
    entry, reporter = _report(call)
    return await async_renew_consent(call.hass, entry, reporter)


async def _async_withdraw(call: ServiceCall) -> ServiceResponse:
    """End the agreement at home: nothing is sent any more, and its keys are deleted."""
    if not call.data[ATTR_CONFIRM]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="confirm_withdrawal"
        )
    entry, reporter = _report(call)
    subentry, outbox = reporter.subentry, reporter.outbox
    await reporter.async_stop()
    discarded = len(outbox.entries)
    # It reloads the entry, which finds nothing left to do for this report.
    call.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await reporter.async_remove()
    return {
        "report": subentry.title,
        "provider": reporter.statement.plan.provider,
        "username": subentry.data[CONF_USERNAME],
        "agreement": subentry.data[CONF_AGREEMENT_ID],
        "withdrawn": local_time(dt_util.utcnow().timestamp()),
        "provider_has": {
            ending.value: outbox.endings[ending]
            for ending in (Ending.REPORTED, Ending.MISSING)
        },
        "discarded": discarded,
    }


@callback
def _report(call: ServiceCall) -> tuple[CurrentCostConfigEntry, Reporter]:
    """Return the report of a device, or the only one; raise ServiceValidationError."""
    device_id: str | None = call.data.get(ATTR_DEVICE_ID)
    running = list(async_running(call.hass))
    if device_id is None:
        if len(running) > 1:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="which_report"
            )
    else:
        device = dr.async_get(call.hass).async_get(device_id)
        identifiers = device.identifiers if device else set()
        running = [
            (entry, reporter)
            for entry, reporter in running
            if (DOMAIN, str(reporter.subentry.unique_id)) in identifiers
        ]
    if not running:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_report"
        )
    return running[0]


def _answer(reporter: Reporter) -> Any:
    """Return the latest window's bucket or amount."""
    outcome, labels = reporter.outbox.outcome, reporter.statement.plan.question.labels
    return labels[outcome] if labels and outcome is not None else outcome
