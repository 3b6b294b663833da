"""The flow that agrees on a report: who asks, what is given away, and the consent."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import (
    CONF_DEVICE,
    CONF_PASSWORD,
    CONF_SOURCE,
    CONF_URL,
    CONF_USERNAME,
    Platform,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from .asking import EVERY, NEVER
from .const import (
    CONF_AGREED,
    CONF_AGREEMENT_ID,
    CONF_ASK_EVERY,
    CONF_FINGERPRINT,
    CONF_MINIMUM_WIDTH,
    CONF_PROVIDER,
)
from .exchange import (
    ExchangeError,
    HouseholdIdentity,
    ProgramQuestion,
    Question,
    most_bits,
)
from .measured import async_measured_already, async_what_is_measured
from .privacy_study import async_power_of
from .provider_client import ProviderError
from .report_access import AccessError, FormError, async_renewed, form_error
from .report_description import at_most, plain
from .report_offer import (
    DEFAULT_MINIMUM_WIDTH,
    Offer,
    async_fetch_offer,
    async_fetch_offer_again,
)
from .report_succession import async_go_over
from .storage import NotWrittenError, ReportStorage
from .study_offer import async_past

SECTION_DETAILS: Final = "details"

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

ACCESS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_URL): _URL,
        probatio.Required(CONF_USERNAME): _TEXT,
        probatio.Optional(CONF_PASSWORD): _PASSWORD,
    }
)

ASKING_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_ASK_EVERY, default=NEVER): SelectSelector(
            SelectSelectorConfig(
                options=list(EVERY),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_ASK_EVERY,
            )
        )
    }
)

AGREE_AGAIN_SCHEMA: Final = ACCESS_SCHEMA.extend(
    {probatio.Optional(CONF_FINGERPRINT): _TEXT}
)

_SHOWN: Final = TextSelector(TextSelectorConfig(read_only=True))


def consent_schema(
    told: Mapping[str, str], *, details: Iterable[str]
) -> probatio.Schema:
    """Return the consent's form: the box, and below it what few people will check."""
    return probatio.Schema(
        {
            probatio.Required(CONF_AGREED, default=False): bool,
            probatio.Optional(SECTION_DETAILS): section(
                probatio.Schema(
                    {
                        probatio.Optional(detail, default=told[detail]): _SHOWN
                        for detail in details
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


class ReportFlow(ConfigSubentryFlow):
    """Agree on a report to an energy provider.

    Until the first report the one-time password may be used again: whoever leaves half
    way, or whose Home Assistant dies, begins anew with the same enrolment sheet.
    """

    _offer: Offer

    def __init__(self) -> None:
        """Take one identity for all that this flow tries."""
        self._identity = HouseholdIdentity.new()
        self._told: Mapping[str, str] = {}
        self._past: tuple[Offer, str] | None = None

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the enrolment sheet's contents and the source; fetch the plan."""
        error = None
        if user_input is not None:
            try:
                self._offer = await async_fetch_offer(
                    self.hass,
                    user_input,
                    entry=self._get_entry(),
                    identity=self._identity,
                    source=self._free_source(user_input.get(CONF_SOURCE)),
                )
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err)
            else:
                return await self._async_consent(self._offer)
        return self._show_form("user", USER_SCHEMA, user_input, error)

    async def async_step_reconfigure(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  # the flow's signature
    ) -> SubentryFlowResult:
        """Ask what is to be changed; another source is another report."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=[
                "access",
                *(["asking"] if self._question_on_demand() else []),
                "agree_again",
            ],
            description_placeholders={"report": self._get_reconfigure_subentry().title},
        )

    async def async_step_asking(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Let the owner say how often the provider may ask between reports."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self.async_update_and_abort(
                self._get_entry(), subentry, data={**subentry.data, **user_input}
            )
        question = self._question_on_demand()
        outcomes = question.outcomes if question else 1
        return self.async_show_form(
            step_id="asking",
            data_schema=self.add_suggested_values_to_schema(
                ASKING_SCHEMA, subentry.data
            ),
            description_placeholders={
                "provider": plain(subentry.data[CONF_PROVIDER]),
                "bits": at_most(most_bits(outcomes)),
                "answers": str(outcomes),
            },
        )

    @callback
    def _question_on_demand(self) -> Question | None:
        """Return what can be asked on demand, None if nothing can."""
        data = getattr(self._get_entry(), "runtime_data", None)
        subentry_id = self._get_reconfigure_subentry().subentry_id
        reporter = data and data.reporters.get(subentry_id)
        plan = reporter.statement.plan if reporter else None
        return plan.question if plan and plan.can_be_asked else None

    async def async_step_access(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the address or the credentials."""
        subentry = self._get_reconfigure_subentry()
        error = None
        if user_input is not None:
            try:
                data = await async_renewed(self.hass, subentry, user_input)
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err).on_form(*user_input)
            else:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=data
                )
        return self._show_form(
            "access", ACCESS_SCHEMA, user_input or dict(subentry.data), error
        )

    async def async_step_agree_again(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Fetch what the provider asks by now, with or without a new enrolment sheet."""
        subentry = self._get_reconfigure_subentry()
        error = None
        if user_input is not None:
            try:
                self._free_source(subentry.data[CONF_SOURCE])
                self._offer = await async_fetch_offer_again(
                    self.hass,
                    user_input,
                    entry=self._get_entry(),
                    identity=self._identity,
                    subentry=subentry,
                )
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err).on_form(*AGREE_AGAIN_SCHEMA.schema)
            else:
                return await self._async_consent(self._offer)
        known = {key: subentry.data[key] for key in (CONF_URL, CONF_USERNAME)}
        return self._show_form(
            "agree_again", AGREE_AGAIN_SCHEMA, user_input or known, error
        )

    async def async_step_consent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Say in plain words what is asked; set the agreement up once agreed to."""
        return await self._async_consent(self._offer, user_input)

    async_step_consent_program = async_step_consent
    """With the program that is asked."""

    async def _async_consent(
        self, offer: Offer, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Describe the plan in the words for its kind of question."""
        self._told = {**offer.told, "past": await self._async_past(offer)}
        error = None
        if user_input is not None:
            try:
                return await self._async_agree(offer, agreed=user_input[CONF_AGREED])
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err).on_form(CONF_AGREED)
            except NotWrittenError:
                error = FormError(key="not_written")
        details = ["code", "fingerprint"]
        step_id = "consent"
        if isinstance(offer.statement.plan.question, ProgramQuestion):
            details.append("plan")
            step_id = "consent_program"
        schema = consent_schema(offer.told, details=details)
        return self._show_form(step_id, schema, user_input, error)

    async def _async_past(self, offer: Offer) -> str:
        """Return what the plan would have told last month; worked out once."""
        if self._past is None or self._past[0] is not offer:
            source = offer.data[CONF_SOURCE]
            entity_id = async_power_of(self.hass, self._get_entry(), source)
            past = await async_past(self.hass, offer.statement.plan, entity_id)
            self._past = offer, past
        return self._past[1]

    async def _async_agree(self, offer: Offer, *, agreed: bool) -> SubentryFlowResult:
        """Set the agreement up, write it down, and let the report run with it."""
        if not agreed:
            raise AccessError("consent_required", base=CONF_AGREED)
        # Another flow may have been faster.
        self._check_source_is_free(offer.data[CONF_SOURCE])
        agreement = await offer.setup.async_agree()
        agreement_id = agreement.id.hex()
        consent = {
            **offer.told,
            "digest": offer.statement.digest.hex(),
            "agreed": dt_util.utcnow().isoformat(),
        }
        if self.source == SOURCE_RECONFIGURE:
            await async_go_over(
                self.hass,
                self._get_entry(),
                self._get_reconfigure_subentry(),
                agreement=agreement,
                consent=consent,
                offer=offer,
            )
            return self.async_abort(reason="agreed_again")
        await ReportStorage(self.hass, agreement_id).async_save_agreement(
            agreement.to_bytes(), consent=consent
        )
        return self.async_create_entry(
            title=offer.statement.plan.provider,
            data={**offer.data, CONF_AGREEMENT_ID: agreement_id},
            unique_id=agreement_id,
        )

    @callback
    def _free_source(self, source: str | None) -> str | None:
        """Return a source by its one name: None is the meter's total.

        Raises AccessError if there is none, or another report measures it.
        """
        entry = self._get_entry()
        if source is None and entry.data[CONF_DEVICE] is None:
            raise AccessError("source_required", base=CONF_SOURCE)
        if async_what_is_measured(self.hass, entry.entry_id, source) == entry.entry_id:
            source = None
        self._check_source_is_free(source)
        return source

    @callback
    def _check_source_is_free(self, source: str | None) -> None:
        """Raise AccessError if another report of this source is running."""
        but = None
        if self.source == SOURCE_RECONFIGURE:
            but = self._get_reconfigure_subentry().subentry_id
        measured = async_what_is_measured(self.hass, self._get_entry().entry_id, source)
        if measured in async_measured_already(self.hass, but=but):
            raise AccessError("source_taken", base=CONF_SOURCE)

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
                **self._told,
                **(error.placeholders if error else {}),
            },
        )
