"""`currentcost-provider operator`: people and programs that use the interface."""

from collections.abc import Sequence
from typing import Annotated

from sqlalchemy import Row
import typer

from ..credentials import (
    hash_chosen,
    hash_token,
    new_password,
    new_token,
    weakness,
)
from ..operating.operators import Operators, is_operator_name
from ..plans import DAY
from ..storage.audit import Audit, entry
from ..storage.database import Database
from ..storage.models import AuditRow, OperatorRow, Role
from ..storage.registry import Exists
from .console import actor, fail, now, run, table, utc

app = typer.Typer(help="Operators: people and programs that may see results.")

Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    *,
    role: Annotated[
        Role,
        typer.Option(
            help="viewer: reads; operator: enrols and plans as well; admin: everything."
        ),
    ] = Role.VIEWER,
) -> None:
    """Add an operator; `operator token` gives it a token."""
    if not is_operator_name(name):
        fail("A name has 1 to 64 letters, digits and . _ @ + - only.")

    async def work(database: Database) -> None:
        try:
            await Operators(database).add(
                name,
                role,
                now(),
                note=entry(actor(), "operator.add", f"{name} ({role})", now()),
            )
        except Exists:
            fail(f"There is an operator {name} already.")

    run(context, work)
    typer.echo(f"{name} is a new {role}.")


@app.command()
def token(
    context: typer.Context,
    name: Name,
    *,
    days: Annotated[
        int, typer.Option(min=1, max=3660, help="Days the token is good for.")
    ] = 365,
) -> None:
    """Give an operator a token for the interface; it is shown this once."""
    made, expires = new_token(), now() + days * DAY

    async def work(database: Database) -> None:
        operators = Operators(database)
        if not await operators.add_token(
            name,
            hash_token(made),
            expires=expires,
            now=now(),
            note=entry(actor(), "operator.token", name, now()),
        ):
            fail(f"There is no operator {name}; `operator add {name}` adds one.")

    run(context, work)
    typer.echo(made)


@app.command()
def password(
    context: typer.Context,
    name: Name,
    *,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make one up and print it, this once.")
    ] = False,
) -> None:
    """Give an operator a password for the console; it is asked for, unseen.

    Wherever the operator is signed in, that ends.
    """
    if generate:
        chosen = new_password()
    else:
        chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if why := weakness(chosen, name):
            fail(why)

    async def work(database: Database) -> None:
        note = entry(actor(), "operator.password", name, now())
        stored = hash_chosen(chosen)
        if not await Operators(database).set_password(name, stored, note=note):
            fail(f"There is no operator {name}; `operator add {name}` adds one.")

    run(context, work)
    typer.echo(chosen if generate else f"{name} can sign in with the new password.")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove an operator with all its tokens."""

    async def work(database: Database) -> None:
        note = entry(actor(), "operator.remove", name, now())
        if not await Operators(database).remove(name, note=note):
            fail(f"There is no operator {name}.")

    run(context, work)
    typer.echo(f"{name} is removed; its tokens are good for nothing now.")


@app.command("list")
def list_operators(context: typer.Context) -> None:
    """List the operators."""

    async def collect(
        database: Database,
    ) -> Sequence[Row[tuple[OperatorRow, int, int]]]:
        return await Operators(database).all()

    table(
        ("NAME", "ROLE", "TOKENS", "GOOD UNTIL"),
        [
            (row.name, row.role, count, utc(last) if count else "-")
            for row, count, last in run(context, collect)
        ],
    )


@app.command()
def audit(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Entries.")] = 100,
) -> None:
    """Show who did what lately, the newest first."""

    async def collect(database: Database) -> Sequence[AuditRow]:
        return await Audit(database).last(before=None, limit=limit)

    table(
        ("TIME", "WHO", "DID", "TO"),
        [
            (utc(row.time), row.actor, row.action, row.subject)
            for row in run(context, collect)
        ],
    )
