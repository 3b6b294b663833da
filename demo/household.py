"""What a person sets up in the browser: the meter, and a report to the provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .api import FLOW, Api

DOMAIN: Final = "currentcost_private"
BAUDRATE: Final = "57600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that was agreed to."""

    consent: Mapping[str, str]
    """What the person was told before agreeing, by the form's placeholders."""

    bucket: str
    """The entity that shows what the provider knows."""

    last_report: str
    """The entity that shows the end of the latest window reported."""


async def set_up_meter(api: Api, port: Path) -> str:
    """Go through the config flow of a meter and return the entry's id.

    Raises:
        DemoError: a form was not taken; says with what words.
    """
    flow = await api.start_flow(FLOW, DOMAIN)
    form = await api.submit(FLOW, flow, {"next_step_id": "meter"})
    created = await api.submit(
        FLOW, form, {"device": str(port), "line": {"baudrate": BAUDRATE}}
    )
    entry_id: str = created["result"]["entry_id"]
    return entry_id


async def set_up_report(
    api: Api, entry_id: str, *, url: str, enrolment: Mapping[str, Any]
) -> Report:
    """Go through the set-up of a report, its consent included.

    Raises:
        DemoError: a form was not taken; says with what words.
    """
    raise NotImplementedError


async def entity_ids(api: Api) -> dict[str, str]:
    """Return the integration's entities by the last part of their translation key."""
    async with api.websocket() as websocket:
        registry = await websocket.call("config/entity_registry/list")
    return {
        entry["translation_key"]: entry["entity_id"]
        for entry in registry
        if entry["platform"] == DOMAIN
    }
