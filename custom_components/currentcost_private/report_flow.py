"""The flow that agrees on a report: who asks, what is given away, and the consent."""

from typing import Any, Final

import probatio

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import (
    CONF_DEVICE,
    CONF_PASSWORD,
    CONF_SOURCE,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from .const import (
    CONF_AGREED,
    CONF_AGREEMENT_ID,
    CONF_END,
    CONF_FINGERPRINT,
    CONF_MINIMUM_WIDTH,
    CONF_PLAN_ID,
    CONF_PROVIDER,
)
from .exchange import (
    ExchangeError,
    HouseholdIdentity,
    PlanStatement,
    ProgramQuestion,
    RangeQuestion,
)
from .measured import async_measured_already, async_what_is_measured
from .provider_client import ProviderError
from .report_access import (
    AccessError,
    FormError,
    async_renewed,
    client_for,
    form_error,
)
from .report_description import async_describe
from .report_setup import ReportSetup
from .storage import NotWrittenError, ReportStorage

DEFAULT_MINIMUM_WIDTH: Final = 100

_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_TEXT: Final = TextSelector()
_PASSWORD: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))

USER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_URL): _URL,
        probatio.Required(CONF_USERNAME): _TEXT,
        probatio.Required(CONF_PASSWORD): _PASSWORD,
        probatio.Optional(CONF_SOURCE): EntitySelector(
            EntitySelectorConfig(
                domain=Platform.SENSOR, device_class=SensorDeviceClass.POWER
            )
        ),
        probatio.Optional(CONF_FINGERPRINT): _TEXT,
        probatio.Optional(CONF_MINIMUM_WIDTH): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_MINIMUM_WIDTH, default=DEFAULT_MINIMUM_WIDTH
                    ): NumberSelector(
                        NumberSelectorConfig(
                            min=1, max=100_000, mode=NumberSelectorMode.BOX
                        )
                    )
                }
            ),
            {"collapsed": True},
        ),
    }
)

CONSENT_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_AGREED, default=False): bool}
)

RECONFIGURE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_URL): _URL,
        probatio.Required(CONF_USERNAME): _TEXT,
        probatio.Optional(CONF_PASSWORD): _PASSWORD,
    }
)


class ReportFlow(ConfigSubentryFlow):
    """Agree on a report to an energy provider.

    Until the first report the one-time password may be used again: whoever leaves half
    way, or whose Home Assistant dies, begins anew with the same enrolment sheet.
    """

    def __init__(self) -> None:
        """Take one identity for all that this flow tries."""
        self._identity = HouseholdIdentity.new()
        self._data: dict[str, Any] = {}
        self._description: dict[str, str] = {}
        self._statement: PlanStatement | None = None
        self._setup: ReportSetup | None = None

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the enrolment sheet's contents and the source; fetch the plan."""
        error = None
        if user_input is not None:
            try:
                await self._async_fetch_plan(user_input)
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err)
            else:
                return await self._async_consent()
        return self._show_form("user", USER_SCHEMA, user_input, error)

    async def async_step_consent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Say in plain words what is asked; set the agreement up once agreed to."""
        return await self._async_consent(user_input)

    async def async_step_consent_program(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the program that is asked; set the agreement up once agreed to."""
        return await self._async_consent(user_input)

    async def _async_consent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Describe the plan in the words for its kind of question."""
        error = None
        if user_input is not None:
            try:
                return await self._async_agree(agreed=user_input[CONF_AGREED])
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err).on_form(CONF_AGREED)
            except NotWrittenError:
                error = FormError(key="not_written")
        of_program = self._statement is not None and isinstance(
            self._statement.plan.question, ProgramQuestion
        )
        step_id = "consent_program" if of_program else "consent"
        return self._show_form(step_id, CONSENT_SCHEMA, user_input, error)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the address or the credentials; another source is another report."""
        subentry = self._get_reconfigure_subentry()
        error = None
        if user_input is not None:
            try:
                data = await async_renewed(self.hass, subentry, user_input)
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err)
            else:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=data
                )
        return self._show_form(
            "reconfigure", RECONFIGURE_SCHEMA, user_input or dict(subentry.data), error
        )

    async def _async_fetch_plan(self, user_input: dict[str, Any]) -> None:
        """Log in and fetch the plan; raise what the form has to say."""
        entry = self._get_entry()
        source: str | None = user_input.get(CONF_SOURCE)
        if source is None and entry.data[CONF_DEVICE] is None:
            raise AccessError("source_required", base=CONF_SOURCE)
        if async_what_is_measured(self.hass, entry.entry_id, source) == entry.entry_id:
            source = None
        self._check_source_is_free(source)

        client = client_for(self.hass, user_input[CONF_URL])
        await client.async_service()
        token = await client.async_log_in(
            user=user_input[CONF_USERNAME],
            password=user_input[CONF_PASSWORD],
            household_key=self._identity.key,
        )
        statement = await self.hass.async_add_executor_job(
            PlanStatement.from_bytes, await client.async_plan()
        )
        plan = statement.plan
        typed = user_input.get(CONF_FINGERPRINT, "")
        if typed.strip() and _compact(typed) != _compact(statement.fingerprint):
            raise AccessError("fingerprint_differs", base=CONF_FINGERPRINT)
        floor = user_input.get(CONF_MINIMUM_WIDTH, {}).get(
            CONF_MINIMUM_WIDTH, DEFAULT_MINIMUM_WIDTH
        )
        question = plan.question
        if isinstance(question, RangeQuestion) and question.minimum_width < floor:
            raise AccessError("too_narrow")
        if plan.end <= dt_util.utcnow().timestamp():
            raise AccessError("period_over")

        self._statement = statement
        self._setup = ReportSetup(
            self.hass, client=client, identity=self._identity, statement=statement
        )
        self._description = await async_describe(
            self.hass, statement, source=_source_name(self.hass, entry.title, source)
        )
        self._data = {
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
    def _check_source_is_free(self, source: str | None) -> None:
        """Raise AccessError if a report of this source is running."""
        measured = async_what_is_measured(self.hass, self._get_entry().entry_id, source)
        if measured in async_measured_already(self.hass):
            raise AccessError("source_taken", base=CONF_SOURCE)

    async def _async_agree(self, *, agreed: bool) -> SubentryFlowResult:
        """Set the agreement up, write it down, and create the report."""
        if self._setup is None or self._statement is None:
            return await self.async_step_user()
        if not agreed:
            raise AccessError("consent_required", base=CONF_AGREED)
        # Another flow may have been faster.
        self._check_source_is_free(self._data[CONF_SOURCE])
        agreement = await self._setup.async_agree()
        agreement_id = agreement.id.hex()
        await ReportStorage(self.hass, agreement_id).async_save_agreement(
            agreement.to_bytes(),
            consent={
                **self._description,
                "digest": self._statement.digest.hex(),
                "agreed": dt_util.utcnow().isoformat(),
            },
        )
        return self.async_create_entry(
            title=self._statement.plan.provider,
            data={**self._data, CONF_AGREEMENT_ID: agreement_id},
            unique_id=agreement_id,
        )

    @callback
    def _show_form(
        self,
        step_id: str,
        schema: probatio.Schema,
        user_input: dict[str, Any] | None,
        error: FormError | None,
    ) -> SubentryFlowResult:
        """Show a form with what was typed, and with what went wrong."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors={error.base: error.key} if error else None,
            description_placeholders={
                **self._description,
                **(error.placeholders if error else {}),
            },
        )


@callback
def _source_name(hass: HomeAssistant, meter: str, source: str | None) -> str:
    """Return what people call a source."""
    if source is None:
        return meter
    state = hass.states.get(source)
    return state.name if state else source


def _compact(code: str) -> str:
    """Return a code without what people may type differently."""
    return "".join(code.replace("-", "").split()).upper()
