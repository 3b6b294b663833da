"""What Home Assistant recalls of a report when it starts."""

from contextlib import suppress

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .asked import Asked
from .const import CONF_AGREEMENT_ID, LOGGER
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError, HouseholdAgreement, OtherCircuit, Plan
from .report_issues import ReportIssue
from .report_measures import recorder_of
from .reporter import Earlier, Reporter
from .storage import NotWrittenError, Outbox, ReportStorage


class LostAgreementError(Exception):
    """A report can't go on; `issue` is what a person is told."""

    def __init__(self, issue: ReportIssue) -> None:
        """Keep the issue."""
        super().__init__(issue)
        self.issue = issue


async def async_recall_reporter(
    hass: HomeAssistant, entry: CurrentCostConfigEntry, subentry: ConfigSubentry
) -> Reporter:
    """Return a report as it was left; raise LostAgreementError."""
    storage = ReportStorage(hass, subentry.data[CONF_AGREEMENT_ID])
    agreement = await _async_recall_agreement(hass, subentry, storage)
    plan = agreement.statement.plan
    return Reporter(
        hass,
        entry,
        subentry,
        agreement=agreement,
        asked=Asked.from_dict(stored)
        if (stored := await storage.async_load_asked())
        else Asked(),
        earlier=await _async_recall_earlier(hass, subentry, storage),
        outbox=await _async_recall_outbox(storage, plan),
        recorder=recorder_of(plan, await storage.async_load_checkpoint()),
        storage=storage,
    )


async def _async_recall_agreement(
    hass: HomeAssistant, subentry: ConfigSubentry, storage: ReportStorage
) -> HouseholdAgreement:
    stored = await storage.async_load_agreement()
    if stored is None:
        raise LostAgreementError(ReportIssue.LOST)
    try:
        return await hass.async_add_executor_job(HouseholdAgreement.from_bytes, stored)
    except ExchangeError as err:
        LOGGER.error("The agreement of the report %s: %s", subentry.title, err)
        is_other = isinstance(err, OtherCircuit)
        issue = ReportIssue.OTHER_CIRCUIT if is_other else ReportIssue.LOST
        raise LostAgreementError(issue) from err


async def _async_recall_earlier(
    hass: HomeAssistant, subentry: ConfigSubentry, storage: ReportStorage
) -> Earlier | None:
    """Return the agreement that was before, which is still to be opened."""
    files = await storage.async_load_earlier()
    if files is None:
        return None
    with suppress(LostAgreementError):
        return await _async_recall_agreement(hass, subentry, files), files
    return None


async def _async_recall_outbox(storage: ReportStorage, plan: Plan) -> Outbox:
    """Return the outbox, a new one that begins with the running window if none."""
    outbox = await storage.async_load_outbox()
    if outbox is None:
        current = plan.schedule.window_at(dt_util.utcnow().timestamp())
        outbox = Outbox(mark=plan.schedule.window_at(current.start - 1).start)
        with suppress(NotWrittenError):
            await storage.async_save_outbox(outbox)
    return outbox
