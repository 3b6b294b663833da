"""A report goes on with another agreement, because a person agreed to it."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from .asked import async_hand_on
from .const import CONF_AGREEMENT_ID, CONF_PROVIDER
from .coordinator import CurrentCostConfigEntry
from .exchange import HouseholdAgreement
from .report_offer import Offer
from .sender import Trouble
from .storage import ReportStorage


async def async_go_over(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    subentry: ConfigSubentry,
    *,
    agreement: HouseholdAgreement,
    consent: Mapping[str, str],
    offer: Offer,
) -> None:
    """Let a report go on with an agreement; raise NotWrittenError.

    On the same household's next period it goes over when the running one is over and
    sent. Anything else takes its place at once: what still waits to be sent is given
    up, because the provider has ended what it belongs to.
    """
    old = ReportStorage(hass, subentry.data[CONF_AGREEMENT_ID])
    running = offer.running
    follows = (
        running is not None
        and running.statement.plan.end <= agreement.statement.plan.start
        and not _is_stopped(entry, subentry)
    )
    if follows:
        await old.async_save_renewed(agreement.to_bytes(), consent=consent)
        hass.config_entries.async_schedule_reload(entry.entry_id)
        return
    storage = ReportStorage(hass, agreement.id.hex())
    await storage.async_save_agreement(
        agreement.to_bytes(),
        consent=consent,
        earlier=None if running is None else running.id.hex(),
    )
    await async_hand_on(old, storage)
    hass.config_entries.async_update_subentry(
        entry,
        subentry,
        data={**offer.data, CONF_AGREEMENT_ID: agreement.id.hex()},
        title=agreement.statement.plan.provider
        if subentry.title == subentry.data[CONF_PROVIDER]
        else subentry.title,
    )


def _is_stopped(entry: CurrentCostConfigEntry, subentry: ConfigSubentry) -> bool:
    """Return whether the provider takes nothing more under the running agreement."""
    data = getattr(entry, "runtime_data", None)
    reporter = data and data.reporters.get(subentry.subentry_id)
    return reporter is None or reporter.trouble is Trouble.STOPPED
