"""`currentcost-provider results`: what the provider learnt."""

import csv
import json
import sys
from typing import Annotated, Any

from currentcost_exchange import ProviderValues, RangeQuestion
import typer

from .console import fail, run, statement_of, table, utc
from .database import Database
from .ledger import Ledger
from .models import PlanRow, WindowRow
from .plans import bucket_edges
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
        registry = Registry(database)
        if household and await registry.household_named(household) is None:
            fail(f"There is no household {household}.")
        rows = await Ledger(database).results(household)
        plans = {plan.id: plan for _, _, plan in rows}
        questions = {
            key: _Question(plan, registry.values(plan)) for key, plan in plans.items()
        }
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
            ("FROM", "UNTIL", "HOUSEHOLD", "STATE", "LABEL", "OUTCOME"),
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

    def __init__(self, row: PlanRow, values: ProviderValues) -> None:
        self.question = statement_of(row).plan.question
        self._values = values.values

    def edges(self, outcome: int | None) -> tuple[int | None, int | None]:
        if isinstance(self.question, RangeQuestion):
            return bucket_edges(self._values, outcome)
        return None, None

    @property
    def unit(self) -> str:
        question = self.question
        if isinstance(question, RangeQuestion):
            return question.measure.unit
        return question.unit


def _result(window: WindowRow, user: str, question: _Question) -> dict[str, Any]:
    """Return one result under the names of the fields."""
    labels, outcome = question.question.labels, window.outcome
    lower, upper = question.edges(outcome)
    return {
        "start": utc(window.start),
        "end": utc(window.end),
        "household": user,
        "state": window.state.value,
        "outcome": outcome,
        "label": labels[outcome] if labels and outcome is not None else None,
        "lower": lower,
        "upper": upper,
        "unit": question.unit,
    }


def _in_words(result: dict[str, Any]) -> str:
    """Return an outcome for people: a bucket's edges, an amount, or its number."""
    lower, upper, unit = result["lower"], result["upper"], result["unit"]
    if result["outcome"] is None:
        return "-"
    if lower is None:
        return f"{result['outcome']} {unit}".rstrip()
    if upper is None:
        return f"above {lower} {unit}"
    return f"{lower} to {upper} {unit}"
