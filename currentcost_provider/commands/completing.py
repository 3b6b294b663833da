"""What the shell offers on Tab beside the options: names that are in the database."""

from collections.abc import Sequence
import contextlib
from pathlib import Path
import sqlite3
from typing import Final

import typer

from ..settings import UnusableSettings, locate, read_settings
from .console import Place

_MOST: Final = 50


def complete_plans(context: typer.Context, incomplete: str) -> Sequence[str]:
    """Return the plans that begin so."""
    return _names(context, "SELECT DISTINCT plan_id FROM plan", "plan_id", incomplete)


def complete_users(context: typer.Context, incomplete: str) -> Sequence[str]:
    """Return the households that begin so."""
    return _names(context, 'SELECT "user" FROM household', '"user"', incomplete)


def _names(
    context: typer.Context, query: str, column: str, incomplete: str
) -> list[str]:
    """Ask an SQLite file as it is: a key pressed must neither change it nor fail."""
    options = context.find_root().params
    database = options.get("database")
    place = Place(locate(options.get("config"), database), database)
    with contextlib.suppress(UnusableSettings, sqlite3.Error):
        settings = read_settings(place.file, database=database)
        if settings.is_postgresql:
            return []
        address = f"{Path(settings.database_url.database or '').as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute(
                f"{query} WHERE substr({column}, 1, ?) = ? ORDER BY 1 LIMIT ?",
                (len(incomplete), incomplete, _MOST),
            )
            return [name for (name,) in rows]
    return []
