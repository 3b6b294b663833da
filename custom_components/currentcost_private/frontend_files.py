"""The card, the dashboard and the panel of studies, as Home Assistant's pages load them.

The version stands in the path, so that the modules find each other in the same version
and a browser may keep them for as long as it likes.
"""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import (
    add_extra_js_url,
    async_register_built_in_panel,
    async_remove_panel,
)
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN, PANEL, SUBENTRY_REPORT
from .privacy_study import async_texts

FOLDER: Final = Path(__file__).with_name("frontend")
MODULE: Final = "currentcost-private.js"
PANEL_MODULE: Final = "panel.js"


async def async_setup_frontend_files(hass: HomeAssistant) -> None:
    """Serve the files, and have the frontend load them where there is one."""
    if "frontend" not in hass.config.components:
        return
    path = await _async_path(hass)
    await hass.http.async_register_static_paths(
        [StaticPathConfig(path, str(FOLDER), cache_headers=True)]
    )
    add_extra_js_url(hass, f"{path}/{MODULE}")


async def async_update_panel(hass: HomeAssistant) -> None:
    """Show the panel as long as there are reports, to administrators alone."""
    if "frontend" not in hass.config.components:
        return
    if not any(
        entry.get_subentries_of_type(SUBENTRY_REPORT)
        for entry in hass.config_entries.async_entries(DOMAIN)
    ):
        async_remove_panel(hass, PANEL, warn_if_unknown=False)
        return
    texts = await async_texts(hass, None)
    module = f"{await _async_path(hass)}/{PANEL_MODULE}"
    async_register_built_in_panel(
        hass,
        "custom",
        sidebar_title=texts["panel"],
        sidebar_icon="mdi:eye-lock-outline",
        frontend_url_path=PANEL,
        config={
            "_panel_custom": {
                "name": "currentcost-private-study",
                "module_url": module,
                "embed_iframe": False,
                "trust_external": False,
            }
        },
        require_admin=True,
        update=True,
    )


async def _async_path(hass: HomeAssistant) -> str:
    integration = await async_get_integration(hass, DOMAIN)
    return f"/{DOMAIN}/{integration.version}"
