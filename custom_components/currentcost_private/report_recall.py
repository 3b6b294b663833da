"""What Home Assistant recalls of a report when it starts."""

from contextlib import suppress

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import CONF_AGREEMENT_ID, LOGGER
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError, HouseholdAgreement, Plan
from .report_measures import recorder_of
from .reporter import Earlier, Reporter
from .storage import NotWrittenError, Outbox, ReportStorage


async def async_recall_reporter(
    hass: HomeAssistant, entry: CurrentCostConfigEntry, subentry: ConfigSubentry
) -> Reporter | None:
    """Return a report as it was left; None if its agreement is lost."""
    storage = ReportStorage(hass, subentry.data[CONF_AGREEMENT_ID])
    agreement = await _async_recall_agreement(hass, subentry, storage)
    if agreement is None:
        return None
    plan = agreement.statement.plan
    return Reporter(
        hass,
        entry,
        subentry,
        agreement=agreement,
        earlier=await _async_recall_earlier(hass, subentry, storage),
        outbox=await _async_recall_outbox(storage, plan),
        recorder=recorder_of(plan, await storage.async_load_checkpoint()),
        storage=storage,
    )


async def _async_recall_agreement(
    hass: HomeAssistant, subentry: ConfigSubentry, storage: ReportStorage
) -> HouseholdAgreement | None:
    stored = await storage.async_load_agreement()
    if stored is None:
        return None
    try:
        return await hass.async_add_executor_job(HouseholdAgreement.from_bytes, stored)
    except ExchangeError as err:
        LOGGER.error("The agreement of the report %s: %s", subentry.title, err)
        return None


async def _async_recall_earlier(
    hass: HomeAssistant, subentry: ConfigSubentry, storage: ReportStorage
) -> Earlier | None:
    """Return the agreement that was renewed, which is still to be opened."""
    files = await storage.async_load_earlier()
    if files is None:
        return None
    agreement = await _async_recall_agreement(hass, subentry, files)
    return None if agreement is None else (agreement, files)


async def _async_recall_outbox(storage: ReportStorage, plan: Plan) -> Outbox:
    """Return the outbox, a new one that begins with the running window if none."""
    outbox = await storage.async_load_outbox()
    if outbox is None:
        current = plan.schedule.window_at(dt_util.utcnow().timestamp())
        outbox = Outbox(mark=plan.schedule.window_at(current.start - 1).start)
        with suppress(NotWrittenError):
            await storage.async_save_outbox(outbox)
    return outbox
