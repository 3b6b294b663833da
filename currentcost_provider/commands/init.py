"""`currentcost-provider init`: configuration, keys and database of a new provider."""

import os
from pathlib import Path
from typing import Annotated

from currentcost_exchange import ProviderIdentity, short_code
import typer

from ..settings import Settings, new_file
from ..storage.database import Database, UnusableDatabase, create_file
from ..storage.registry import Exists, Registry
from ..storage.vault import KeyFile, Keys
from .console import Place, fail, now, place_of, run_with


def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The provider's name, as people read it.")],
) -> None:
    """Create configuration, keys and database, and the key that signs plans.

    What is there already is kept, so that it can be repeated.
    """
    if not (0 < len(name) <= 64 and name.isprintable() and name == name.strip()):
        fail("The name must have 1 to 64 printable characters.")
    place = place_of(context)
    settings, identity = place.settings(), ProviderIdentity.new()

    async def create(database: Database) -> None:
        registry = Registry(database)
        if await registry.provider() is not None:
            fail(f"{database} belongs to a provider already; nothing was changed.")
        try:
            await registry.add_provider(name, identity, now())
        except Exists:
            fail(f"{database} belongs to a provider already; nothing was changed.")

    try:
        _ensure_keys(settings)
        if not settings.is_postgresql:
            _ensure_file(settings)
        _ensure_configuration(place)
    except OSError as err:
        fail(f"{err.filename} can't be written: {err.strerror}")
    run_with(settings, create, migrate=True)
    _say_what_is_next(place, settings, name, short_code(identity.key))


def _ensure_keys(settings: Settings) -> None:
    """Create the key file if there is none, and no database that needs its keys."""
    source = settings.key_source
    if not isinstance(source, KeyFile) or source.path.exists():
        return
    database = Path(settings.database_url.database or "")
    if not settings.is_postgresql and database.exists() and database.stat().st_size:
        fail(
            f"{database} exists, but not its keys ({source}): restore them, or choose"
            " another place with --config."
        )
    source.write(Keys.new())


def _ensure_file(settings: Settings) -> None:
    path = Path(settings.database_url.database or "")
    if path.exists():
        return
    try:
        create_file(path)
    except UnusableDatabase as err:
        fail(str(err))


def _ensure_configuration(place: Place) -> None:
    """Write a configuration file if there is none."""
    place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(place.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(new_file(place.file, place.database))


def _say_what_is_next(
    place: Place, settings: Settings, name: str, fingerprint: str
) -> None:
    typer.echo(f"{name} is ready; its key's fingerprint is {fingerprint}")
    typer.echo(f"  configuration  {place.file}")
    typer.echo(
        f"  keys           {settings.key_source}: keep a copy apart from backups"
    )
    typer.echo(
        "Next: `currentcost-provider plan create --help`, then `household enrol`,"
    )
    typer.echo("`check` and `serve`.")
