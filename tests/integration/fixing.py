"""Going through a fix flow, as a person does who opens a repair issue."""

from typing import Any

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component


def issues_shown(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the integration's issues by their translation keys."""
    return {
        str(issue.translation_key): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


async def async_open_fix(hass: HomeAssistant, key: str) -> Any:
    """Open an issue that can be fixed, and return the first form."""
    assert await async_setup_component(hass, "repairs", {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    issue = issues_shown(hass)[key]
    assert issue.is_fixable
    return await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})


async def async_fix(hass: HomeAssistant, form: Any, typed: dict[str, Any]) -> Any:
    """Send a form of a fix flow and return what comes next."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    result = await manager.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    return result


async def async_next_flow(hass: HomeAssistant, form: Any) -> Any:
    """Go on from a fix flow's form to the flow that it leads to; return its form."""
    result = await async_fix(hass, form, {})
    assert result["reason"] == "continued"
    kind, flow_id = result["next_flow"]
    if kind == "config_flow":
        return hass.config_entries.flow.async_get(flow_id)
    return hass.config_entries.subentries.async_get(flow_id)
