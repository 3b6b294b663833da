"""Access to a provider as flows need it: what went wrong in words, and a new token."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .const import CONF_AGREEMENT_ID, CONF_FINGERPRINT
from .exchange import (
    PROTOCOL_VERSION,
    ExchangeError,
    HouseholdAgreement,
    OtherCircuit,
    PlanStatement,
    UnsupportedVersion,
)
from .provider_client import (
    CertificateError,
    InsecureAddressError,
    InvalidAddressError,
    NotAProviderError,
    OtherVersionError,
    ProblemError,
    ProviderClient,
    ProviderError,
    TryLaterError,
    UnreachableError,
)
from .storage import ReportStorage

# What a provider's problem means where a person waits for the answer. A log-in that
# isn't even of the right form has no right password in it.
_PROBLEMS: Final = {
    "credentials": "credentials",
    "malformed": "credentials",
    "plan_changed": "plan_changed",
    "policy_refused": "policy_refused",
    "setups_exhausted": "setups_exhausted",
    "token": "token_rejected",
    "too_many_attempts": "too_many_attempts",
}

# Of the address; the first that an error is an instance of.
_ADDRESS_ERRORS: Final = (
    (InvalidAddressError, "invalid_address"),
    (InsecureAddressError, "insecure_address"),
    (CertificateError, "certificate"),
    (UnreachableError, "cannot_connect"),
    (NotAProviderError, "not_a_provider"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormError:
    """An error as a form shows it."""

    key: str
    base: str = "base"
    placeholders: Mapping[str, str] = field(default_factory=dict)

    def on_form(self, *fields: str) -> FormError:
        """Return the error for a form with these fields only."""
        return self if self.base in fields else replace(self, base="base")


class AccessError(Exception):
    """What a person has to be told."""

    def __init__(self, key: str, *, base: str = "base") -> None:
        """Keep the translation key, and the field that it belongs to."""
        super().__init__(key)
        self.shown = FormError(key=key, base=base)


def form_error(err: AccessError | ExchangeError | ProviderError) -> FormError:
    """Return what a form says of an error."""
    for kind, key in _ADDRESS_ERRORS:
        if isinstance(err, kind):
            return FormError(key=key, base=CONF_URL)
    match err:
        case AccessError():
            return err.shown
        case OtherVersionError(theirs=theirs) | UnsupportedVersion(theirs=theirs):
            versions = {"theirs": str(theirs), "ours": str(PROTOCOL_VERSION)}
            return FormError(key="other_version", placeholders=versions)
        case OtherCircuit():
            return FormError(key="other_circuit")
        case ProblemError(code=code):
            key = "provider_busy" if isinstance(err, TryLaterError) else "refused"
            key = _PROBLEMS.get(code, key)
            return FormError(key=key, placeholders={"code": code})
    return FormError(key="invalid_answer", placeholders={"error": str(err)})


def client_for(
    hass: HomeAssistant, address: str, *, token: str | None = None
) -> ProviderClient:
    """Return a client on Home Assistant's own session."""
    return ProviderClient(async_get_clientsession(hass), address, token=token)


async def async_renewed(
    hass: HomeAssistant, subentry: ConfigSubentry, user_input: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a report's data with address and token as they will work from now on.

    With a one-time password, which the household's key of the running agreement goes
    with, there is a new token; without one, the old token must do.

    Raises:
        AccessError, ExchangeError, ProviderError: for `form_error`.
    """
    data = {**subentry.data, **user_input}
    password = data.pop(CONF_PASSWORD, None)
    client = client_for(hass, data[CONF_URL], token=data[CONF_TOKEN])
    await client.async_service()
    if password:
        stored = await ReportStorage(
            hass, data[CONF_AGREEMENT_ID]
        ).async_load_agreement()
        if stored is None:
            raise AccessError("agreement_lost")
        agreement = await hass.async_add_executor_job(
            HouseholdAgreement.from_bytes, stored
        )
        data[CONF_TOKEN] = await client.async_log_in(
            user=data[CONF_USERNAME],
            password=password,
            household_key=agreement.identity.key,
        )
    statement = await hass.async_add_executor_job(
        PlanStatement.from_bytes, await client.async_plan()
    )
    if statement.fingerprint != data[CONF_FINGERPRINT]:
        raise AccessError("fingerprint_differs")
    return data
