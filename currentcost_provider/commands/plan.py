"""`currentcost-provider plan`: what is asked."""

from datetime import datetime
from typing import Annotated

from currentcost_exchange import (
    Measure,
)
from pydantic import ValidationError
import typer

from ..operating.plan_life import PlanLife
from ..operating.plan_orders import PlanOrder, in_words
from ..operating.plan_views import PlanView
from ..plans import UnfitPlan
from ..storage.database import Database
from . import plan_showing
from .completing import complete_plans
from .console import actor, fail, run, sheet, utc
from .plan_showing import Named, code
from .question_file import find_template, parse_values

app = typer.Typer(help="Plans: what is asked, how often, until when.")
app.add_typer(plan_showing.app)


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
    draft: Annotated[
        bool, typer.Option("--draft", help="Don't sign it yet; see `plan activate`.")
    ] = False,
) -> None:
    """Create and sign a plan, of a range or a program; print the code to publish."""
    try:
        order = PlanOrder(
            plan=plan_id,
            title=title,
            thresholds=threshold or [],
            window=window,
            measure=measure.value if measure else None,
            minimum_width=minimum_width,
            labels=label or [],
            program=program,
            values=parse_values(value or []),
            zone=zone,
            start=start.date() if start else None,
            days=days,
            lateness=lateness,
            draft=draft,
        )
    except UnfitPlan as err:
        fail(str(err))
    except ValidationError as err:
        fail(in_words(err))

    async def add(database: Database) -> PlanView:
        return await PlanLife(database).create(order, actor=actor(), find=find_template)

    _show_signed(run(context, add))


@app.command()
def activate(context: typer.Context, plan_id: Named) -> None:
    """Sign a draft, for good; print the code to publish."""

    async def work(database: Database) -> PlanView:
        return await PlanLife(database).activate(plan_id, actor=actor())

    _show_signed(run(context, work))


@app.command()
def discard(context: typer.Context, plan_id: Named) -> None:
    """Throw a draft away."""

    async def work(database: Database) -> None:
        await PlanLife(database).discard(plan_id, actor=actor())

    run(context, work)
    typer.echo(f"The draft {plan_id} is gone.")


@app.command()
def retire(
    context: typer.Context,
    plan_id: Named,
    *,
    successor: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Ask its households for this plan from now on.",
            autocompletion=complete_plans,
        ),
    ] = None,
) -> None:
    """Let a plan take no new household, agreement or period.

    Agreements that run go on to the end of its period.
    """

    async def work(database: Database) -> int:
        return await PlanLife(database).retire(
            plan_id, successor=successor, actor=actor()
        )

    moved = run(context, work)
    typer.echo(f"The plan {plan_id} is retired.")
    if successor is not None:
        typer.echo(
            f"{moved} households are asked for {successor} now; `plan waiting"
            f" {successor}` shows who has yet to consent."
        )


@app.command()
def renew(
    context: typer.Context,
    plan_id: Named,
    *,
    days: Annotated[
        int | None,
        typer.Option(min=28, max=3660, help="Length; as before if left out."),
    ] = None,
) -> None:
    """Sign a plan's next period, on the same values; print its code to publish.

    Households go on by themselves: each lets you prove that the values are the same.
    """

    async def add(database: Database) -> PlanView:
        return await PlanLife(database).renew(plan_id, days=days, actor=actor())

    view = run(context, add)
    period = f"{utc(view.plan.start)} to {utc(view.plan.end)}"
    sheet(
        f"Plan {plan_id} goes on. Publish the code of its next period.",
        [("period", period), ("code", code(view))],
    )


def _show_signed(view: PlanView) -> None:
    """Say what is to be published of a plan."""
    plan_id = view.plan.plan_id
    if view.statement is None:
        typer.echo(
            f"The draft {plan_id} is kept: `plan activate {plan_id}` signs it, for good."
        )
        return
    sheet(
        f"Plan {plan_id} is signed. Publish both codes: people compare them when they"
        " agree.",
        [("code", view.statement.code), ("fingerprint", view.statement.fingerprint)],
    )
