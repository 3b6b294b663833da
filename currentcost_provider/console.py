"""What the commands share: the database they work on, errors, tables, times."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
import time
from typing import NoReturn

from currentcost_exchange import ExchangeError, PlanStatement
from sqlalchemy.exc import DatabaseError
import typer

from .database import Database, UnusableDatabase, create_file
from .models import PlanRow, ProviderRow
from .registry import Registry


def run[T](context: typer.Context, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work on the database that the command line names."""
    path: Path = context.obj

    async def on_database() -> T:
        async with open_database(path) as database:
            return await work(database)

    if not path.exists():
        fail(
            f"There is no database at {path}. Create it with `currentcost-provider"
            " init --name NAME`, or name another with --database."
        )
    try:
        return asyncio.run(on_database())
    except UnusableDatabase as err:
        fail(str(err))
    except DatabaseError as err:
        fail(f"{path} can't be used: {err.orig}")


@asynccontextmanager
async def open_database(path: Path) -> AsyncGenerator[Database]:
    """Open a database, with its tables brought up to date."""
    database = Database(path)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


def ensure_file(path: Path) -> None:
    """Create the database's file if there is none."""
    if path.exists():
        return
    try:
        create_file(path)
    except UnusableDatabase as err:
        fail(str(err))


async def provider_of(database: Database) -> ProviderRow:
    """Return the provider that the database belongs to."""
    provider = await Registry(database).provider()
    if provider is None:
        fail("The database has no provider yet: run `currentcost-provider init`.")
    return provider


def statement_of(plan: PlanRow) -> PlanStatement:
    """Return a plan's statement; a program in it is compiled."""
    try:
        return PlanStatement.from_bytes(plan.statement)
    except ExchangeError as err:
        fail(
            f"The plan {plan.plan_id} can't be used by this version: {err}. Use the"
            " version that created it until the plan's period is over."
        )


def fail(message: str) -> NoReturn:
    """End the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in aligned columns."""
    lines = [titles, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def sheet(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Print a title and named values below each other."""
    width = max(len(name) for name, _ in rows)
    typer.echo(title)
    for name, value in rows:
        typer.echo(f"  {name.ljust(width)}  {value}")


def now() -> int:
    """Return the time in UTC seconds."""
    return int(time.time())


def utc(seconds: int) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
