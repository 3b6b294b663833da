"""`currentcost-provider keys`: what the secrets in the database are sealed with."""

from typing import Annotated

import typer

from ..storage.database import Database
from ..storage.resealing import key_usage, reseal
from ..storage.vault import KeyFile, Keys
from .console import fail, note, place_of, run, table

app = typer.Typer(help="Keys of the secrets in the database.")


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """List the keys by their ids, with how many values each opens."""
    usage, keys = run(context, _usage)
    rows = [
        (name.hex(), usage.pop(name, 0), "new values" if name == keys.current else "-")
        for name in keys.by_id
    ]
    lost = [(name.hex(), count, "MISSING") for name, count in usage.items()]
    table(("KEY", "VALUES", "USED FOR"), rows + lost)


@app.command()
def add(context: typer.Context) -> None:
    """Add a key that is not used yet, to copy it to other machines first."""
    source = _file(context)
    keys = source.read().added()
    source.write(keys)
    name = list(keys.by_id)[-1].hex()
    typer.echo(f"Copy {source} to each machine, then `keys rotate --to {name}`.")


@app.command()
def rotate(
    context: typer.Context,
    *,
    to: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="One that `keys add` made; else a new one."),
    ] = None,
) -> None:
    """Seal every secret with another key; the service may run meanwhile.

    The old key stays in the file, for backups: `keys prune` removes it.
    """
    source = place_of(context).settings().key_source
    run(context, _usage)
    if isinstance(source, KeyFile):
        source.write(_rotated(source.read(), to))
    else:
        typer.echo("The keys stand in the environment: the first of them is used.")

    async def work(database: Database) -> int:
        count = await reseal(database)
        await note(database, "keys.rotate", database.vault.keys.current.hex())
        return count

    count = run(context, work)
    typer.echo(f"{count} values are sealed with the key {source.read().current.hex()}.")
    typer.echo(f"Copy {source} to where you keep its copy, before anything else.")


@app.command()
def prune(context: typer.Context) -> None:
    """Remove the keys that no value is sealed with. Backups made before need them."""
    source = _file(context)
    usage, keys = run(context, _usage)
    kept = keys.only(set(usage))
    source.write(kept)
    for name in keys.by_id.keys() - kept.by_id.keys():
        typer.echo(f"{name.hex()} was removed.")


async def _usage(database: Database) -> tuple[dict[bytes, int], Keys]:
    return await key_usage(database), database.vault.keys


def _rotated(keys: Keys, to: str | None) -> Keys:
    if to is None:
        return keys.with_new()
    names = {name.hex(): name for name in keys.by_id}
    if to not in names:
        fail(f"There is no key {to}; `keys list` shows those there are.")
    return keys.led_by(names[to])


def _file(context: typer.Context) -> KeyFile:
    source = place_of(context).settings().key_source
    if not isinstance(source, KeyFile):
        fail("The keys stand in the environment: change them there.")
    return source
