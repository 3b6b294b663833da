"""The tables' migrations, as Alembic runs them."""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from .database import UnusableDatabase

_LOCK: Final = 0x63_75_72_72
"""PostgreSQL's number for our migrations: they run one after the other."""


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that a database lacks up to one, in its transaction.

    Raises:
        UnusableDatabase: a newer version of this program wrote it.
    """
    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    current_revision(connection)
    command.upgrade(config, revision)


def head() -> str | None:
    """Return the last revision."""
    found: str | None = ScriptDirectory.from_config(_config()).get_current_head()
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "currentcost_provider.storage:migrations")
    return config


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the tables, None if there are none.

    Raises:
        UnusableDatabase: a newer version of this program wrote them.
    """
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise UnusableDatabase(
            "The database was written by a newer version of currentcost-provider."
            " Install that version, or restore a backup made before."
        )
    return current
