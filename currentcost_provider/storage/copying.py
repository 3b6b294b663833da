"""All that a database holds, copied to another one: a backup, or a move."""

from typing import Final, cast

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import Database, UnusableDatabase
from .models import Base, PlanRow, ProviderRow, WindowRow
from .partitions import add_partitions

_ROWS: Final = 1000


async def copy(source: Database, target: Database) -> dict[str, int]:
    """Copy every row, in one transaction of each; return how many, by table.

    Secrets stay sealed: the copy needs the same keys.

    Raises:
        UnusableDatabase: the source has no provider, the target has one, or one of
            them lacks tables.
    """
    for database in (source, target):
        await database.check_revision()
    async with (
        source.snapshot() as reading,
        target.engine.execution_options(write=True).begin() as writing,
    ):
        if await _count(writing, _table(ProviderRow)):
            raise UnusableDatabase(f"{target} belongs to a provider already")
        if not await _count(reading, _table(ProviderRow)):
            raise UnusableDatabase(f"{source} has no provider: nothing was copied")
        counts = {}
        for table in Base.metadata.sorted_tables:
            if table is _table(WindowRow):
                await _make_room(writing)
            counts[table.name] = await _copy_table(table, reading, writing)
        provider = _table(ProviderRow)
        await writing.execute(provider.update().values(era=provider.c.era + 1))
        await _continue_ids(writing)
    return counts


async def _copy_table(
    table: Table, reading: AsyncConnection, writing: AsyncConnection
) -> int:
    count = 0
    rows = await reading.stream(select(table).order_by(*table.primary_key))
    async for part in rows.mappings().partitions(_ROWS):
        await writing.execute(table.insert(), [dict(row) for row in part])
        count += len(part)
    return count


async def _make_room(writing: AsyncConnection) -> None:
    """Make the partitions that the windows of the copied plans go to."""
    for start, end in await writing.execute(select(PlanRow.start, PlanRow.end)):
        await add_partitions(writing, start, end)


async def _continue_ids(writing: AsyncConnection) -> None:
    """Let PostgreSQL count on from the ids that were copied."""
    if writing.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.c and table.c.id.type.python_type is int:
            highest = await writing.scalar(select(func.max(table.c.id)))
            await writing.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence(:name, 'id'), :last, :used)"
                ),
                {"name": table.name, "last": highest or 1, "used": bool(highest)},
            )


async def _count(connection: AsyncConnection, table: Table) -> int:
    count: int = await connection.scalar(select(func.count()).select_from(table)) or 0
    return count


def _table(model: type[Base]) -> Table:
    return cast("Table", model.__table__)
