"""The database: how it is opened, brought up to date and put into transactions.

An SQLite file for one machine: one connection serves a process, so its transactions
never wait for each other's locks; between processes (a command beside the running
service) SQLite's own lock decides. A commit returns when the data is on the disk
(WAL with synchronous=FULL).

A PostgreSQL server for many workers: each has a few connections. Transactions are
READ COMMITTED; one that writes for a household locks the household's row first, so
that those for one household come one after the other, as they do in SQLite. A commit
returns when the server has it on the disk (synchronous_commit).

What was answered is never lost.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from ..settings import sqlite_url
from .vault import Vault

HEAD: Final = "0007"
"""The last of the migrations."""

_LOCK_SECONDS: Final = 10
_POOL_SECONDS: Final = 10
_CONNECTIONS: Final = 4
"""To PostgreSQL, for each process."""
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
)


class UnusableDatabase(Exception):
    """What can't serve as the provider's database; says why, for people."""


class Database:
    """Transactions on one database, and the vault of its secrets."""

    def __init__(self, place: Path | URL, vault: Vault | None = None) -> None:
        """Prepare the engine; the first transaction connects."""
        self.url = place if isinstance(place, URL) else sqlite_url(place)
        self._vault = vault
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = create_async_engine(
                self.url,
                connect_args={"timeout": _LOCK_SECONDS},
                hide_parameters=True,
                max_overflow=0,
                pool_size=1,
                pool_timeout=_POOL_SECONDS,
            )
            event.listen(self.engine.sync_engine, "connect", _configure)
            event.listen(self.engine.sync_engine, "begin", _begin)
        else:
            self.engine = create_async_engine(
                self.url,
                connect_args={
                    "async_creator_fn": _connect,
                    "timeout": _POOL_SECONDS,
                    "server_settings": {
                        "application_name": "currentcost-provider",
                        "lock_timeout": f"{_LOCK_SECONDS}s",
                        "synchronous_commit": "on",
                    },
                },
                hide_parameters=True,
                max_overflow=0,
                pool_pre_ping=True,
                pool_size=_CONNECTIONS,
                pool_timeout=_POOL_SECONDS,
            )
        self._reading = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writing = async_sessionmaker(
            self.engine.execution_options(write=True), expire_on_commit=False
        )

    def __str__(self) -> str:
        """Return where it is, without a password."""
        if self.is_sqlite:
            return str(self.url.database)
        return self.url.set(drivername="postgresql").render_as_string()

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.database or "")

    @property
    def vault(self) -> Vault:
        """What opens the secrets.

        Raises:
            UnusableDatabase: the database was opened without its keys.
        """
        if self._vault is None:
            raise UnusableDatabase(f"{self} was opened without its keys")
        return self._vault

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that only reads."""
        async with self._reading.begin() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that writes, durable when it ends."""
        async with self._writing.begin() as session:
            yield session

    @asynccontextmanager
    async def write_rows(self) -> AsyncGenerator[AsyncConnection]:
        """Open such a transaction for plain rows, where objects would cost too much."""
        async with self.engine.execution_options(write=True).begin() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """Open a transaction that sees one state of the database, for long reading."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self.engine.connect() as connection:
            await connection.execution_options(**options)
            async with connection.begin():
                yield connection

    async def migrate(self) -> None:
        """Bring the tables up to date.

        Raises:
            UnusableDatabase: not a database, or one of a newer version.
        """
        if await self._revision() == HEAD:
            return
        # Alembic takes a third of a command's start.
        from .schema import upgrade  # noqa: PLC0415

        try:
            async with self.engine.execution_options(write=True).begin() as connection:
                await connection.run_sync(upgrade)
        except (DBAPIError, OSError) as err:
            raise UnusableDatabase(
                f"{self} can't be used as a database: {reason(err)}"
            ) from err

    async def check_revision(self) -> None:
        """Check that the tables are up to date.

        Raises:
            UnusableDatabase: they are not, or there is no such database.
        """
        if await self._revision() == HEAD:
            return
        from .schema import current_revision  # noqa: PLC0415

        try:
            async with self.engine.connect() as connection:
                await connection.run_sync(current_revision)
        except (DBAPIError, OSError) as err:
            raise UnusableDatabase(f"{self} can't be used: {reason(err)}") from err
        raise UnusableDatabase(
            f"The tables of {self} are not up to date. Run `currentcost-provider"
            " migrate` as the role that owns them."
        )

    async def _revision(self) -> str | None:
        """Return the revision of the tables, None if it can't be told."""
        try:
            async with self.engine.connect() as connection:
                revision: str | None = await connection.scalar(
                    text("SELECT version_num FROM alembic_version")
                )
                return revision
        except DBAPIError, OSError:
            return None

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def whole[T](look: Coroutine[Any, Any, T]) -> T:
    """Look at the database to the end, also for somebody who leaves meanwhile.

    What streams an answer is cancelled when its client is gone, and a transaction that
    is cut off would keep its connection.
    """
    return await asyncio.shield(asyncio.ensure_future(look))


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


async def _connect(*args: Any, **options: Any) -> Any:
    """Connect to PostgreSQL; what a server says that lets nobody in is no error of ours.

    Raises:
        ConnectionError: it starts, stops, has too many connections, or refuses us.
    """
    import asyncpg  # noqa: PLC0415  # an extra, that SQLite does without

    try:
        return await asyncpg.connect(*args, **options)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as err:
        raise ConnectionError(str(err)) from err


def is_passing(err: DBAPIError) -> bool:
    """Return whether the same transaction may succeed later.

    Locked, full, stopped, unreachable (of PostgreSQL: classes 08, 40, 53, 55, 57).
    """
    if isinstance(err, OperationalError | InterfaceError) or err.connection_invalidated:
        return True
    state = getattr(err.orig, "sqlstate", None) or ""
    return state[:2] in {"08", "40", "53", "55", "57"}


def reason(err: Exception) -> str:
    """Return why a database refused, without the statement and its values."""
    shown = str(err.orig) if isinstance(err, DBAPIError) else str(err)
    return shown.partition(": ")[2] if shown.startswith("<class") else shown


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
