"""After a period: the provider shows what it was bound to, or is found out.

Its values were pinned and hidden while reports went out. When the period is over it has
to open them, and this is where a household asks for that, checks it, and tells a person.
"""

import asyncio
from collections.abc import Callable
from secrets import SystemRandom
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .exchange import ExchangeError, Plan
from .provider_client import ProviderClient, ProviderError
from .report_description import values_in_words
from .report_issues import ReportIssue, async_clear_issue, async_raise_issue
from .storage import NotWrittenError, ReportStorage

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

# How long after the period an opening may take; none by then counts as a false one.
PATIENCE: Final = 14 * DAY

_random = SystemRandom()


class Opening:
    """Asks for the opening of one agreement, about once an hour, until it has it."""

    def __init__(
        self,
        hass: HomeAssistant,
        subentry: ConfigSubentry,
        *,
        agreement_id: bytes,
        plan: Plan,
        verify: Callable[[bytes], tuple[int, ...]],
        client: ProviderClient,
        storage: ReportStorage,
        is_news: bool,
    ) -> None:
        """Take what the agreement was made with.

        What the values were is news to a person, unless the report goes on with them.

        `verify` returns the values that an opening proves; the agreement itself, whose
        seeds are forgotten day by day, isn't held on to.
        """
        self._hass = hass
        self._subentry = subentry
        self._agreement_id = agreement_id
        self._plan = plan
        self._verify = verify
        self._client = client
        self._storage = storage
        self._is_news = is_news

    async def async_run(self) -> None:
        """Wait for the period's end, then ask until there is an answer."""
        opening = await self._storage.async_load_opening()
        while opening is None:
            remaining = self._remaining()
            if remaining > 0:
                await asyncio.sleep(min(remaining, DAY))
                continue
            # Everyone's period ends at the same instant.
            await asyncio.sleep(_random.uniform(HOUR / 2, HOUR))
            opening = await self._async_ask()
        await self._async_tell(opening)

    async def _async_ask(self) -> bytes | None:
        """Return the opening, written down; None if there is none yet."""
        try:
            opening = await self._client.async_opening(self._agreement_id)
            await self._storage.async_save_opening(opening)
        except (NotWrittenError, ProviderError) as err:
            LOGGER.debug("No opening of %s: %s", self._subentry.title, err)
            if self._remaining() < -PATIENCE:
                async_raise_issue(self._hass, ReportIssue.NOT_OPENED, self._subentry)
            return None
        return opening

    async def _async_tell(self, opening: bytes) -> None:
        """Tell the person which values they were, or that they were others."""
        async_clear_issue(self._hass, ReportIssue.NOT_OPENED, self._subentry)
        try:
            values = await self._hass.async_add_executor_job(self._verify, opening)
        except ExchangeError as err:
            LOGGER.warning("The opening of %s is false: %s", self._subentry.title, err)
            async_raise_issue(self._hass, ReportIssue.FALSE_OPENING, self._subentry)
            return
        if not self._is_news or await self._storage.async_is_read():
            return
        async_raise_issue(
            self._hass,
            ReportIssue.OPENED,
            self._subentry,
            agreement_id=self._storage.agreement_id,
            values=values_in_words(self._plan.question, values),
        )

    @callback
    def _remaining(self) -> float:
        """Return the seconds until the period is over."""
        return self._plan.end - dt_util.utcnow().timestamp()
