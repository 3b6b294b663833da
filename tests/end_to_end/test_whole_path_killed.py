"""Each part of the whole path killed in the middle: it comes back by itself."""

import asyncio
import time

import pytest

from demo.system import System

from .ledger import Ledger
from .waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_provider_killed_and_back(system: System, ledger: Ledger) -> None:
    start = await ledger.middle_of_window()
    await system.provider.kill()
    # A whole window ends while nobody answers.
    await asyncio.sleep(max(0.0, start + system.window + 2 - time.time()))
    await system.provider.start()
    results = await ledger.settled(start + system.window)
    assert results[start]["state"] == "bucket"


async def test_provider_killed_before_its_answer_arrives(
    system: System, ledger: Ledger
) -> None:
    start = await ledger.middle_of_window()
    with system.tap.answers_lost():
        await until(lambda: ledger.has(start), within=60, every=0.5)
        await system.provider.kill()
    await system.provider.start()
    await ledger.settled(start + system.window)
    answers = {
        exchange.answer.body
        for exchange in system.tap.exchanges
        if exchange.claim and exchange.claim.window.start == start
    }
    assert len(answers) == 1


async def test_home_assistant_killed_with_reports_pending(
    system: System, ledger: Ledger
) -> None:
    start = await ledger.middle_of_window()
    await system.provider.kill()
    async with asyncio.timeout(60), system.api.websocket() as websocket:
        pending = system.report.pending
        await websocket.wait_for_states(
            [pending], lambda states: states.get(pending) == "1"
        )
    await ledger.middle_of_window()
    async with ledger.disturbance():
        await system.home_assistant.kill()
        await system.provider.start()
        await system.home_assistant.start()
        await system.api.running()
    results = await ledger.settled(ledger.current_window() + system.window)
    # What was on the disk was sent as it was, with the measure that it had.
    assert results[start]["state"] == "bucket"


async def test_meter_unplugged_and_back(system: System, ledger: Ledger) -> None:
    await ledger.middle_of_window()
    async with ledger.disturbance():
        await system.meter.kill()
        assert not system.meter.port.exists()
        await asyncio.sleep(3)
        await system.meter.start()
        heard = len(system.meter.samples())

        async def is_heard() -> bool:
            # The record has what was sent to a client that listens.
            return len(system.meter.samples()) > heard + 4

        await until(is_heard, within=60)
    await ledger.settled(ledger.current_window() + system.window)
