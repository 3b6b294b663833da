"""The card and the dashboard: served, and loaded by every page of Home Assistant.

The version stands in the path, so that the modules find each other in the same version
and a browser may keep them for as long as it likes.
"""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN

FOLDER: Final = Path(__file__).with_name("frontend")
MODULE: Final = "currentcost-private.js"


async def async_setup_frontend_files(hass: HomeAssistant) -> None:
    """Serve the files, and have the frontend load them where there is one."""
    if "frontend" not in hass.config.components:
        return
    integration = await async_get_integration(hass, DOMAIN)
    path = f"/{DOMAIN}/{integration.version}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(path, str(FOLDER), cache_headers=True)]
    )
    add_extra_js_url(hass, f"{path}/{MODULE}")
