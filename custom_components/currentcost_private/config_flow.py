"""Config flow: a meter on a serial port, or a home whose power is measured otherwise."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_DEVICE, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import UNDEFINED

from .bill_flow import BillFlow
from .const import (
    CONF_SUBENTRY_ID,
    DOMAIN,
    SUBENTRY_BILL,
    SUBENTRY_IMPULSE_METER,
    SUBENTRY_NET_POWER,
    SUBENTRY_REPORT,
)
from .coordinator import CurrentCostConfigEntry
from .exchange import ExchangeError
from .impulse_flow import ImpulseMeterFlow
from .meter_form import METER_SCHEMA, baudrates_of, entry_data, title_of, typed_for
from .net_power_flow import NetPowerFlow
from .probe import Heard, ProbeError, async_probe
from .provider_client import ProviderError
from .remote_options import RemoteOptionsFlow
from .report_access import AccessError, FormError, async_renewed, form_error
from .report_flow import ReportFlow
from .usb_identity import async_identity

SEEN: Final = 1.0
"""Seconds that listening takes at least."""

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

    _heard: Heard
    _listening: asyncio.Task[Heard] | None = None
    _problem: ProbeError | None = None
    _report_id: str
    _typed: Mapping[str, Any] = MappingProxyType({})
    _unloaded: str | None = None
    """The entry that had to free its port."""

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Let every entry have all of them, but impulse meters need a display."""
        types: dict[str, type[ConfigSubentryFlow]] = {
            SUBENTRY_BILL: BillFlow,
            SUBENTRY_NET_POWER: NetPowerFlow,
            SUBENTRY_REPORT: ReportFlow,
        }
        if config_entry.data[CONF_DEVICE] is not None:
            types[SUBENTRY_IMPULSE_METER] = ImpulseMeterFlow
        return types

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
        if user_input is None:
            return self._show_meter_form("meter")
        self._typed = user_input
        # Check before listening: an entry that holds the port makes it busy.
        self._async_abort_entries_match({CONF_DEVICE: user_input[CONF_DEVICE]})
        return await self.async_step_listen()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the port, or give one to the entry that had none."""
        entry: CurrentCostConfigEntry = self._get_reconfigure_entry()
        if user_input is None:
            if not self._typed:
                self._typed = typed_for(entry.data)
            return self._show_meter_form("reconfigure")
        self._typed = user_input
        self._async_abort_entries_match({CONF_DEVICE: user_input[CONF_DEVICE]})
        # The entry holds its port, maybe under another name than the one chosen.
        if not await self.hass.config_entries.async_unload(entry.entry_id):
            return self.async_abort(reason="reconfigure_unload_failed")
        self._unloaded = entry.entry_id
        return await self.async_step_listen()

    async def async_step_listen(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  # the flow's signature
    ) -> ConfigFlowResult:
        """Listen at one rate after the other, and show how far that has come."""
        if self._listening is None:
            self._listening = self.hass.async_create_task(
                self._async_hear(),
                # The form's own answer must not be the end of it.
                eager_start=False,
            )
        if not self._listening.done():
            return self.async_show_progress(
                step_id="listen",
                progress_action="listen",
                progress_task=self._listening,
            )
        listening, self._listening, self._problem = self._listening, None, None
        try:
            self._heard = listening.result()
        except ProbeError as err:
            self._problem = err
            self._reload()
            step = "meter" if self.source == SOURCE_USER else "reconfigure"
            return self.async_show_progress_done(next_step_id=step)
        return self.async_show_progress_done(next_step_id="heard")

    async def _async_hear(self) -> Heard:
        """Listen, and let that be seen: some browsers miss what is over at once."""
        probing = async_probe(
            self._typed[CONF_DEVICE],
            baudrates_of(self._typed),
            progress=self.async_update_progress,
        )
        heard, _ = await asyncio.gather(
            probing, asyncio.sleep(SEEN), return_exceptions=True
        )
        if isinstance(heard, BaseException):
            raise heard
        return heard

    async def async_step_heard(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  # the flow's signature
    ) -> ConfigFlowResult:
        """Create the entry, or change it."""
        identity = await async_identity(self.hass, self._typed[CONF_DEVICE])
        data = entry_data(self._typed, self._heard, identity)
        title = title_of(
            self._heard, {entry.title for entry in self._async_current_entries()}
        )
        if self.source == SOURCE_USER:
            return self.async_create_entry(title=title, data=data)
        entry: CurrentCostConfigEntry = self._get_reconfigure_entry()
        had_none = entry.data[CONF_DEVICE] is None
        result = self.async_update_and_abort(
            entry, data=data, title=title if had_none else UNDEFINED
        )
        self._reload()
        return result

    @callback
    @override
    def async_remove(self) -> None:
        """Stop listening when the person leaves."""
        if self._listening is not None:
            self._listening.cancel()
        self._reload()

    @callback
    def _reload(self) -> None:
        """Let the entry run again that had to free its port."""
        if self._unloaded is not None:
            self.hass.config_entries.async_schedule_reload(self._unloaded)
            self._unloaded = None

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

    def _show_meter_form(self, step_id: str) -> ConfigFlowResult:
        """Show the form with what was typed, and with what the probe found."""
        problem = self._problem
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(METER_SCHEMA, self._typed),
            errors={"base": problem.key} if problem else None,
            description_placeholders=problem.placeholders if problem else None,
        )
