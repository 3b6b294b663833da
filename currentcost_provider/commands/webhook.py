"""`currentcost-provider webhook`: where new results are sent."""

from collections.abc import Sequence
from typing import Annotated

import typer

from ..storage.database import Database
from ..storage.models import WebhookRow
from ..telling.webhooks import Webhooks
from .console import actor, run, sheet, table, utc

app = typer.Typer(help="Webhooks: where new results are sent.")

Id = Annotated[str, typer.Argument(metavar="ID")]


@app.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="https, or http on this machine.")],
    *,
    from_beginning: Annotated[
        bool,
        typer.Option("--from-beginning", help="Send all results that there are first."),
    ] = False,
) -> None:
    """Register an address; print the secret that signs what it gets, this once."""

    async def work(database: Database) -> tuple[WebhookRow, str]:
        return await Webhooks(database).add(
            url, from_beginning=from_beginning, actor=actor()
        )

    row, secret = run(context, work)
    sheet("New results will be sent there.", [("id", row.id), ("secret", secret)])


@app.command("list")
def list_webhooks(context: typer.Context) -> None:
    """List the webhooks and how they go."""

    async def collect(database: Database) -> Sequence[WebhookRow]:
        return await Webhooks(database).all()

    table(
        ("ID", "STATE", "DELIVERED", "ADDRESS"),
        [
            (
                row.id,
                _state(row),
                "-" if row.delivered is None else utc(row.delivered),
                row.url,
            )
            for row in run(context, collect)
        ],
    )


@app.command()
def enable(context: typer.Context, webhook_id: Id) -> None:
    """Try again now, where it stopped."""

    async def work(database: Database) -> None:
        await Webhooks(database).enable(webhook_id, actor=actor())

    run(context, work)
    typer.echo(f"{webhook_id} is tried again.")


@app.command()
def remove(context: typer.Context, webhook_id: Id) -> None:
    """Send nothing there any more."""

    async def work(database: Database) -> None:
        await Webhooks(database).remove(webhook_id, actor=actor())

    run(context, work)
    typer.echo(f"{webhook_id} is removed.")


def _state(row: WebhookRow) -> str:
    if row.disabled:
        return f"disabled: {row.error}"
    return f"failed {row.failures} times: {row.error}" if row.failures else "good"
