"""What a person sets up in the browser: the meter, and a report to the provider."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any, Final

from .api import FLOW, SUBENTRY_FLOW, Api
from .errors import DemoError

DOMAIN: Final = "currentcost_private"
ENTITIES_WITHIN: Final = 30.0
"""Seconds from the end of a set-up until its entities are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that a person agreed to."""

    since: float
    """UTC seconds from which on readings count; no whole window lies before."""

    bits_per_day: int
    """What the consent form said can be given away in a day at most."""

    bucket: str
    """The entity that shows what the provider knows."""

    last_report: str
    """The entity that shows the end of the latest window with a bucket."""

    pending: str
    """The entity that counts what waits to be sent."""


async def set_up_meter(api: Api, port: Path) -> str:
    """Go through the config flow of a meter and return the entry's id.

    Raises:
        DemoError: a form was not taken, or no meter heard; says with what words.
    """
    flow = await api.start_flow(FLOW, DOMAIN)
    form = await api.submit(FLOW, flow, {"next_step_id": "meter"})
    step = await api.submit(FLOW, form, {"device": str(port), "line": {}})
    while step["type"] == "progress":
        await asyncio.sleep(0.1)
        step = await api.get(f"{FLOW}/{form['flow_id']}")
    if step["type"] != "create_entry":
        raise DemoError(f"Home Assistant did not hear the meter: {step.get('errors')}")
    entry_id: str = step["result"]["entry_id"]
    return entry_id


async def set_up_report(
    api: Api,
    entry_id: str,
    *,
    url: str,
    enrolment: Mapping[str, Any],
    source: str | None = None,
    outcome: str = "bucket",
) -> Report:
    """Go through the set-up of a report, its consent included.

    Args:
        api: the person's session.
        entry_id: the meter's entry.
        url: the provider's address.
        enrolment: the household's letter from the provider.
        source: the power sensor to report, the meter's total by default.
        outcome: what the entity of the outcome is called, "answer" of a program.

    Raises:
        DemoError: a form was not taken; says with what words.
    """
    flow = await api.start_flow(SUBENTRY_FLOW, [entry_id, "report"])
    letter = {
        "url": url,
        "username": enrolment["user"],
        "password": enrolment["password"],
        "fingerprint": enrolment["fingerprint"],
    }
    if source is not None:
        letter["source"] = source
    consent = await api.submit(SUBENTRY_FLOW, flow, letter)
    told = consent["description_placeholders"]
    if told["code"] != enrolment["code"]:
        raise DemoError(
            f"Home Assistant shows the code {told['code']}, the provider's letter "
            f"{enrolment['code']}."
        )
    created = await api.submit(SUBENTRY_FLOW, consent, {"agreed": True})
    agreement = created["unique_id"]
    entities = await _entities(
        api, [f"{agreement}_{key}" for key in (outcome, "last_report", "pending")]
    )
    return Report(
        since=time.time(),
        bits_per_day=int(told["bits"]),
        bucket=entities[f"{agreement}_{outcome}"],
        last_report=entities[f"{agreement}_last_report"],
        pending=entities[f"{agreement}_pending"],
    )


async def power_entity(api: Api, entry_id: str, *, sensor: int = 0) -> str:
    """Return the entity that shows the power of a sensor; 0 is the whole house."""
    unique_id = f"{entry_id}_{sensor}_power"
    return (await _entities(api, [unique_id]))[unique_id]


async def _entities(api: Api, unique_ids: list[str]) -> dict[str, str]:
    """Return entities by unique id, as soon as all of them have a state."""
    found: dict[str, str] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(ENTITIES_WITHIN), api.websocket() as websocket:
            while True:
                found = {
                    entry["unique_id"]: entry["entity_id"]
                    for entry in await websocket.call("config/entity_registry/list")
                    if entry["platform"] == DOMAIN and entry["unique_id"] in unique_ids
                }
                states = {state["entity_id"] for state in await api.get("states")}
                if len(found) == len(unique_ids) and states.issuperset(found.values()):
                    return found
                await asyncio.sleep(0.2)
    raise DemoError(
        f"Home Assistant did not create all entities: {len(found)} of {len(unique_ids)}"
    )
