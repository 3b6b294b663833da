"""Before a period ends: the agreement is renewed on the same values, without a person.

The provider proves that they are the same; then the report goes over to the new
agreement when the period is over and everything of it was sent. Where anything else is
asked, or nothing, a person has to decide: the report says so when its period is over.
"""

import asyncio
from collections.abc import Callable
from secrets import SystemRandom
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_SOURCE
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .asked import async_hand_on
from .const import CONF_AGREEMENT_ID, CONF_END, LOGGER
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError, HouseholdAgreement, PlanStatement
from .measured import async_measured_already, async_what_is_measured
from .provider_client import ProviderClient, ProviderError
from .report_access import AccessError
from .report_setup import ReportSetup
from .storage import NotWrittenError, Outbox, ReportStorage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

# How long before the end of the period the provider is asked for the next one.
LEAD: Final = 14 * DAY
# How often it is looked whether everything of a period that is over was sent.
STEP: Final = 10.0

_random = SystemRandom()


class Renewal:
    """Renews one agreement, and hands its report over to the new one."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: CurrentCostConfigEntry,
        subentry: ConfigSubentry,
        *,
        agreement: Callable[[], HouseholdAgreement],
        client: ProviderClient,
        storage: ReportStorage,
        is_over: Callable[[], bool],
        samples: Callable[[], dict[str, Any]],
    ) -> None:
        """Take the report that goes on.

        `agreement` returns it with the seeds of the day; `is_over` whether its period
        is over and everything was sent; `samples` what was measured since.
        """
        self.is_settled = False
        """Whether the report goes on by itself."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self._agreement = agreement
        self._client = client
        self._storage = storage
        self._is_over = is_over
        self._samples = samples
        self._setup: ReportSetup | None = None

    async def async_run(self) -> None:
        """Renew in good time, wait for the period's end, and hand over."""
        renewed = await self._storage.async_load_renewed()
        while renewed is None:
            if (early := self._remaining() - LEAD) > 0:
                await asyncio.sleep(min(early, DAY))
                continue
            # Twice or three times a day; everyone's period ends at the same instant.
            await asyncio.sleep(_random.uniform(DAY / 4, DAY / 2))
            renewed = await self._async_renew()
        self.is_settled = True
        while True:
            if self._is_over() and await self._async_hand_over(renewed):
                return
            await asyncio.sleep(min(max(self._remaining(), STEP), DAY))

    async def _async_renew(self) -> bytes | None:
        """Return the agreement on the next period, written down; None if not yet."""
        title = self._subentry.title
        if self._is_measured_otherwise() or not await self._async_was_opened():
            return None
        try:
            setup = await self._async_setup()
            agreement = await setup.async_agree()
            renewed = agreement.to_bytes()
            await self._storage.async_save_renewed(renewed)
        except (AccessError, ExchangeError, NotWrittenError, ProviderError) as err:
            LOGGER.debug("The agreement of %s isn't renewed: %s", title, err)
            return None
        LOGGER.info(
            "The agreement of %s is renewed on the same values until %s",
            title,
            dt_util.utc_from_timestamp(agreement.statement.plan.end),
        )
        return renewed

    async def _async_was_opened(self) -> bool:
        """Return whether the agreement before this one, if any, was opened truly.

        Whoever did not open what it was bound to is not trusted with another period.
        """
        files = await self._storage.async_load_earlier()
        stored = await files.async_load_agreement() if files else None
        if files is None or stored is None:
            return True
        opening = await files.async_load_opening()
        return opening is not None and await self._hass.async_add_executor_job(
            _is_opened, stored, opening
        )

    async def _async_setup(self) -> ReportSetup:
        """Return the set-up on what the provider offers, the same one for the same."""
        agreement = self._agreement()
        message = await self._client.async_renewal(agreement.id)
        statement = await self._hass.async_add_executor_job(
            PlanStatement.from_bytes, message
        )
        if self._setup is None or self._setup.statement != statement:
            self._setup = ReportSetup(
                self._hass,
                client=self._client,
                identity=agreement.identity,
                statement=statement,
                renews=agreement,
            )
        return self._setup

    async def _async_hand_over(self, renewed: bytes) -> bool:
        """Let the report go on with the new agreement; False if the disk is full.

        The files of the agreement before this one are deleted: it was opened truly.
        """
        agreement = await self._hass.async_add_executor_job(
            HouseholdAgreement.from_bytes, renewed
        )
        plan, new_id = agreement.statement.plan, agreement.id.hex()
        storage = ReportStorage(self._hass, new_id)
        try:
            await storage.async_save_agreement(
                renewed,
                consent=await self._storage.async_load_renewed_consent(),
                earlier=self._agreement().id.hex(),
            )
            first = plan.schedule.window_at(plan.start - 1)
            await storage.async_save_outbox(Outbox(mark=first.start))
            await async_hand_on(self._storage, storage)
        except NotWrittenError:
            return False
        await storage.async_save_checkpoint(self._samples())
        await self._storage.async_remove_earlier()
        data = {CONF_AGREEMENT_ID: new_id, CONF_END: plan.end}
        self._hass.config_entries.async_update_subentry(
            self._entry, self._subentry, data={**self._subentry.data, **data}
        )
        return True

    @callback
    def _is_measured_otherwise(self) -> bool:
        """Return whether another report measures the same by now."""
        source = async_what_is_measured(
            self._hass, self._entry.entry_id, self._subentry.data[CONF_SOURCE]
        )
        but = self._subentry.subentry_id
        return source in async_measured_already(self._hass, but=but)

    @callback
    def _remaining(self) -> float:
        """Return the seconds until the period is over."""
        end = self._agreement().statement.plan.end
        return end - dt_util.utcnow().timestamp()


def _is_opened(stored: bytes, opening: bytes) -> bool:
    """Return whether an opening shows what a stored agreement was made on."""
    try:
        HouseholdAgreement.from_bytes(stored).verify_opening(opening)
    except ExchangeError:
        return False
    return True
