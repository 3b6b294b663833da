"""`currentcost-provider household`: who is asked."""

from collections.abc import Sequence
import csv
import json
from pathlib import Path
import sys
from typing import Annotated

import typer

from ..operating.enrolling import UnfitList, is_user, read_users
from ..operating.households import PASSWORD_DAYS, Households, PlanKnowledge
from ..operating.sheets import Sheet, printable, write_private
from ..storage.database import Database
from ..storage.models import HouseholdRow, PlanRow
from ..storage.registry import HouseholdSummary, Registry
from ..telling.exporting import cells
from .completing import complete_plans, complete_users
from .console import actor, fail, now, place_of, run, sheet, table, utc

app = typer.Typer(help="Households: who is asked.")

User = Annotated[str, typer.Argument(metavar="USER", autocompletion=complete_users)]
PlanId = Annotated[
    str,
    typer.Option(
        "--plan",
        metavar="ID",
        help="The plan it is asked for.",
        autocompletion=complete_plans,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(help="The service's address; the configuration's if left out."),
]
Days = Annotated[
    int, typer.Option("--days", min=1, max=90, help="Days the password is good for.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Qr = Annotated[bool, typer.Option("--qr", help="Print a QR code as well.")]


@app.command()
def enrol(
    context: typer.Context,
    user: User,
    *,
    plan: PlanId,
    address: Address = None,
    days: Days = PASSWORD_DAYS,
    as_json: AsJson = False,
    qr: Qr = False,
) -> None:
    """Enrol a household and print the sheet that it gets."""
    if not is_user(user):
        fail("A user name has 1 to 64 letters, digits and . _ @ + - only.")
    [made] = _enrol(context, [user], plan, address, days)
    _show(made, as_json=as_json, qr=qr)


@app.command("import")
def enrol_many(
    context: typer.Context,
    file: Annotated[
        typer.FileText,
        typer.Argument(
            encoding="utf-8-sig", help="CSV file with a column `user`; - for the input."
        ),
    ],
    *,
    plan: PlanId,
    address: Address = None,
    days: Days = PASSWORD_DAYS,
    sheets: Annotated[
        Path | None,
        typer.Option(help="HTML file to create: a page to print for each household."),
    ] = None,
) -> None:
    """Enrol all households of a list, or none; print their passwords as CSV.

    With --sheets they stand in that file alone.
    """
    if sheets is not None and sheets.exists():
        fail(f"{sheets} exists already.")
    try:
        users = read_users(file)
    except UnfitList as err:
        fail(str(err))
    made = _enrol(context, users, plan, address, days)
    if sheets is None:
        writer = csv.DictWriter(sys.stdout, made[0].document())
        writer.writeheader()
        writer.writerows(cells(sheet.document()) for sheet in made)
        return
    try:
        write_private(sheets, printable(made))
    except OSError as err:
        fail(
            f"{sheets} can't be written ({err.strerror}); the households are enrolled:"
            " `household reset` gives each a new password."
        )
    typer.echo(f"{len(made)} households are enrolled; print {sheets}, then delete it.")


@app.command()
def reset(
    context: typer.Context,
    user: User,
    *,
    address: Address = None,
    days: Days = PASSWORD_DAYS,
    as_json: AsJson = False,
    qr: Qr = False,
) -> None:
    """Give a household a new one-time password and new set-ups; revoke its token.

    Its agreement goes on if the same installation logs in again.
    """

    async def renew(database: Database) -> Sheet:
        return await _households(context, database, address).reset(
            user, days=days, actor=actor()
        )

    _show(run(context, renew), as_json=as_json, qr=qr)


@app.command()
def block(
    context: typer.Context,
    user: User,
    *,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the block.")] = False,
) -> None:
    """Let a household make no agreement any more; one that runs goes on."""

    async def work(database: Database) -> None:
        await Households(database).block(user, blocked=not lift, actor=actor())

    run(context, work)
    typer.echo(f"{user} may agree again." if lift else f"{user} is blocked.")


@app.command()
def revoke(context: typer.Context, user: User) -> None:
    """Take a household's token and password: it can do nothing until a reset."""

    async def work(database: Database) -> None:
        await Households(database).remove_token(user, actor=actor())

    run(context, work)
    typer.echo(f"{user} has no token; `household reset` gives a new password.")


@app.command()
def show(context: typer.Context, user: User) -> None:
    """Show what is known of a household, and how many bits that is."""

    async def look(
        database: Database,
    ) -> tuple[HouseholdRow, PlanRow, dict[str, int], list[PlanKnowledge]]:
        households = Households(database)
        household = await households.one(user)
        return (
            household,
            await households.plan_of(household),
            await households.stored(household),
            await households.knowledge(household),
        )

    household, plan, stored, known = run(context, look)
    sheet(
        f"Household {user}",
        [
            ("enrolled", utc(household.created)),
            ("plan", plan.plan_id),
            ("blocked", "yes" if household.blocked else "no"),
            ("rows stored", ", ".join(f"{n} {name}" for name, n in stored.items())),
        ],
    )
    for each in known:
        bits = each.known
        typer.echo("")
        sheet(
            f"Answers about {each.plan} from {utc(each.start)}",
            [
                ("windows", bits.windows),
                ("each tells", f"{bits.bits_each:.3f} bits at most"),
                ("all tell", f"{bits.at_most:.0f} bits at most"),
                ("as they came", f"{bits.as_answered:.1f} bits"),
            ],
        )


@app.command()
def export(
    context: typer.Context,
    user: User,
    file: Annotated[Path, typer.Argument(help="JSON file to create.")],
) -> None:
    """Write all that is stored of a household to a file, to hand it out."""

    async def write(database: Database) -> None:
        parts = await Households(database).export(user, actor=actor())
        try:
            write_private(file, "".join([part async for part in parts]))
        except FileExistsError:
            fail(f"{file} exists already.")

    run(context, write)
    typer.echo(f"{file} holds all that is stored of {user}.")


@app.command()
def erase(
    context: typer.Context,
    user: User,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete all that is stored of a household; only the audit log keeps its name."""
    if not yes:
        typer.confirm(f"Delete {user} with all agreements and results?", abort=True)

    async def work(database: Database) -> None:
        await Households(database).erase(user, actor=actor())

    run(context, work)
    typer.echo(f"Nothing is stored of {user} any more.")


@app.command("list")
def list_households(context: typer.Context) -> None:
    """List the households."""

    async def collect(database: Database) -> Sequence[HouseholdSummary]:
        return await Registry(database).households()

    rows = run(context, collect)
    table(
        ("USER", "PLAN", "STATE", "LAST WINDOW"),
        [
            (
                household.user,
                plan_id,
                _state(household, agreement_state),
                "-" if last is None else utc(last),
            )
            for household, plan_id, agreement_state, last in rows
        ],
    )


def _enrol(
    context: typer.Context,
    users: Sequence[str],
    plan: str,
    address: str | None,
    days: int,
) -> list[Sheet]:
    """Enrol households, all or none; return their sheets."""

    async def add(database: Database) -> list[Sheet]:
        return await _households(context, database, address).enrol(
            users, plan, days=days, actor=actor()
        )

    return run(context, add)


def _households(
    context: typer.Context, database: Database, address: str | None
) -> Households:
    if address is None:
        address = place_of(context).settings().address
    return Households(database, address=address)


def _show(made: Sheet, *, as_json: bool, qr: bool) -> None:
    """Print what a household needs to set its report up."""
    if as_json:
        typer.echo(json.dumps(made.document()))
        return
    sheet(f"Enrolment with {made.provider}", made.rows())
    if qr:
        made.qr_code().terminal(compact=True)


def _state(household: HouseholdRow, agreement: str | None) -> str:
    """Say in a few words where a household stands."""
    if household.blocked:
        return "blocked, needs a reset"
    if household.password_hash is None:
        return agreement or "-"
    if household.password_expires <= now():
        return "password expired"
    return f"password waits until {utc(household.password_expires)}"
