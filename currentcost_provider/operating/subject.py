"""All that is stored of one household: to show it, to hand it out, to erase it.

Whatever table refers to a household or to one of its agreements belongs to it, so a
table that is added later is exported and erased as well.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from enum import Enum
import json
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    delete,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from ..refusals import Refusal
from ..results import iso, meaning_of
from ..storage.database import Database, whole
from ..storage.models import AgreementRow, AuditRow, Base, HouseholdRow, PlanRow
from ..storage.registry import Registry
from ..storage.sealed import SEALED
from .plan_views import statement_of

_ROWS: Final = 1000
_households: Final = cast("Table", HouseholdRow.__table__)
_agreements: Final = cast("Table", AgreementRow.__table__)
_WITHHELD: Final = {
    (column.table.__tablename__, column.column): "the provider's secret, encrypted"
    for column in SEALED
} | {
    ("household", "password_hash"): "hash of the one-time password",
    ("household", "token_hash"): "hash of the token",
}
"""What is not handed out: it would help whoever got hold of the copy, and nobody else."""


def belonging(household_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield the tables with rows of a household, and which these are; itself first."""
    yield _households, _households.c.id == household_id
    own = select(_agreements.c.id).where(_agreements.c.household_id == household_id)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.references(_households.c.id):
                yield table, column == household_id
                break
            if column.references(_agreements.c.id):
                yield table, column.in_(own)
                break


async def erase(session: AsyncSession, household_id: int) -> None:
    """Delete all that is stored of a household, in a transaction that has its lock."""
    for table, condition in reversed(list(belonging(household_id))):
        await session.execute(delete(table).where(condition))


async def stored(database: Database, household_id: int) -> dict[str, int]:
    """Return how many rows there are of a household, by table."""
    async with database.read() as session:
        return {
            table.name: await session.scalar(
                select(func.count()).select_from(table).where(condition)
            )
            or 0
            for table, condition in belonging(household_id)
        }


async def export(database: Database, household: HouseholdRow) -> AsyncIterator[str]:
    """Yield a JSON document of all that is stored of a household, part by part.

    Bytes are in hexadecimal, times in UTC seconds. Each part is read in a transaction
    of its own, so that a slow reader holds nobody up.
    """
    withheld = [
        {"table": table, "column": column, "what": what}
        for (table, column), what in _WITHHELD.items()
    ]
    head = {"household": household.user, "not_included": withheld}
    yield json.dumps(head, indent=1).removesuffix("\n}")
    yield ',\n "plans": ' + json.dumps(await whole(_plans(database, household.id)))
    for table, condition in belonging(household.id):
        yield f",\n {json.dumps(table.name)}: ["
        separator = "\n  "
        async for row in _rows(database, table, condition):
            yield separator + json.dumps(row)
            separator = ",\n  "
        yield "]"
    own = AuditRow.subject == household.user
    yield ',\n "audit": ['
    separator = "\n  "
    async for row in _rows(database, cast("Table", AuditRow.__table__), own):
        yield separator + json.dumps(row)
        separator = ",\n  "
    yield "]\n}\n"


async def _plans(database: Database, household_id: int) -> list[dict[str, Any]]:
    """Return what the household was asked, with what its outcomes mean."""
    keys = select(AgreementRow.plan_key).where(
        AgreementRow.household_id == household_id
    )
    async with database.read() as session:
        rows = (
            await session.scalars(
                select(PlanRow).where(PlanRow.id.in_(keys)).order_by(PlanRow.id)
            )
        ).all()
    return [_plan(Registry(database), row) for row in rows]


def _plan(registry: Registry, row: PlanRow) -> dict[str, Any]:
    found: dict[str, Any] = {"key": row.id, "plan": row.plan_id}
    try:
        plan = statement_of(row).plan
    except Refusal as err:
        return found | {"unreadable": str(err)}
    values = registry.values(row)
    meanings = [
        meaning_of(plan.question, values, outcome)
        for outcome in range(len(plan.question.labels))
    ]
    return found | {
        "title": plan.title,
        "start": iso(plan.start),
        "end": iso(plan.end),
        "unit": plan.question.unit,
        "outcomes": [
            {
                "outcome": outcome,
                "label": meaning.label,
                "lower": meaning.lower,
                "upper": meaning.upper,
                "unit": meaning.unit,
            }
            for outcome, meaning in enumerate(meanings)
        ],
    }


async def _rows(
    database: Database, table: Table, condition: ColumnElement[bool]
) -> AsyncIterator[dict[str, Any]]:
    key = list(table.primary_key)
    after: tuple[Any, ...] | None = None
    while True:
        query = select(table).where(condition).order_by(*key).limit(_ROWS)
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*map(literal, after)))
        rows = await whole(_page(database, query))
        for row in rows:
            yield _document(table, row)
        if len(rows) < _ROWS:
            return
        after = tuple(rows[-1][column.name] for column in key)


async def _page(database: Database, query: Select[Any]) -> Sequence[Mapping[Any, Any]]:
    async with database.read() as session:
        return (await session.execute(query)).mappings().all()


def _document(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        column.name: _plain(row[column.name])
        for column in table.columns
        if (table.name, column.name) not in _WITHHELD
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.value if isinstance(value, Enum) else value
