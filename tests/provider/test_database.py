"""The file: its migrations, its settings, and who may read it."""

from pathlib import Path
import sqlite3
import stat

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
import pytest
from sqlalchemy import Connection, create_engine, text

from currentcost_provider.storage.database import (
    HEAD,
    Database,
    UnusableDatabase,
    create_file,
)
from currentcost_provider.storage.ledger import transfer_digest
from currentcost_provider.storage.models import Base
from currentcost_provider.storage.schema import head, upgrade


async def test_migrations_lead_to_the_models(tmp_path: Path) -> None:
    database = Database(tmp_path / "provider.db")
    await database.migrate()
    await database.migrate()
    await database.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'provider.db'}")
    with engine.connect() as connection:
        assert _differences(connection) == []
    engine.dispose()


def test_the_last_migration_is_known() -> None:
    assert head() == HEAD


def test_difference_would_be_noticed() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection)
        connection.execute(text("ALTER TABLE household DROP COLUMN blocked"))
        connection.execute(text("ALTER TABLE plan ADD COLUMN extra INTEGER"))
        assert len(_differences(connection)) == 2


def test_set_ups_that_were_stored_whole_are_kept_as_they_are_now() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, "0005")
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        connection.execute(
            text(
                "INSERT INTO agreement (id, household_id, plan_key, state, request,"
                " setup, transfer, refusals, created) VALUES"
                " (x'01', 1, 1, 'OFFERED', x'02', x'03', NULL, 0, 0),"
                " (x'04', 1, 1, 'RUNNING', x'05', x'06', x'07', 0, 0)"
            )
        )
        upgrade(connection)
        rows = connection.execute(
            text("SELECT id, setup, transfer_digest FROM agreement ORDER BY id")
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        (b"\1", b"\3", None),
        (b"\4", None, transfer_digest(b"\7")),
    ]


async def test_failed_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "provider.db"
    with sqlite3.connect(path) as connection:
        # In the way of a table that the migration creates late.
        connection.execute("CREATE TABLE window_claim (id INTEGER)")
    connection.close()
    database = Database(path)
    with pytest.raises(UnusableDatabase, match="window_claim already exists"):
        await database.migrate()
    await database.close()
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("window_claim",)]


async def test_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "provider.db"
    database = Database(path)
    await database.migrate()
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnusableDatabase, match="newer version"):
        await database.migrate()
    await database.close()


async def test_other_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "provider.db"
    path.write_bytes(b"no database at all" * 100)
    database = Database(path)
    with pytest.raises(UnusableDatabase, match="not a database"):
        await database.migrate()
    await database.close()


async def test_commits_are_durable(tmp_path: Path) -> None:
    database = Database(tmp_path / "provider.db")
    full = 2
    async with database.read() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA synchronous")) == full
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
    await database.close()


async def test_file_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "provider.db"
    create_file(path)
    database = Database(path)
    await database.migrate()
    files = [path.parent, *path.parent.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files} == {0}
    await database.close()
    with pytest.raises(UnusableDatabase, match="exists already"):
        create_file(path)


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    differences: list[object] = compare_metadata(context, Base.metadata)
    return differences
