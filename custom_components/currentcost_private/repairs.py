"""Fix flows: each leads a person to where the thing can be put right."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final, override

import probatio

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.usb import USBDevice
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigFlowContext,
    ConfigSubentry,
    SubentryFlowContext,
)
from homeassistant.const import CONF_DEVICE, CONF_SOURCE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import (
    CONF_AGREEMENT_ID,
    CONF_BAUDRATE,
    CONF_ENTRY_ID,
    CONF_SUBENTRY_ID,
    CONF_USB,
    CONF_WAY_OUT,
    DOMAIN,
    SUBENTRY_REPORT,
    WayOut,
)
from .coordinator import CurrentCostConfigEntry
from .measured import async_measured_already, async_what_is_measured
from .probe import ProbeError, async_probe
from .storage import ReportStorage
from .usb_identity import async_ports_of

SOURCE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_SOURCE): EntitySelector(
            EntitySelectorConfig(
                domain=Platform.SENSOR, device_class=SensorDeviceClass.POWER
            )
        )
    }
)

_NOTHING: Final = probatio.Schema({})

type IssueData = dict[str, str | int | float | None]


class FixFlow(RepairsFlow):
    """Says what happened; whoever goes on is led to the way out."""

    def __init__(self, data: IssueData) -> None:
        """Take what the issue knows."""
        self._known = data

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    @abstractmethod
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what happened, then lead on."""

    @callback
    def _show(
        self,
        step_id: str,
        schema: probatio.Schema = _NOTHING,
        errors: dict[str, str] | None = None,
    ) -> RepairsFlowResult:
        """Show a form that mentions what the issue mentions."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors=errors,
            description_placeholders=issue.translation_placeholders if issue else None,
        )


class ReportFixFlow(FixFlow):
    """The way out of an issue of a report."""

    @callback
    def _report(self) -> tuple[CurrentCostConfigEntry, ConfigSubentry] | None:
        """Return the report with its entry, None if it was deleted."""
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            subentry = entry.subentries.get(str(self._known[CONF_SUBENTRY_ID]))
            if subentry is not None:
                return entry, subentry
        return None


class ChangeReportFlow(ReportFixFlow):
    """Leads to a step of the report's own flow; the issue stays until that is done."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Open the report's flow at the step."""
        if user_input is None:
            return self._show("confirm")
        if (report := self._report()) is None:
            return self.async_abort(reason="report_removed")
        entry, subentry = report
        flows = self.hass.config_entries.subentries
        menu = await flows.async_init(
            (entry.entry_id, SUBENTRY_REPORT),
            context=SubentryFlowContext(
                source=SOURCE_RECONFIGURE, subentry_id=subentry.subentry_id
            ),
        )
        flow_id = menu["flow_id"]
        step = str(self._known[CONF_WAY_OUT])
        await flows.async_configure(flow_id, {"next_step_id": step})
        return self.async_abort(
            reason="continued", next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow_id)
        )


class ChooseSourceFlow(ReportFixFlow):
    """Asks for the sensor that measures what the missing one did."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Let the report go on with the chosen sensor."""
        if (report := self._report()) is None:
            return self.async_abort(reason="report_removed")
        if user_input is None:
            return self._show("confirm", SOURCE_SCHEMA)
        entry, subentry = report
        source: str | None = user_input[CONF_SOURCE]
        measured = async_what_is_measured(self.hass, entry.entry_id, source)
        but = subentry.subentry_id
        if measured in async_measured_already(self.hass, but=but):
            return self._show("confirm", SOURCE_SCHEMA, {CONF_SOURCE: "source_taken"})
        if measured == entry.entry_id:
            source = None
        self.hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, CONF_SOURCE: source}
        )
        return self.async_create_entry(data={})


class ReadFlow(ReportFixFlow):
    """Shows news, once."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Remember that it was read."""
        if user_input is None:
            return self._show("confirm")
        agreement_id = str(self._known[CONF_AGREEMENT_ID])
        await ReportStorage(self.hass, agreement_id).async_mark_read()
        return self.async_create_entry(data={})


class ChangePortFlow(FixFlow):
    """Leads to the form that asks for another port."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Open the entry's flow."""
        if user_input is None:
            return self._show("confirm")
        form = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context=ConfigFlowContext(
                source=SOURCE_RECONFIGURE, entry_id=str(self._known[CONF_ENTRY_ID])
            ),
        )
        return self.async_abort(
            reason="continued", next_flow=(FlowType.CONFIG_FLOW, form["flow_id"])
        )


class ChoosePortFlow(FixFlow):
    """Asks which of some ports is the meter's by now, and listens there."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Listen at the port that was chosen: a person says that it may be opened."""
        entry_id = str(self._known[CONF_ENTRY_ID])
        entry = self.hass.config_entries.async_get_entry(entry_id)
        # Meanwhile it may have been removed, or given an address without a cable.
        if entry is None or (identity := entry.data.get(CONF_USB)) is None:
            return self.async_abort(reason="no_port")
        ports = await async_ports_of(self.hass, identity, entry_id=entry_id)
        if not ports:
            return self.async_abort(reason="no_port")
        schema = _ports_schema(ports)
        if user_input is None:
            return self._show("confirm", schema)
        device: str = user_input[CONF_DEVICE]
        try:
            await async_probe(device, [entry.data[CONF_BAUDRATE]])
        except ProbeError:
            return self._show("confirm", schema, {CONF_DEVICE: "not_heard"})
        self.hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_DEVICE: device}
        )
        return self.async_create_entry(data={})


def _ports_schema(ports: Sequence[USBDevice]) -> probatio.Schema:
    options = [
        SelectOptionDict(
            value=port.device,
            label=f"{port.description or port.manufacturer or 'USB'}: {port.device}",
        )
        for port in ports
    ]
    selector = SelectSelector(
        SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
    )
    return probatio.Schema({probatio.Required(CONF_DEVICE): selector})


FLOWS: Final[dict[str, type[FixFlow]]] = {
    WayOut.ACCESS: ChangeReportFlow,
    WayOut.AGREE_AGAIN: ChangeReportFlow,
    WayOut.CHANGE_PORT: ChangePortFlow,
    WayOut.CHOOSE_PORT: ChoosePortFlow,
    WayOut.CHOOSE_SOURCE: ChooseSourceFlow,
    WayOut.READ: ReadFlow,
}


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    issue_id: str,  # noqa: ARG001
    data: IssueData | None,
) -> RepairsFlow:
    """Return the way out of an issue."""
    known = data or {}
    return FLOWS[str(known[CONF_WAY_OUT])](known)
