"""`currentcost-provider results`: what the provider learnt."""

import csv
import json
import sys
from typing import Annotated, Any

from currentcost_exchange import PlanStatement
import typer

from .console import fail, run, table, utc
from .database import Database
from .ledger import Ledger
from .models import PlanRow, WindowRow
from .plans import bucket_edges, unpack_thresholds
from .registry import Registry

app = typer.Typer(help="Results: what the windows came to.")

_FIELDS = (
    "start",
    "end",
    "household",
    "state",
    "outcome",
    "label",
    "lower",
    "upper",
    "unit",
)


@app.command("list")
def list_results(
    context: typer.Context,
    *,
    household: Annotated[
        str | None, typer.Option(metavar="USER", help="Of this household alone.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List what each window came to: a bucket, missing or refused."""
    if as_json and as_csv:
        fail("Choose --json or --csv.")

    async def collect(database: Database) -> list[dict[str, Any]]:
        if (
            household is not None
            and await Registry(database).household_named(household) is None
        ):
            fail(f"There is no household {household}.")
        rows = await Ledger(database).results(household)
        questions = {plan.id: _Question(plan) for _, _, plan in rows}
        return [
            _result(window, user, questions[plan.id]) for window, user, plan in rows
        ]

    results = run(context, collect)
    if as_json:
        typer.echo(json.dumps(results, indent=1))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, _FIELDS)
        writer.writeheader()
        writer.writerows(results)
    else:
        table(
            ("FROM", "UNTIL", "HOUSEHOLD", "STATE", "LABEL", "BUCKET"),
            [
                (
                    result["start"],
                    result["end"],
                    result["household"],
                    result["state"],
                    result["label"] or "-",
                    _in_words(result),
                )
                for result in results
            ],
        )


class _Question:
    """What it takes to read the outcomes of a plan."""

    def __init__(self, row: PlanRow) -> None:
        self.plan = PlanStatement.from_bytes(row.statement).plan
        self.thresholds = unpack_thresholds(row.thresholds).values


def _result(window: WindowRow, user: str, question: _Question) -> dict[str, Any]:
    """Return one result under the names of the fields."""
    plan, outcome = question.plan, window.outcome
    lower, upper = bucket_edges(question.thresholds, outcome)
    return {
        "start": utc(window.start),
        "end": utc(window.end),
        "household": user,
        "state": window.state.value,
        "outcome": outcome,
        "label": None if outcome is None else plan.outcomes[outcome],
        "lower": lower,
        "upper": upper,
        "unit": plan.measure.unit,
    }


def _in_words(result: dict[str, Any]) -> str:
    """Return a bucket's edges for people."""
    lower, upper, unit = result["lower"], result["upper"], result["unit"]
    if lower is None:
        return "-"
    if upper is None:
        return f"above {lower} {unit}"
    return f"{lower} to {upper} {unit}"
