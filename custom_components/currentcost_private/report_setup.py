"""The set-up of an agreement with a provider, and what a person is told before it."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
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

_MARKDOWN = str.maketrans(
    {character: f"\\{character}" for character in r"\`*_{}[]<>#!|~&:.@"}
)


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
    ) -> None:
        """Take what the person consented to."""
        self._hass = hass
        self._client = client
        self._identity = identity
        self._statement = statement
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
            setup = await execute(HouseholdSetup, self._identity, self._statement)
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


async def async_describe(
    hass: HomeAssistant, statement: PlanStatement, *, source: str
) -> dict[str, str]:
    """Return a plan in the words that the consent form puts together."""
    plan = statement.plan
    translations = await async_get_translations(
        hass, hass.config.language, "selector", [DOMAIN]
    )
    measure = f"component.{DOMAIN}.selector.measure.options.{plan.measure}"
    return {
        "provider": plain(plan.provider),
        "question": plain(plan.title),
        "measure": translations.get(measure, plan.measure),
        "source": plain(source),
        "window": duration(plan.window),
        "bits": f"{plan.bits_per_day:.0f}",
        "answers": str(len(plan.outcomes)),
        "outcomes": ", ".join(plain(label) for label in plan.outcomes),
        "minimum_width": f"{plan.minimum_width} {plan.measure.unit}",
        "until": dt_util.as_local(dt_util.utc_from_timestamp(plan.end)).strftime(
            "%Y-%m-%d %H:%M"
        ),
        "code": statement.code,
        "fingerprint": statement.fingerprint,
    }


def plain(text: str) -> str:
    """Return text that a form shows as it is: a provider must not format our words."""
    return text.translate(_MARKDOWN)


def duration(seconds: int) -> str:
    """Return a span of time in the largest unit that goes into it."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
