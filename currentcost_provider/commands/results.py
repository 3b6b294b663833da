"""`currentcost-provider results`: what the provider learnt."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
import json
from pathlib import Path
import sys
from typing import Annotated

from currentcost_exchange import ExchangeError
import typer

from ..results import Result, Results, document, in_words
from ..storage.database import Database
from ..storage.ledger import Ledger, ResultFilter
from ..storage.registry import Registry
from ..telling.exporting import CsvWriter, UnfitFile, export as write_file
from .completing import complete_plans, complete_users
from .console import fail, run, table

app = typer.Typer(help="Results: what the windows came to.")

Household = Annotated[
    str | None,
    typer.Option(
        metavar="USER", help="Of this household alone.", autocompletion=complete_users
    ),
]
PlanId = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Of this plan alone.", autocompletion=complete_plans
    ),
]
Since = Annotated[
    datetime | None, typer.Option(help="Of windows that start then (UTC) or later.")
]
Until = Annotated[
    datetime | None, typer.Option(help="Of windows that start before (UTC).")
]


@app.command("list")
def list_results(
    context: typer.Context,
    *,
    household: Household = None,
    plan: PlanId = None,
    since: Since = None,
    until: Until = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List what each window came to: a bucket, missing or refused."""
    if as_json and as_csv:
        fail("Choose --json or --csv.")
    wanted = _filter(household, plan, since, until)

    async def collect(database: Database) -> list[Result]:
        return [result async for part in _all(database, wanted) for result in part]

    results = run(context, collect)
    if as_json:
        typer.echo(json.dumps([document(result) for result in results], indent=1))
    elif as_csv:
        CsvWriter(sys.stdout).write(results)
    else:
        table(
            ("FROM", "UNTIL", "HOUSEHOLD", "STATE", "LABEL", "OUTCOME"),
            [
                (
                    result.start,
                    result.end,
                    result.household,
                    result.state,
                    result.label or "-",
                    in_words(result),
                )
                for result in results
            ],
        )


@app.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="File to create: .csv, .jsonl or .parquet.")
    ],
    *,
    household: Household = None,
    plan: PlanId = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write results to a file, however many they are."""
    wanted = _filter(household, plan, since, until)

    async def write(database: Database) -> int:
        return await write_file(file, _all(database, wanted))

    try:
        count = run(context, write)
    except UnfitFile as err:
        fail(str(err))
    typer.echo(f"{file} has {count} results.")


async def _all(
    database: Database, wanted: ResultFilter
) -> AsyncIterator[Sequence[Result]]:
    """Yield results; end the command if they are not to be had."""
    registry = Registry(database)
    if wanted.user is not None and await registry.household_named(wanted.user) is None:
        fail(f"There is no household {wanted.user}.")
    if wanted.plan is not None and await registry.plan_named(wanted.plan) is None:
        fail(f"There is no plan {wanted.plan}.")
    try:
        async for part in Results(Ledger(database), registry).all(wanted):
            yield part
    except ExchangeError as err:
        fail(
            f"A plan can't be used by this version: {err}. Use the version that"
            " created it until the plan's period is over."
        )


def _filter(
    household: str | None,
    plan: str | None,
    since: datetime | None,
    until: datetime | None,
) -> ResultFilter:
    return ResultFilter(
        user=household, plan=plan, since=_seconds(since), until=_seconds(until)
    )


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp()) if moment else None
