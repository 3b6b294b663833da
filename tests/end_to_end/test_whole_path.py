"""The whole path as real processes, and what may go wrong on it."""

import asyncio
from datetime import datetime

import pytest

from demo.household import power_entity
from demo.system import System

from .ledger import Ledger

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_home_assistant_shows_what_the_meter_sends(system: System) -> None:
    entity_id = await power_entity(system.api, system.entry_id)
    async with asyncio.timeout(20), system.api.websocket() as websocket:
        await websocket.wait_for_states(
            [entity_id],
            lambda states: (
                states.get(entity_id)
                in {str(sample.watts) for sample in system.meter.samples()[-8:]}
            ),
        )


async def test_each_bucket_is_the_plain_computations(
    system: System, ledger: Ledger
) -> None:
    results = await ledger.settled(ledger.current_window() + system.window)
    assert "bucket" in {row["state"] for row in results.values()}


async def test_home_assistant_shows_the_bucket(system: System, ledger: Ledger) -> None:
    start = ledger.current_window()
    results = await ledger.settled(start)
    report = system.report

    def shows(states: dict[str, str]) -> bool:
        last = states.get(report.last_report, "unknown")
        return (
            last != "unknown"
            and datetime.fromisoformat(last).timestamp() == start + system.window
            and states[report.bucket] == results[start]["label"]
        )

    async with asyncio.timeout(20), system.api.websocket() as websocket:
        await websocket.wait_for_states([report.bucket, report.last_report], shows)
