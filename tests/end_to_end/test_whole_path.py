"""The whole path as real processes, and what may go wrong on it."""

import asyncio
from datetime import datetime
import time

from currentcost_exchange import Report
import pytest

from demo.household import power_entity
from demo.system import System

from .ledger import Ledger
from .waiting import until

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


async def test_messages_have_one_length(system: System, ledger: Ledger) -> None:
    exchanges = [
        exchange
        for exchange in system.tap.exchanges
        if isinstance(exchange.claim, Report)
    ]
    outcomes = {row["outcome"] for row in (await ledger.listed()).values()}
    assert len(outcomes) > 1
    assert len({len(exchange.request.body) for exchange in exchanges}) == 1
    assert len({len(exchange.answer.body) for exchange in exchanges}) == 1
