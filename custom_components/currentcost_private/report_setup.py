"""The set-up of an agreement with a provider."""

from functools import partial

from homeassistant.core import HomeAssistant

from .exchange import (
    ExchangeError,
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    Violation,
)
from .provider_client import (
    ProviderClient,
    ProviderError,
    TryLaterError,
    UnreachableError,
)
from .report_access import AccessError


class ReportSetup:
    """A set-up that can be tried again.

    Providers count set-ups, and answer the same bytes the same: so when the connection
    is lost, the next try goes on with the messages that were made.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        client: ProviderClient,
        identity: HouseholdIdentity,
        statement: PlanStatement,
        renews: HouseholdAgreement | None = None,
    ) -> None:
        """Take what the person consented to, now or in the agreement to renew."""
        self._hass = hass
        self._client = client
        self._identity = identity
        self.statement = statement
        self._renews = renews
        self._begun: tuple[HouseholdSetup, bytes] | None = None
        self._transfer: tuple[bytes, bytes] | None = None

    async def async_agree(self) -> HouseholdAgreement:
        """Set the agreement up; raise AccessError, ExchangeError or ProviderError."""
        try:
            return await self._async_agree()
        except UnreachableError, TryLaterError:
            raise
        except AccessError, ExchangeError, ProviderError:
            self._begun = self._transfer = None
            raise

    async def _async_agree(self) -> HouseholdAgreement:
        """Go on with the set-up from where it is."""
        execute = self._hass.async_add_executor_job
        if self._begun is None:
            setup = await execute(
                partial(
                    HouseholdSetup, self._identity, self.statement, renews=self._renews
                )
            )
            self._begun = setup, setup.request()
        setup, request = self._begun
        if self._transfer is None:
            offer = await self._client.async_begin(request)
            transfer = await execute(setup.transfer, offer)
            self._transfer = setup.agreement_id, transfer
        confirmation = await self._client.async_transfer(*self._transfer)
        try:
            return await execute(setup.finish, confirmation)
        except Violation as err:
            raise AccessError("policy_failed") from err
