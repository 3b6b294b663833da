"""The SQLite file: how it is opened, brought up to date and put into transactions.

One connection serves a process, so its transactions never wait for each other's
locks; between processes (a command beside the running service) SQLite's own lock
decides. A commit returns when the data is on the disk (WAL with synchronous=FULL):
what was answered is never lost.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

_LOCK_SECONDS: Final = 10
_POOL_SECONDS: Final = 10
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
)


class UnusableDatabase(Exception):
    """A file that can't serve as the provider's database; says why, for people."""


class Database:
    """Transactions on one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Prepare the engine; the file is opened by the first transaction."""
        self.path = path
        self._engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(path)),
            connect_args={"timeout": _LOCK_SECONDS},
            hide_parameters=True,
            max_overflow=0,
            pool_size=1,
            pool_timeout=_POOL_SECONDS,
        )
        event.listen(self._engine.sync_engine, "connect", _configure)
        event.listen(self._engine.sync_engine, "begin", _begin)
        self._reading = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writing = async_sessionmaker(
            self._engine.execution_options(write=True), expire_on_commit=False
        )

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that sees one state of the database."""
        async with self._reading.begin() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that is alone in writing, durable when it ends."""
        async with self._writing.begin() as session:
            yield session

    async def migrate(self) -> None:
        """Bring the tables up to date.

        Raises:
            UnusableDatabase: not a database, or one of a newer version.
        """
        try:
            async with self._engine.execution_options(write=True).begin() as connection:
                await connection.run_sync(upgrade)
        except DatabaseError as err:
            raise UnusableDatabase(
                f"{self.path} can't be used as a database: {err.orig}"
            ) from err

    async def close(self) -> None:
        """Close the file."""
        await self._engine.dispose()


def create_file(path: Path) -> None:
    """Create an empty file that only its owner can read.

    Raises:
        UnusableDatabase: it exists, or can't be created.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as err:
        raise UnusableDatabase(f"{path} exists already") from err
    except OSError as err:
        raise UnusableDatabase(f"{path} can't be created: {err.strerror}") from err


def upgrade(connection: Connection) -> None:
    """Run the migrations that a database lacks, in the connection's transaction.

    Raises:
        UnusableDatabase: a newer version of this program wrote it.
    """
    config = Config()
    config.set_main_option("script_location", "currentcost_provider:migrations")
    config.attributes["connection"] = connection
    known = {
        script.revision
        for script in ScriptDirectory.from_config(config).walk_revisions()
    }
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise UnusableDatabase(
            "The database was written by a newer version of currentcost-provider."
            " Install that version, or restore a backup made before."
        )
    command.upgrade(config, "head")


def _configure(connection: Any, _record: object) -> None:
    """Set up a new connection; transactions begin where SQLAlchemy says."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the lock of a writing transaction at once, so that none fails half way."""
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
