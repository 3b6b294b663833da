"""What the provider was sent, what it stored and what it remembers: no reading.

How far such a search reaches is said in traces.py. Each search is made a second time
where the readings are known to be, and has to find them there.
"""

from currentcost_exchange import Report
import pytest
import pytest_asyncio

from demo.provider import USER
from demo.system import System
from demo.truth import mean_power

from .ledger import Ledger
from .traces import (
    CLEAR_IN_MEMORY,
    LEAST,
    forms_that_stand_out,
    read_cells,
    read_files,
    read_memory,
    write_number,
)
from .waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

ENOUGH = 60


def distinct_readings(system: System) -> set[int]:
    return {s.watts for s in system.meter.samples() if s.watts >= LEAST}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def numbers(system: System, ledger: Ledger) -> set[int]:
    """Return the run's readings, and the measures of its windows, that are large."""

    async def enough() -> bool:
        return len(distinct_readings(system)) >= ENOUGH

    await until(enough, within=120, every=1)
    windows = await ledger.settled(ledger.current_window())
    samples = system.meter.samples()
    means = [mean_power(samples, start, system.window) for start in windows]
    measures = {round(mean.watts) for mean in means if mean and mean.watts >= LEAST}
    return distinct_readings(system) | measures


async def test_nothing_that_was_sent_holds_a_reading(
    system: System, numbers: set[int]
) -> None:
    received = bytes(system.tap.received)
    assert USER.encode() in received
    assert forms_that_stand_out([received], numbers) == []
    told = b"".join(write_number(number, "decimal") for number in numbers)
    assert forms_that_stand_out([received, told], numbers) == ["decimal"]


async def test_nothing_that_is_stored_holds_a_reading(
    system: System, numbers: set[int]
) -> None:
    folder = system.processes.folder
    stored = list(read_files(folder, "provider.*"))
    assert any(USER.encode() in content for content in stored)
    assert forms_that_stand_out(stored, numbers) == []
    # In a database's file a number stands beside others without a gap.
    cells = list(read_cells(system.provider.database))
    assert USER.encode() in cells
    assert forms_that_stand_out(cells, numbers) == []

    at_home = read_cells(folder / "home-assistant/home-assistant_v2.db")
    assert "decimal" in forms_that_stand_out(at_home, numbers)


async def test_nothing_that_is_remembered_holds_a_reading(
    system: System, numbers: set[int]
) -> None:
    pid = system.provider.process.pid
    memory = list(read_memory(pid))
    assert any(USER.encode() in region for region in memory)
    assert b"<watts>" not in b"".join(memory)
    assert forms_that_stand_out(memory, numbers, CLEAR_IN_MEMORY) == []

    at_home = read_memory(system.home_assistant.process.pid)
    assert forms_that_stand_out(at_home, numbers, ["decimal"]) == ["decimal"]


async def test_messages_have_one_length(system: System, ledger: Ledger) -> None:
    async def different_outcomes() -> bool:
        outcomes = {row["outcome"] for row in (await ledger.listed()).values()}
        return len(outcomes - {None}) > 1

    await until(different_outcomes, within=120, every=1)
    exchanges = [
        exchange
        for exchange in system.tap.exchanges
        if isinstance(exchange.claim, Report)
    ]
    assert len({len(exchange.request.body) for exchange in exchanges}) == 1
    assert len({len(exchange.answer.body) for exchange in exchanges}) == 1
