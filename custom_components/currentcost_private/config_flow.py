"""Config flow: a meter on a serial port, or a home whose power is measured otherwise."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_DEVICE, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import UNDEFINED

from .bill_flow import BillFlow
from .const import (
    CONF_BAUDRATE,
    CONF_SUBENTRY_ID,
    DOMAIN,
    MODELS,
    SUBENTRY_BILL,
    SUBENTRY_NET_POWER,
    SUBENTRY_REPORT,
)
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError
from .net_power_flow import NetPowerFlow
from .probe import ProbeError, async_probe
from .provider_client import ProviderError
from .remote_options import RemoteOptionsFlow
from .report_access import AccessError, FormError, async_renewed, form_error
from .report_flow import ReportFlow

SECTION_LINE: Final = "line"
BAUDRATES: Final = ("57600", "9600", "2400")

METER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE): SerialPortSelector(),
        probatio.Required(SECTION_LINE): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_BAUDRATE, default=BAUDRATES[0]
                    ): SelectSelector(
                        SelectSelectorConfig(
                            options=list(BAUDRATES),
                            mode=SelectSelectorMode.DROPDOWN,
                            translation_key=CONF_BAUDRATE,
                        )
                    )
                }
            ),
            {"collapsed": True},
        ),
    }
)

REAUTH_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): TextSelector(),
        probatio.Required(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD)
        ),
    }
)


class CurrentCostConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a meter, or reports without one."""

    VERSION = 1

    _report_id: str

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Let every entry have all of them."""
        return {
            SUBENTRY_BILL: BillFlow,
            SUBENTRY_NET_POWER: NetPowerFlow,
            SUBENTRY_REPORT: ReportFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Let a person choose who may read from afar."""
        return RemoteOptionsFlow()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Without a meter there is nothing to read."""
        return config_entry.data[CONF_DEVICE] is not None

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the readings come from."""
        return self.async_show_menu(step_id="user", menu_options=["meter", "no_meter"])

    async def async_step_no_meter(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  # the flow's signature
    ) -> ConfigFlowResult:
        """Create the one entry that has no meter, for reports of any power sensor."""
        data = {CONF_DEVICE: None}
        self._async_abort_entries_match(data)
        return self.async_create_entry(title="Power sensors", data=data)

    async def async_step_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the port, and listen there before an entry is created."""
        problem = None
        if user_input is not None:
            data = _entry_data(user_input)
            # Check before probing: an entry that holds the port makes it busy.
            self._async_abort_entries_match({CONF_DEVICE: data[CONF_DEVICE]})
            try:
                model = await async_probe(data[CONF_DEVICE], data[CONF_BAUDRATE])
            except ProbeError as err:
                problem = err
            else:
                return self.async_create_entry(title=_title(model), data=data)
        return self._show_meter_form("meter", user_input, problem)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the port, or give one to the entry that had none."""
        entry: CurrentCostConfigEntry = self._get_reconfigure_entry()
        problem = None
        if user_input is None:
            user_input = _user_input(entry)
        else:
            data = _entry_data(user_input)
            self._async_abort_entries_match({CONF_DEVICE: data[CONF_DEVICE]})
            # The entry holds its port, maybe under another name than the one chosen.
            if not await self.hass.config_entries.async_unload(entry.entry_id):
                return self.async_abort(reason="reconfigure_unload_failed")
            try:
                model = await async_probe(data[CONF_DEVICE], data[CONF_BAUDRATE])
            except ProbeError as err:
                problem = err
            else:
                had_none = entry.data[CONF_DEVICE] is None
                return self.async_update_and_abort(
                    entry, data=data, title=_title(model) if had_none else UNDEFINED
                )
            finally:
                # With the new settings, or with the old ones while the person retries.
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self._show_meter_form("reconfigure", user_input, problem)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin for the report whose token the provider rejects."""
        self._report_id = entry_data[CONF_SUBENTRY_ID]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Exchange a new one-time password for a token of the running agreement."""
        entry: CurrentCostConfigEntry = self._get_reauth_entry()
        subentry = entry.subentries.get(self._report_id)
        if subentry is None:
            return self.async_abort(reason="report_removed")
        error: FormError | None = None
        if user_input is not None:
            try:
                data = await async_renewed(self.hass, subentry, user_input)
            except (AccessError, ExchangeError, ProviderError) as err:
                error = form_error(err).on_form(*user_input)
            else:
                self.hass.config_entries.async_update_subentry(
                    entry, subentry, data=data
                )
                return self.async_update_and_abort(entry)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(
                REAUTH_SCHEMA,
                user_input or {CONF_USERNAME: subentry.data[CONF_USERNAME]},
            ),
            errors={error.base: error.key} if error else None,
            description_placeholders={
                "report": subentry.title,
                **(error.placeholders if error else {}),
            },
        )

    def _show_meter_form(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        problem: ProbeError | None,
    ) -> ConfigFlowResult:
        """Show the form with what was typed, and with what the probe found."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(METER_SCHEMA, user_input),
            errors={"base": problem.key} if problem else None,
            description_placeholders=problem.placeholders if problem else None,
        )


def _entry_data(user_input: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an entry for what was typed."""
    return {
        CONF_DEVICE: user_input[CONF_DEVICE],
        CONF_BAUDRATE: int(user_input[SECTION_LINE][CONF_BAUDRATE]),
    }


def _user_input(entry: CurrentCostConfigEntry) -> dict[str, Any]:
    """Return what has to be typed for the data that an entry has."""
    if entry.data[CONF_DEVICE] is None:
        return {}
    return {
        CONF_DEVICE: entry.data[CONF_DEVICE],
        SECTION_LINE: {CONF_BAUDRATE: str(entry.data[CONF_BAUDRATE])},
    }


def _title(model: str) -> str:
    """Return the title of a meter's entry."""
    return f"CurrentCost {MODELS.get(model, model)}"
