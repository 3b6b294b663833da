"""`currentcost-provider plan`: what is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from currentcost_exchange import (
    Measure,
    Plan,
    PlanStatement,
    ProgramQuestion,
    ProviderValues,
    Question,
    RangeQuestion,
)
from currentcost_exchange.compiler.running import report_bytes
from currentcost_exchange.library import LIBRARY, library_template
import typer

from .completing import complete_plans
from .console import fail, note, now, provider_of, run, sheet, statement_of, table, utc
from .database import Database
from .models import PlanRow
from .plans import (
    UnfitPlan,
    in_zone,
    new_plan,
    program_values,
    range_question,
    range_schedule,
    renewed_plan,
)
from .question_file import find_template, parse_values
from .registry import Exists, Registry

app = typer.Typer(help="Plans: what is asked, how often, until when.")


@app.command()
def create(
    context: typer.Context,
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", help="Short name: a to z, 0 to 9, _ and -.")
    ],
    *,
    title: Annotated[
        str | None,
        typer.Option(help="The question in words; a program brings its own."),
    ] = None,
    threshold: Annotated[
        list[int] | None,
        typer.Option(
            help="Range: a bucket's upper end (W or Wh); once for each, ascending."
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(help="Range: seconds that a report speaks of; 900 if left out."),
    ] = None,
    measure: Annotated[
        Measure | None,
        typer.Option(
            help="Range: what of a window is compared; mean_power if left out."
        ),
    ] = None,
    minimum_width: Annotated[
        int | None,
        typer.Option(
            help="Range: promise that no bucket is narrower (W or Wh); 100 if left out."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="Range: an outcome's name, public; once for each, outside first."
        ),
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="Program: one that ships (see `plan programs`), or a question file.",
        ),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBERS",
            help="Program: your values for an input, such as INPUT_B_limit=500,1000.",
        ),
    ] = None,
    zone: Annotated[
        str,
        typer.Option(help="Program: time zone of days, months and hours of the day."),
    ] = "UTC",
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day; default: today."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Length in days.")] = 365,
    lateness: Annotated[
        int,
        typer.Option(
            min=60, help="Seconds after a window's end that its report may take."
        ),
    ] = 86_400,
) -> None:
    """Create and sign a plan, of a range or a program; print the code to publish."""
    of_range = (threshold, window, measure, minimum_width, label)
    of_program = (value, None if zone == "UTC" else zone)
    question: Question
    try:
        if program is not None:
            if any(option is not None for option in of_range):
                fail("A program has its own windows, measures and outcomes.")
            template = find_template(program)
            schedule, question = in_zone(template.schedule, zone), template.question
            values = program_values(template.question, parse_values(value or []))
            title = title or template.title
        else:
            if any(option is not None for option in of_program):
                fail("--value and --zone go with --program.")
            if title is None or not threshold:
                fail("A range needs a --title and a --threshold or more.")
            schedule, values = (
                range_schedule(900 if window is None else window),
                tuple(threshold),
            )
            question = range_question(
                threshold,
                measure=measure or Measure.MEAN_POWER,
                minimum_width=100 if minimum_width is None else minimum_width,
                labels=label or [],
            )
    except UnfitPlan as err:
        fail(str(err))
    first_day = (start or datetime.now(schedule.tzinfo)).date()

    async def add(database: Database) -> PlanStatement:
        provider = await provider_of(database)
        try:
            statement, private = new_plan(
                Registry(database).identity(provider),
                provider=provider.name,
                plan_id=plan_id,
                title=title,
                first_day=first_day,
                days=days,
                lateness=lateness,
                schedule=schedule,
                question=question,
                values=values,
            )
            await Registry(database).add_plan(statement, private, now())
            await note(database, "plan.create", plan_id)
        except UnfitPlan as err:
            fail(str(err))
        except Exists:
            fail(
                f"There is a plan {plan_id} already. Its statement is signed and can't"
                " be changed: choose another id."
            )
        return statement

    statement = run(context, add)
    sheet(
        f"Plan {plan_id} is signed. Publish both codes: people compare them when they"
        " agree.",
        [("code", statement.code), ("fingerprint", statement.fingerprint)],
    )


@app.command()
def renew(
    context: typer.Context,
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", autocompletion=complete_plans)
    ],
    *,
    days: Annotated[
        int | None,
        typer.Option(min=28, max=3660, help="Length; as before if left out."),
    ] = None,
) -> None:
    """Sign a plan's next period, on the same values; print its code to publish.

    Households go on by themselves: each lets you prove that the values are the same.
    """

    async def add(database: Database) -> PlanStatement:
        registry = Registry(database)
        provider = await provider_of(database)
        row = await _known(registry, plan_id)
        try:
            statement, private = renewed_plan(
                registry.identity(provider),
                statement_of(row),
                registry.values(row),
                days=days,
            )
            await registry.add_plan(statement, private, now())
            await note(database, "plan.renew", plan_id)
        except UnfitPlan as err:
            fail(str(err))
        except Exists:
            fail(f"The plan {plan_id} was renewed meanwhile; `plan list` shows it.")
        return statement

    statement = run(context, add)
    period = f"{utc(statement.plan.start)} to {utc(statement.plan.end)}"
    sheet(
        f"Plan {plan_id} goes on. Publish the code of its next period.",
        [("period", period), ("code", statement.code)],
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

    async def collect(database: Database) -> Sequence[PlanRow]:
        return await Registry(database).plans()

    plans = run(context, collect)
    statements = [statement_of(plan) for plan in plans]
    table(
        ("PLAN", "CODE", "FROM", "UNTIL", "TITLE"),
        [
            (
                statement.plan.plan_id,
                statement.code,
                utc(statement.plan.start),
                utc(statement.plan.end),
                statement.plan.title,
            )
            for statement in statements
        ],
    )


@app.command()
def show(
    context: typer.Context,
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", autocompletion=complete_plans)
    ],
) -> None:
    """Show a plan with its thresholds."""

    async def find(database: Database) -> tuple[PlanRow, ProviderValues]:
        registry = Registry(database)
        row = await _known(registry, plan_id)
        return row, registry.values(row)

    row, values = run(context, find)
    statement = statement_of(row)
    plan = statement.plan
    sheet(
        f"Plan {plan.plan_id}: {plan.title}",
        [
            ("provider", plan.provider),
            ("code", statement.code),
            ("fingerprint", statement.fingerprint),
            ("period", f"{utc(plan.start)} to {utc(plan.end)}"),
            ("lateness", f"{plan.lateness} s"),
            *_asked(plan, values.values),
        ],
    )
    for source in _sources(plan.question):
        typer.echo(f"\n{source.rstrip()}")


async def _known(registry: Registry, plan_id: str) -> PlanRow:
    """Return a plan's latest period, or say that there is no such plan."""
    row = await registry.plan_named(plan_id)
    if row is None:
        fail(f"There is no plan {plan_id}; `plan list` shows those there are.")
    return row


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
