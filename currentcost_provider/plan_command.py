"""`currentcost-provider plan`: what is asked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from currentcost_exchange import Measure, PlanStatement, ProviderIdentity
import typer

from .console import fail, now, provider_of, run, sheet, table, utc
from .database import Database
from .models import PlanRow
from .plans import UnfitPlan, new_plan, unpack_thresholds
from .registry import Exists, Registry

app = typer.Typer(help="Plans: what is asked, how often, until when.")


@app.command()
def create(
    context: typer.Context,
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", help="Short name: a to z, 0 to 9, _ and -.")
    ],
    *,
    title: Annotated[str, typer.Option(help="The question in words.")],
    threshold: Annotated[
        list[int],
        typer.Option(help="A bucket's upper end (W or Wh); once for each, ascending."),
    ],
    window: Annotated[int, typer.Option(help="Seconds that a report speaks of.")] = 900,
    measure: Annotated[
        Measure, typer.Option(help="What of a window is compared.")
    ] = Measure.MEAN_POWER,
    minimum_width: Annotated[
        int, typer.Option(help="Promise: no bucket is narrower than this (W or Wh).")
    ] = 100,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="An outcome's name, public; once for each, the one for outside first."
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day (UTC); default: today."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Length in days.")] = 365,
    lateness: Annotated[
        int,
        typer.Option(
            min=60, help="Seconds after a window's end that its report may take."
        ),
    ] = 86_400,
) -> None:
    """Create and sign a plan; print the code that households compare."""
    first_day = (start or datetime.now(UTC)).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC
    )

    async def add(database: Database) -> PlanStatement:
        provider = await provider_of(database)
        try:
            statement, thresholds = new_plan(
                ProviderIdentity(provider.identity),
                provider=provider.name,
                plan_id=plan_id,
                title=title,
                start=int(first_day.timestamp()),
                days=days,
                window=window,
                lateness=lateness,
                measure=measure,
                minimum_width=minimum_width,
                thresholds=threshold,
                labels=label or [],
            )
            await Registry(database).add_plan(statement, thresholds, now())
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


@app.command("list")
def list_plans(context: typer.Context) -> None:
    """List the plans."""

    async def collect(database: Database) -> Sequence[PlanRow]:
        return await Registry(database).plans()

    plans = run(context, collect)
    statements = [PlanStatement.from_bytes(plan.statement) for plan in plans]
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
    context: typer.Context, plan_id: Annotated[str, typer.Argument(metavar="ID")]
) -> None:
    """Show a plan with its thresholds."""

    async def find(database: Database) -> PlanRow | None:
        return await Registry(database).plan_named(plan_id)

    row = run(context, find)
    if row is None:
        fail(f"There is no plan {plan_id}; `plan list` shows those there are.")
    statement = PlanStatement.from_bytes(row.statement)
    plan = statement.plan
    unit = plan.measure.unit
    thresholds = unpack_thresholds(row.thresholds).values
    sheet(
        f"Plan {plan.plan_id}: {plan.title}",
        [
            ("provider", plan.provider),
            ("code", statement.code),
            ("fingerprint", statement.fingerprint),
            ("period", f"{utc(plan.start)} to {utc(plan.end)}"),
            ("measure", f"{plan.measure}, every {plan.window} s"),
            ("lateness", f"{plan.lateness} s"),
            ("thresholds", ", ".join(f"{value} {unit}" for value in thresholds)),
            ("minimum width", f"{plan.minimum_width} {unit}"),
            ("outcomes", ", ".join(plan.outcomes)),
        ],
    )
