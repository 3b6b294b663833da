"""Key rotation: every sealed value under the first of the keys, while work goes on."""

import asyncio
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
from .sealed import SEALED, SealedColumn

_ROWS: Final = 200
_PAUSE_SECONDS: Final = 0.1


async def key_usage(database: Database) -> dict[bytes, int]:
    """Return how many values are sealed with each key, by its id."""
    usage: dict[bytes, int] = {}
    async with database.read() as session:
        for sealed in SEALED:
            column = _column(sealed)
            name = _key_id(column)
            query = select(name, func.count()).where(column.is_not(None)).group_by(name)
            for found, count in await session.execute(query):
                usage[found] = usage.get(found, 0) + count
    return usage


async def reseal(database: Database) -> int:
    """Seal again what is sealed with other keys than the first; return how much.

    Rows that somebody is writing are passed over and taken up again afterwards.
    """
    count = 0
    for sealed in SEALED:
        while await _others(database, sealed):
            after: Any = None
            while True:
                async with database.write() as session:
                    keys = await _reseal_some(database, session, sealed, after)
                if not keys:
                    break
                count, after = count + len(keys), keys[-1]
            await asyncio.sleep(_PAUSE_SECONDS)
    return count


async def _reseal_some(
    database: Database, session: AsyncSession, sealed: SealedColumn, after: Any
) -> list[Any]:
    table, column = _table(sealed), _column(sealed)
    query = (
        select(table.c.id, column)
        .where(_is_other(database, column))
        .order_by(table.c.id)
        .limit(_ROWS)
        .with_for_update(skip_locked=True)
    )
    if after is not None:
        query = query.where(table.c.id > after)
    rows = (await session.execute(query)).all()
    for key, value in rows:
        place = sealed.place(key)
        again = database.vault.seal(place, database.vault.open(place, value))
        await session.execute(
            update(table).where(table.c.id == key).values({sealed.column: again})
        )
    return [key for key, _ in rows]


async def _others(database: Database, sealed: SealedColumn) -> bool:
    column = _column(sealed)
    query = select(1).select_from(_table(sealed)).where(_is_other(database, column))
    async with database.read() as session:
        return await session.scalar(query.limit(1)) is not None


def _is_other(database: Database, column: ColumnElement[Any]) -> ColumnElement[bool]:
    return _key_id(column) != database.vault.keys.current


def _key_id(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the key's id within a sealed value, as the vault lays it out."""
    return func.substr(column, 2, 4, type_=column.type)


def _table(sealed: SealedColumn) -> Table:
    return cast("Table", sealed.table.__table__)


def _column(sealed: SealedColumn) -> ColumnElement[Any]:
    return _table(sealed).c[sealed.column]
