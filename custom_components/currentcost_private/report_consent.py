"""The action that begins a consent anew: it shows what is asked, a person agrees.

Nothing is agreed to here. On the very same values an agreement is renewed by itself
(`report_renewal`); anything else has to be read and agreed to in the browser, where the
repair issue leads that this raises.
"""

from typing import Any, Final

from homeassistant.const import CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, SUBENTRY_REPORT
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError, HouseholdIdentity, PlanStatement
from .local_time import local_time
from .provider_client import ProviderError
from .report_access import AccessError, FormError, form_error
from .report_issues import ReportIssue, async_clear_issue, async_raise_issue
from .report_offer import async_fetch_offer_again
from .reporter import Reporter

NOTHING_NEW: Final = "nothing_new"


async def async_renew_consent(
    hass: HomeAssistant, entry: CurrentCostConfigEntry, reporter: Reporter
) -> dict[str, Any]:
    """Return what there is to agree to, as plain values, and ask a person to.

    Raises:
        HomeAssistantError: the provider could not be asked; says why.
    """
    subentry = reporter.subentry
    try:
        offer = await async_fetch_offer_again(
            hass,
            {key: subentry.data[key] for key in (CONF_URL, CONF_USERNAME)},
            entry=entry,
            identity=HouseholdIdentity.new(),
            subentry=subentry,
        )
    except (AccessError, ExchangeError, ProviderError) as err:
        shown = form_error(err)
        if shown.key == NOTHING_NEW:
            async_clear_issue(hass, ReportIssue.CONSENT, subentry)
            return {
                "report": subentry.title,
                "consent": "not_needed",
                "terms": _terms(reporter.statement),
                "changes": None,
            }
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="consent_not_begun",
            translation_placeholders={
                "report": subentry.title,
                "reason": await _async_reason(hass, shown),
            },
        ) from err
    async_raise_issue(hass, ReportIssue.CONSENT, subentry)
    return {
        "report": subentry.title,
        "consent": "asked",
        "terms": _terms(offer.statement),
        "changes": offer.told["changes"],
    }


def _terms(statement: PlanStatement) -> dict[str, Any]:
    """Return what is asked, as plain values."""
    plan = statement.plan
    return {
        "provider": plan.provider,
        "question": plan.title,
        "window": plan.schedule.window,
        "answers": list(plan.question.labels) or plan.question.outcomes,
        "bits_of_a_day_at_most": round(plan.bits_per_day, 3),
        "period": {"start": local_time(plan.start), "end": local_time(plan.end)},
        "code": statement.code,
    }


async def _async_reason(hass: HomeAssistant, shown: FormError) -> str:
    """Return what the form of the report would say."""
    texts = await async_get_translations(
        hass, hass.config.language, "config_subentries", [DOMAIN]
    )
    key = f"component.{DOMAIN}.config_subentries.{SUBENTRY_REPORT}.error.{shown.key}"
    return texts.get(key, shown.key).format(**shown.placeholders)
