"""`currentcost-provider plan`: what is asked, shown."""

from collections.abc import Sequence
from typing import Annotated

from currentcost_exchange import (
    Plan,
    ProgramQuestion,
    ProviderValues,
    Question,
    RangeQuestion,
)
from currentcost_exchange.compiler.running import report_bytes
from currentcost_exchange.library import LIBRARY, library_template
import typer

from ..operating.consents import Consents
from ..operating.fleet import Bucket, Fleet, FleetView
from ..operating.plan_life import PlanLife
from ..operating.plan_views import PlanView
from ..storage.database import Database
from .completing import complete_plans
from .console import run, sheet, table, utc

app = typer.Typer()

Named = Annotated[str, typer.Argument(metavar="ID", autocompletion=complete_plans)]


@app.command()
def waiting(context: typer.Context, plan_id: Named) -> None:
    """List who has yet to consent to a plan in force."""

    async def collect(database: Database) -> list[str]:
        consents, names, after = Consents(database), list[str](), None
        while rows := await consents.waiting(plan_id, after=after, limit=1000):
            names += [user for user, *_ in rows]
            after = names[-1]
        return names

    for name in run(context, collect):
        typer.echo(name)


@app.command()
def fleet(context: typer.Context, plan_id: Named) -> None:
    """Show how many households are in which bucket, late, or missing."""

    async def look(database: Database) -> Fleet:
        return await FleetView(database).now(plan_id)

    found = run(context, look)
    window = "no window is over yet" if found.start is None else utc(found.start)
    sheet(
        f"Plan {found.plan}, window from {window}",
        [
            *(
                (_bucket(bucket), bucket.households)
                for bucket in found.buckets
                if bucket.households or bucket.meaning.label
            ),
            ("missing", found.missing),
            ("refused", found.refused),
            ("late", found.late),
            ("new", found.new),
            ("stopped", found.stopped),
            ("not agreed", found.waiting),
            ("blocked", found.blocked),
        ],
    )


@app.command()
def programs() -> None:
    """List the programs that ship, with values that their policies accept."""
    for name in LIBRARY:
        template = library_template(name)
        examples = template.examples.items()
        sheet(
            f"{name}: {template.title}",
            [
                ("window", template.schedule.window),
                ("report", f"{report_bytes(template.question.program)} bytes"),
                *(
                    ("--value", f"{key}={','.join(map(str, given))}")
                    for key, given in examples
                ),
            ],
        )


@app.command("list")
def list_plans(context: typer.Context) -> None:
    """List the plans."""

    async def collect(database: Database) -> list[PlanView]:
        return await PlanLife(database).all()

    table(
        ("PLAN", "STATE", "CODE", "FROM", "UNTIL", "TITLE"),
        [
            (
                view.plan.plan_id,
                view.state,
                code(view),
                utc(view.plan.start),
                utc(view.plan.end),
                view.plan.title,
            )
            for view in run(context, collect)
        ],
    )


@app.command()
def show(context: typer.Context, plan_id: Named) -> None:
    """Show a plan with its thresholds."""

    async def find(database: Database) -> tuple[PlanView, ProviderValues]:
        return await PlanLife(database).one(plan_id)

    view, values = run(context, find)
    plan, statement = view.plan, view.statement
    sheet(
        f"Plan {plan.plan_id}: {plan.title}",
        [
            ("provider", plan.provider),
            ("state", view.state),
            ("code", code(view)),
            ("fingerprint", statement.fingerprint if statement else "-"),
            ("period", f"{utc(plan.start)} to {utc(plan.end)}"),
            ("lateness", f"{plan.lateness} s"),
            *_asked(plan, values.values),
        ],
    )
    for source in _sources(plan.question):
        typer.echo(f"\n{source.rstrip()}")


def code(view: PlanView) -> str:
    """Return what is published of a plan; a draft has none."""
    return view.statement.code if view.statement else "-"


def _bucket(bucket: Bucket) -> str:
    if bucket.meaning.label:
        return bucket.meaning.label
    amounts = f"{bucket.outcome} to {bucket.last} {bucket.meaning.unit}"
    return amounts.rstrip()


def _asked(plan: Plan, values: Sequence[int]) -> list[tuple[str, str]]:
    """Return what a plan asks, with the private values."""
    schedule, question = plan.schedule, plan.question
    outcomes = ", ".join(question.labels) or f"0 to {question.outcomes - 1}"
    if isinstance(question, RangeQuestion):
        unit = question.measure.unit
        return [
            ("measure", f"{question.measure}, every {schedule.window} s"),
            ("thresholds", ", ".join(f"{value} {unit}" for value in values)),
            ("minimum width", f"{question.minimum_width} {unit}"),
            ("outcomes", outcomes),
        ]
    if not isinstance(question, ProgramQuestion):
        raise TypeError(question)
    return [
        ("window", f"{schedule.window}, in parts of {schedule.part} s"),
        ("time zone", schedule.zone),
        *(
            (name, ", ".join(map(str, numbers)))
            for name, numbers in question.named(values).items()
        ),
        ("outcomes", f"{outcomes} {question.unit}".rstrip()),
    ]


def _sources(question: Question) -> list[str]:
    """Return the sources of a program, as they stand in the statement."""
    if not isinstance(question, ProgramQuestion):
        return []
    policy = question.policy_source
    return [question.source, policy or "No policy: nobody can check the values."]
