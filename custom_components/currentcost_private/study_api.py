"""What the panel of privacy studies asks for; for administrators alone.

A study tells when people are out and asleep.
"""

from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs
from aiohttp.web import Request, Response
import probatio

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import (
    async_response,
    require_admin,
    websocket_command,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import HomeAssistantView

from .const import CONF_SUBENTRY_ID, DOMAIN
from .privacy_study import async_studies, study_store
from .running import async_running

_HEADERS: Final = {
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.CONTENT_DISPOSITION: 'attachment; filename="privacy-study.html"',
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@callback
def async_setup_study_api(hass: HomeAssistant) -> None:
    """Register commands and view."""
    async_register_command(hass, websocket_list)
    async_register_command(hass, websocket_make)
    hass.http.register_view(StudyView(hass))


@callback
@require_admin
@websocket_command({probatio.Required("type"): f"{DOMAIN}/studies"})
@async_response
async def websocket_list(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Answer with the reports, and when a study of each was made."""
    making = async_studies(hass).making
    reports = []
    for _, reporter in async_running(hass):
        subentry = reporter.subentry
        stored = await study_store(hass, subentry.subentry_id).async_load()
        reports.append(
            {
                CONF_SUBENTRY_ID: subentry.subentry_id,
                "title": subentry.title,
                "question": reporter.statement.plan.title,
                "made": stored and stored["made"],
                "making": subentry.subentry_id in making,
            }
        )
    connection.send_result(msg["id"], reports)


@callback
@require_admin
@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/make_study",
        probatio.Required(CONF_SUBENTRY_ID): str,
        probatio.Optional("language"): str,
    }
)
@async_response
async def websocket_make(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Make a study; answer when it is there."""
    found = [
        running
        for running in async_running(hass)
        if running[1].subentry.subentry_id == msg[CONF_SUBENTRY_ID]
    ]
    if not found:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "There is no such report.")
        return
    study = await async_studies(hass).async_make(
        *found[0], language=msg.get("language")
    )
    connection.send_result(msg["id"], {"made": study.made})


class StudyView(HomeAssistantView):
    """A study's page."""

    url = f"/api/{DOMAIN}/study/{{{CONF_SUBENTRY_ID}}}"
    name = f"api:{DOMAIN}:study"

    def __init__(self, hass: HomeAssistant) -> None:
        """Take Home Assistant."""
        self._hass = hass

    async def get(self, request: Request, subentry_id: str) -> Response:
        """Answer with the page, to be shown or kept by who asks."""
        if not request[KEY_HASS_USER].is_admin:
            raise Unauthorized
        known = {
            reporter.subentry.subentry_id for _, reporter in async_running(self._hass)
        }
        stored = None
        if subentry_id in known:
            stored = await study_store(self._hass, subentry_id).async_load()
        if stored is None:
            return self.json_message("There is no such study.", HTTPStatus.NOT_FOUND)
        return Response(text=stored["page"], content_type="text/html", headers=_HEADERS)
