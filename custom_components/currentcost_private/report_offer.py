"""What a provider asks a home, fetched before a person is asked to agree to it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_SOURCE,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import (
    CONF_AGREEMENT_ID,
    CONF_END,
    CONF_FINGERPRINT,
    CONF_MINIMUM_WIDTH,
    CONF_PLAN_ID,
    CONF_PROVIDER,
)
from .coordinator import CurrentCostConfigEntry
from .exchange import (
    ExchangeError,
    HouseholdAgreement,
    HouseholdIdentity,
    Plan,
    PlanStatement,
    RangeQuestion,
)
from .provider_client import ProblemError, ProviderClient
from .report_access import AccessError, client_for
from .report_changes import async_changes
from .report_description import async_describe
from .report_setup import ReportSetup
from .storage import ReportStorage

DEFAULT_MINIMUM_WIDTH: Final = 100

# What a provider answers that has no next period for an agreement, or not for this one.
_NO_NEXT_PERIOD: Final = {"agreement_stopped", "agreement_unknown", "no_renewal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a person is asked to agree to, and how it is agreed on."""

    statement: PlanStatement
    setup: ReportSetup
    told: Mapping[str, str]
    """What the consent form says."""

    data: Mapping[str, Any]
    """What the report will keep, but for the agreement's id."""

    running: HouseholdAgreement | None = field(default=None, repr=False)
    """The agreement with the same household that it takes the place of, if any."""


async def async_fetch_offer(
    hass: HomeAssistant,
    user_input: Mapping[str, Any],
    *,
    entry: CurrentCostConfigEntry,
    identity: HouseholdIdentity,
    source: str | None,
) -> Offer:
    """Log in for a new report and fetch what is asked.

    Raises:
        AccessError, ExchangeError, ProviderError: for `form_error`.
    """
    client = client_for(hass, user_input[CONF_URL])
    await client.async_service()
    token = await _async_log_in(client, user_input, identity)
    statement = await _async_statement(hass, await client.async_plan())
    floor = user_input.get(CONF_MINIMUM_WIDTH, {}).get(
        CONF_MINIMUM_WIDTH, DEFAULT_MINIMUM_WIDTH
    )
    _check(statement, user_input, floor=floor)
    told = await async_describe(
        hass, statement, source=source_name(hass, entry.title, source)
    )
    return Offer(
        statement=statement,
        setup=ReportSetup(hass, client=client, identity=identity, statement=statement),
        told={**told, "changes": ""},
        data=_data(user_input, statement, token=token, source=source),
    )


async def async_fetch_offer_again(
    hass: HomeAssistant,
    user_input: Mapping[str, Any],
    *,
    entry: CurrentCostConfigEntry,
    identity: HouseholdIdentity,
    subentry: ConfigSubentry,
) -> Offer:
    """Fetch what is asked of a report that there is already, to agree to it anew.

    With the access that the report has, or a new one-time password. Another user name
    or another provider is another household, so nothing connects it with this one:
    it gets `identity`.

    Raises:
        AccessError, ExchangeError, ProviderError: for `form_error`.
    """
    running = await async_running_agreement(hass, subentry)
    password = user_input.get(CONF_PASSWORD)
    client = client_for(
        hass,
        user_input[CONF_URL],
        token=None if password else subentry.data[CONF_TOKEN],
    )
    service = await client.async_service()
    if (
        user_input[CONF_USERNAME] != subentry.data[CONF_USERNAME]
        or service.fingerprint != subentry.data[CONF_FINGERPRINT]
    ):
        running = None
    token = subentry.data[CONF_TOKEN]
    if password:
        if running is not None:
            identity = running.identity
        token = await _async_log_in(client, user_input, identity)
        if running is not None:
            # The old token is worth nothing from now on, whatever is agreed to.
            _keep_access(hass, entry, subentry, user_input, token)
    elif running is None:
        raise AccessError("password_required", base=CONF_PASSWORD)
    else:
        identity = running.identity
    statement = await _async_next_statement(hass, client, subentry, running)
    floor = DEFAULT_MINIMUM_WIDTH
    if running and isinstance(asked := running.statement.plan.question, RangeQuestion):
        floor = min(floor, asked.minimum_width)
    _check(statement, user_input, floor=floor)
    source = subentry.data[CONF_SOURCE]
    told = await async_describe(
        hass, statement, source=source_name(hass, entry.title, source)
    )
    before = await _storage(hass, subentry).async_load_consent()
    return Offer(
        statement=statement,
        setup=ReportSetup(hass, client=client, identity=identity, statement=statement),
        told={**told, "changes": await async_changes(hass, before, told)},
        data=_data(user_input, statement, token=token, source=source),
        running=running,
    )


async def async_running_agreement(
    hass: HomeAssistant, subentry: ConfigSubentry
) -> HouseholdAgreement | None:
    """Return a report's agreement, None if it is lost or of another version."""
    stored = await _storage(hass, subentry).async_load_agreement()
    if stored is None:
        return None
    with suppress(ExchangeError):
        return await hass.async_add_executor_job(HouseholdAgreement.from_bytes, stored)
    return None


async def _async_next_statement(
    hass: HomeAssistant,
    client: ProviderClient,
    subentry: ConfigSubentry,
    running: HouseholdAgreement | None,
) -> PlanStatement:
    """Return what the provider asks next, or again if it has ended the agreement."""
    if running is None:
        return await _async_statement(hass, await client.async_plan())
    agreed = {running.statement.digest}
    if renewed := await _storage(hass, subentry).async_load_renewed():
        following = await hass.async_add_executor_job(
            HouseholdAgreement.from_bytes, renewed
        )
        agreed.add(following.statement.digest)
    try:
        statement = await _async_statement(hass, await client.async_renewal(running.id))
    except ProblemError as err:
        if err.code not in _NO_NEXT_PERIOD:
            raise
        if err.code != "no_renewal":
            agreed.clear()
        statement = await _async_statement(hass, await client.async_plan())
    if _is_over(statement.plan):
        statement = await _async_statement(hass, await client.async_plan())
    if statement.digest in agreed:
        raise AccessError("nothing_new")
    return statement


async def _async_log_in(
    client: ProviderClient, user_input: Mapping[str, Any], identity: HouseholdIdentity
) -> str:
    return await client.async_log_in(
        user=user_input[CONF_USERNAME],
        password=user_input[CONF_PASSWORD],
        household_key=identity.key,
    )


async def _async_statement(hass: HomeAssistant, message: bytes) -> PlanStatement:
    return await hass.async_add_executor_job(PlanStatement.from_bytes, message)


def _check(
    statement: PlanStatement, user_input: Mapping[str, Any], *, floor: int
) -> None:
    """Raise AccessError for what nobody should be asked to agree to."""
    typed = user_input.get(CONF_FINGERPRINT, "")
    if typed.strip() and _compact(typed) != _compact(statement.fingerprint):
        raise AccessError("fingerprint_differs", base=CONF_FINGERPRINT)
    question = statement.plan.question
    if isinstance(question, RangeQuestion) and question.minimum_width < floor:
        raise AccessError("too_narrow")
    if _is_over(statement.plan):
        raise AccessError("period_over")


def _is_over(plan: Plan) -> bool:
    return plan.end <= dt_util.utcnow().timestamp()


def _data(
    user_input: Mapping[str, Any],
    statement: PlanStatement,
    *,
    token: str,
    source: str | None,
) -> dict[str, Any]:
    plan = statement.plan
    return {
        CONF_URL: user_input[CONF_URL].strip(),
        CONF_USERNAME: user_input[CONF_USERNAME],
        CONF_TOKEN: token,
        CONF_SOURCE: source,
        CONF_PROVIDER: plan.provider,
        CONF_FINGERPRINT: statement.fingerprint,
        CONF_PLAN_ID: plan.plan_id,
        CONF_END: plan.end,
    }


@callback
def _keep_access(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    subentry: ConfigSubentry,
    user_input: Mapping[str, Any],
    token: str,
) -> None:
    access = {CONF_URL: user_input[CONF_URL].strip(), CONF_TOKEN: token}
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, **access}
    )


@callback
def source_name(hass: HomeAssistant, meter: str, source: str | None) -> str:
    """Return what people call a source."""
    if source is None:
        return meter
    state = hass.states.get(source)
    return state.name if state else source


def _storage(hass: HomeAssistant, subentry: ConfigSubentry) -> ReportStorage:
    return ReportStorage(hass, subentry.data[CONF_AGREEMENT_ID])


def _compact(code: str) -> str:
    """Return a code without what people may type differently."""
    return "".join(code.replace("-", "").split()).upper()
