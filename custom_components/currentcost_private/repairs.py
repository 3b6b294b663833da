"""Fix flows: each leads a person to where the thing can be put right."""

from abc import abstractmethod
from typing import Any, Final, override

import probatio

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    SubentryFlowContext,
)
from homeassistant.const import CONF_SOURCE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from .const import CONF_AGREEMENT_ID, CONF_SUBENTRY_ID, DOMAIN, SUBENTRY_REPORT
from .coordinator import CurrentCostConfigEntry
from .measured import async_measured_already, async_what_is_measured
from .report_issues import CONF_WAY_OUT, WayOut
from .storage import ReportStorage

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


FLOWS: Final[dict[str, type[FixFlow]]] = {
    WayOut.ACCESS: ChangeReportFlow,
    WayOut.AGREE_AGAIN: ChangeReportFlow,
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
