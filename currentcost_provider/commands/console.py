"""What the commands share: the database they work on, errors, tables, times."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import getpass
import os
from pathlib import Path
import time
from typing import Any, Final, NoReturn

from currentcost_exchange import PlanStatement
from sqlalchemy.exc import DBAPIError
import typer

from ..operating.plan_views import statement_of as readable_statement
from ..refusals import Refusal, Unknown
from ..settings import Settings, UnusableSettings, read_settings
from ..storage.audit import Audit
from ..storage.database import Database, UnusableDatabase, reason
from ..storage.models import PlanRow, ProviderRow
from ..storage.registry import Registry
from ..storage.vault import UnusableKeys, Vault

_LISTED: Final = frozenset({"household", "operator", "plan", "webhook"})
"""What a command lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which provider the command line is about."""

    file: Path
    database: str | None

    def settings(self, **options: Any) -> Settings:
        """Return the settings; ends the command if they can't be understood."""
        try:
            return read_settings(self.file, database=self.database, **options)
        except UnusableSettings as err:
            fail(str(err))


def place_of(context: typer.Context) -> Place:
    """Return what the options before the command's name say."""
    place: Place = context.find_root().obj
    return place


def run[T](context: typer.Context, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work on the database that the command line names."""
    return run_with(place_of(context).settings(), work)


def run_with[T](
    settings: Settings,
    work: Callable[[Database], Awaitable[T]],
    *,
    migrate: bool = False,
) -> T:
    """Do some work on the database of some settings."""
    require_database(settings)

    async def on_database() -> T:
        async with open_database(settings, migrate=migrate) as database:
            return await work(database)

    try:
        return asyncio.run(on_database())
    except Unknown as err:
        shown = (
            f"; `{err.kind} list` shows those there are."
            if err.kind in _LISTED
            else "."
        )
        fail(str(err).removesuffix(".") + shown)
    except Refusal as err:
        fail(str(err))
    except (UnusableDatabase, UnusableKeys) as err:
        fail(str(err))
    except (DBAPIError, OSError) as err:
        fail(f"The database can't be used: {reason(err)}")


def require_database(settings: Settings) -> None:
    """End the command with what to do if there is no database."""
    url = settings.database_url
    if not settings.is_postgresql and not Path(url.database or "").exists():
        fail(
            f"There is no database at {url.database}. Create it with"
            " `currentcost-provider init --name NAME`, or name another with"
            " --database or --config."
        )


@asynccontextmanager
async def open_database(
    settings: Settings, *, migrate: bool = False
) -> AsyncGenerator[Database]:
    """Open a database; the tables of an SQLite file are brought up to date.

    Those of a PostgreSQL server may belong to another role, which is to say so.
    """
    database = Database(settings.database_url, Vault(settings.key_source))
    try:
        if migrate or database.is_sqlite:
            await database.migrate()
        else:
            await database.check_revision()
        yield database
    finally:
        await database.close()


def actor() -> str:
    """Return whose command it is, as the audit log names it."""
    try:
        user = getpass.getuser()
    except OSError:
        user = str(os.getuid())
    return f"command:{user}"


async def note(database: Database, action: str, subject: str) -> None:
    """Write to the audit log what a command did, and whose command it was."""
    await Audit(database).add(actor(), action, subject, now())


async def provider_of(database: Database) -> ProviderRow:
    """Return the provider that the database belongs to."""
    provider = await Registry(database).provider()
    if provider is None:
        fail("The database has no provider yet: run `currentcost-provider init`.")
    return provider


def statement_of(plan: PlanRow) -> PlanStatement:
    """Return a plan's statement; a program in it is compiled."""
    try:
        return readable_statement(plan)
    except Refusal as err:
        fail(str(err))


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
