"""Repair issues of a meter's port, and the way out of each."""

from enum import StrEnum
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_ENTRY_ID, CONF_WAY_OUT, DOMAIN, WayOut


class MeterIssue(StrEnum):
    """The issues, by their translation keys."""

    BUSY = "port_busy"
    MOVED = "port_moved"
    TAKEN = "port_taken"


WAYS_OUT: Final = {
    MeterIssue.BUSY: WayOut.CHANGE_PORT,
    MeterIssue.MOVED: WayOut.CHOOSE_PORT,
    MeterIssue.TAKEN: WayOut.CHANGE_PORT,
}


@callback
def async_show_meter_issue(
    hass: HomeAssistant,
    shown: MeterIssue | None,
    entry: ConfigEntry,
    **placeholders: str,
) -> None:
    """Show one issue of a meter's port, or none, and take the others away."""
    for issue in MeterIssue:
        issue_id = f"{issue}_{entry.entry_id}"
        if issue is not shown:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={CONF_ENTRY_ID: entry.entry_id, CONF_WAY_OUT: WAYS_OUT[issue]},
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=issue,
            translation_placeholders={"meter": entry.title, **placeholders},
        )
