"""Triggers, conditions and blueprints on the newest Home Assistant, as an editor has them."""

import asyncio
from typing import Any

import pytest

from demo.api import Websocket
from demo.household import DOMAIN
from demo.system import System

from .waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def async_offered(websocket: Websocket, kind: str) -> dict[str, Any]:
    """Return what an editor shows of this integration, with the fields' names."""
    await websocket.call(f"{kind}_platforms/subscribe")
    offered: dict[str, Any] = {}
    async with asyncio.timeout(30):
        while not any(name.startswith(f"{DOMAIN}.") for name in offered):
            message = await websocket._receive()
            if message["type"] == "event":
                offered |= message["event"]
    return {
        name.removeprefix(f"{DOMAIN}."): set(description.get("fields", {}))
        for name, description in offered.items()
        if name.startswith(f"{DOMAIN}.")
    }


async def test_editor_offers_them(system: System) -> None:
    async with system.api.websocket() as websocket:
        assert await async_offered(websocket, "trigger") == {
            "bucket_changed": {"behavior", "for", "from", "to"},
            "provider_asked": set(),
            "report_missed": set(),
        }
    async with system.api.websocket() as websocket:
        assert await async_offered(websocket, "condition") == {
            "bucket_at_least": {"behavior", "bucket", "for"}
        }
        blueprints = await websocket.call("blueprint/list", domain="automation")
    ours = {path for path in blueprints if path.startswith(f"{DOMAIN}/")}
    assert len(ours) == 3
    assert all("metadata" in blueprints[path] for path in ours)


async def test_automation_runs_on_a_bucket(system: System) -> None:
    """Of a blueprint, and one with trigger, condition and action of this integration."""
    target = {"entity_id": system.report.bucket}
    bucket = await system.api.get(f"states/{system.report.bucket}")
    lowest = bucket["attributes"]["options"][0]
    own = {
        "alias": "Own",
        "triggers": [{"trigger": f"{DOMAIN}.bucket_changed", "target": target}],
        "conditions": [
            {
                "condition": f"{DOMAIN}.bucket_at_least",
                "target": target,
                "options": {"bucket": lowest},
            }
        ],
        "actions": [
            {"action": f"{DOMAIN}.privacy_report", "response_variable": "said"},
            {"condition": "template", "value_template": "{{ said.bits.at_most > 0 }}"},
        ],
    }
    shed = {
        "alias": "Shed",
        "use_blueprint": {
            "path": f"{DOMAIN}/shed_load.yaml",
            "input": {"bucket": target["entity_id"], "lowest": lowest, "loads": []},
        },
    }
    for name, automation in (("own", own), ("shed", shed)):
        await system.api.post(f"config/automation/config/{name}", automation)

    async def have_run() -> bool:
        run = {
            state["entity_id"]
            for state in await system.api.get("states")
            if state["attributes"].get("last_triggered")
        }
        return {"automation.own", "automation.shed"} <= run

    await until(have_run, within=120, every=1)
