"""The question on demand, from an operator's request into the home and back."""

import asyncio
from datetime import UTC, datetime
import time
from typing import Any

from aiohttp import ClientSession
import pytest

from demo.api import SUBENTRY_FLOW
from demo.household import DOMAIN
from demo.provider import THRESHOLDS, USER
from demo.system import System
from demo.truth import mean_power, possible_buckets

from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("reloading"),
]

ASKED = 10
"""Seconds that a question speaks of."""


class Operator:
    """Somebody at the provider, with a program of their own."""

    def __init__(self, session: ClientSession, system: System, token: str) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{system.provider.port}/v1/operator/asks"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self) -> dict[str, Any]:
        """Ask, and return what it came to once that is known."""
        order = {"household": USER}
        async with self._session.post(
            self._url, json=order, headers=self._headers
        ) as response:
            assert response.status == 201, await response.text()
            asking = (await response.json())["asking"]
        answers: list[dict[str, Any]] = []

        async def is_answered() -> bool:
            url = f"{self._url}/{asking}"
            async with self._session.get(url, headers=self._headers) as response:
                answers[:] = (await response.json())["answers"]
            return bool(answers[0]["state"] != "waiting")

        await until(is_answered, within=30, every=0.2)
        return answers[0]


async def allow(system: System, every: str) -> None:
    """Let the provider ask, as the owner does it in the report's menu."""
    async with system.api.websocket() as websocket:
        [report] = [
            subentry
            for subentry in await websocket.call(
                "config_entries/subentries/list", entry_id=system.entry_id
            )
            if subentry["subentry_type"] == "report"
        ]
    flow = await system.api.post(
        SUBENTRY_FLOW,
        {
            "handler": [system.entry_id, "report"],
            "subentry_id": report["subentry_id"],
        },
    )
    form = await system.api.submit(SUBENTRY_FLOW, flow, {"next_step_id": "asking"})
    done = await system.api.post(
        f"{SUBENTRY_FLOW}/{form['flow_id']}", {"ask_every": every}
    )
    assert done["reason"] == "reconfigure_successful"


async def entity(system: System, key: str) -> str:
    """Return an entity of the report."""
    async with system.api.websocket() as websocket:
        entries = await websocket.call("config/entity_registry/list")
    [agreement] = [
        entry["unique_id"].removesuffix("_bucket")
        for entry in entries
        if entry["entity_id"] == system.report.bucket
    ]
    [found] = [
        entry["entity_id"]
        for entry in entries
        if (entry["platform"], entry["unique_id"]) == (DOMAIN, f"{agreement}_{key}")
    ]
    return str(found)


async def test_a_home_is_asked_and_its_owner_sees_it(system: System) -> None:
    command = system.provider.command
    await command("operator", "add", "asker", "--role", "operator")
    token = (await command("operator", "token", "asker")).decode().strip()
    await allow(system, "hour")
    event = await entity(system, "happening")
    last_asked = await entity(system, "last_asked")

    begun = datetime.now(UTC)

    async def told(verdicts: list[bool]) -> None:
        """Wait until the owner's history has what became of the questions."""
        path = f"history/period/{begun:%Y-%m-%dT%H:%M:%SZ}?filter_entity_id={event}"

        async def is_told() -> bool:
            [states] = await system.api.get(path) or [[]]
            asked = [
                state["attributes"]["answered"]
                for state in states
                if state["attributes"].get("event_type") == "provider_asked"
            ]
            return asked == verdicts

        await until(is_told, within=20, every=0.5)

    async with ClientSession() as session:
        operator = Operator(session, system, token)
        # Samples of the whole window must have been heard since the reload.
        await asyncio.sleep(2 * ASKED - time.time() % ASKED)
        first = await operator.ask()
        assert first["state"] == "bucket", first
        start = datetime.fromisoformat(first["start"]).timestamp()
        mean = mean_power(system.meter.samples(), int(start), ASKED)
        assert mean is not None
        assert first["result"]["outcome"] in possible_buckets(mean, THRESHOLDS)

        # Its owner allows one answer an hour.
        await asyncio.sleep(ASKED - time.time() % ASKED)
        assert (await operator.ask())["state"] == "declined"
        await told([True, False])
        last = (await system.api.get(f"states/{last_asked}"))["state"]
        assert datetime.fromisoformat(last) > begun
