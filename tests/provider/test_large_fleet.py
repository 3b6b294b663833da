"""What is looked at costs no more than what is shown, whatever else is stored.

Speed is measured elsewhere; here is how SQLite goes about it, which keeps no statistics
and so must be led to the right index. (Counting 20,000 households' consents took minutes
by the wrong one.)
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from currentcost_provider.operating.consents import Consents
from currentcost_provider.operating.fleet import FleetView
from currentcost_provider.operating.fleet_details import FleetDetails, Standing
from currentcost_provider.results import Results
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.ledger import Ledger, ResultFilter
from currentcost_provider.storage.registry import Registry

from .conftest import NOON


@asynccontextmanager
async def steps_of(database: Database) -> AsyncIterator[list[str]]:
    """Collect how the statements inside were gone about."""
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _s: object, statement: str, given: Any, *_: object) -> None:
        statements.append((statement, given))

    steps: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.engine.connect() as connection:
        for statement, given in statements:
            if statement.startswith("SELECT"):
                found = await connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", given
                )
                steps += [row[3] for row in found]


type Look = Callable[[Database], Any]


def page(**wanted: Any) -> Look:
    def look(database: Database) -> Any:
        results = Results(Ledger(database), Registry(database))
        after = None if "user" in wanted else (NOON, b"", 1)
        return results.page(ResultFilter(**wanted), after=after)

    return look


BY_HOUSEHOLD = "agreement USING INDEX ix_agreement_household_id_plan_key_state"
BY_PLAN = "agreement USING COVERING INDEX ix_agreement_plan_key_state_confirmed_id"
BY_START = "window_claim USING INDEX ix_window_claim_start_agreement_id"


@pytest.mark.parametrize(
    ("look", "through"),
    [
        (lambda d: Consents(d).count("evening"), BY_HOUSEHOLD),
        (
            lambda d: Consents(d).waiting("evening", after=None, limit=9),
            BY_HOUSEHOLD,
        ),
        (lambda d: FleetView(d).now("evening", at=NOON), BY_PLAN),
        (lambda d: FleetDetails(d).history("evening", seconds=900), BY_PLAN),
        (
            lambda d: FleetDetails(d).households("evening", Standing.LATE, limit=9),
            "agreement",
        ),
        (page(), BY_START),
        (page(plan="evening"), BY_START),
        (page(since=NOON, until=NOON + 900), BY_START),
        (page(user="anna"), BY_HOUSEHOLD),
    ],
)
async def test_nothing_is_gone_through_for_a_part_of_it(
    database: Database, look: Look, through: str
) -> None:
    async with steps_of(database) as steps:
        await look(database)
    assert any(f"SEARCH {through}" in step for step in steps)
    large = ("SCAN agreement", "SCAN window_claim")
    assert not any(step.startswith(large) for step in steps)
    if through == BY_START:
        # All that has one start would be sorted for each page.
        assert "USE TEMP B-TREE FOR ORDER BY" not in steps
        assert not any("LAST 3" in step or "LAST 2" in step for step in steps)
