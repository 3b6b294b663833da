"""`currentcost-provider migrate` and `backup`: the database's tables and copies."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated

from sqlalchemy.exc import DBAPIError
import typer

from ..settings import Settings, UnusableSettings, read_settings
from ..storage.copying import copy
from ..storage.database import Database, UnusableDatabase, create_file, reason
from ..storage.grants import grant
from ..storage.numbering import begin_era
from ..storage.registry import Registry
from ..storage.vault import UnusableKeys, Vault
from .console import fail, place_of, require_database


def migrate(
    context: typer.Context,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATABASE",
            help="Fill it with all that another database holds: a file, or"
            " postgresql://... . Stop the service first.",
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--grant",
            metavar="ROLE",
            help="PostgreSQL: let the service's own role do what it needs, no more.",
        ),
    ] = None,
) -> None:
    """Bring the database's tables up to date; move a provider to another database."""
    settings = place_of(context).settings()
    if source is not None and not settings.is_postgresql:
        _ensure_file(Path(settings.database_url.database or ""))
    require_database(settings)

    async def work() -> None:
        database = Database(settings.database_url, Vault(settings.key_source))
        try:
            await database.migrate()
            if source is not None:
                await _fill(database, _named(settings, source))
            await begin_era(database)
            if role is not None:
                if database.is_sqlite:
                    fail("--grant is for PostgreSQL.")
                async with database.engine.begin() as connection:
                    await grant(connection, role)
        finally:
            await database.close()
        typer.echo(f"The tables of {database} are up to date.")

    _do(work())


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="SQLite file to create.")],
) -> None:
    """Copy all that the database holds to a file, while the service runs.

    `migrate --from FILE` fills an empty database with it. What is secret stays
    sealed: keep the keys as well, in another place.
    """
    settings = place_of(context).settings()
    require_database(settings)

    async def work() -> dict[str, int]:
        source, target = Database(settings.database_url), Database(file)
        try:
            await source.check_revision()
            create_file(file)
            await target.migrate()
            return await copy(source, target)
        finally:
            await source.close()
            await target.close()

    counts = _do(work())
    typer.echo(
        f"{file} holds {counts['plan']} plans, {counts['household']} households,"
        f" {counts['window_claim']} windows. Keep the keys ({settings.key_source})"
        " in another place."
    )


async def _fill(database: Database, source: Database) -> None:
    """Copy a database, and prove that the keys fit it."""
    try:
        counts = await copy(source, database)
    finally:
        await source.close()
    registry = Registry(database)
    if (provider := await registry.provider()) is not None:
        registry.identity(provider)
    for table, count in counts.items():
        typer.echo(f"{count:>10} {table}")


def _named(settings: Settings, source: str) -> Database:
    try:
        named = read_settings(settings.file, database=source, workers=1)
    except UnusableSettings as err:
        fail(str(err))
    require_database(named)
    return Database(named.database_url)


def _ensure_file(path: Path) -> None:
    if path.exists():
        return
    try:
        create_file(path)
    except UnusableDatabase as err:
        fail(str(err))


def _do[T](work: Awaitable[T]) -> T:
    async def run() -> T:
        return await work

    try:
        return asyncio.run(run())
    except (UnusableDatabase, UnusableKeys) as err:
        fail(str(err))
    except (DBAPIError, OSError) as err:
        fail(f"The database can't be used: {reason(err)}")
