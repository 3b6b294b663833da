"""`currentcost-provider household`: who is asked."""

from collections.abc import Sequence
import csv
import json
from pathlib import Path
import sys
from typing import Annotated, Final

import typer

from .completing import complete_plans, complete_users
from .console import fail, note, now, place_of, run, sheet, statement_of, table, utc
from .credentials import hash_password, new_password
from .database import Database
from .enrolling import UnfitList, is_user, new_passwords, read_users
from .models import HouseholdRow, PlanRow
from .plans import DAY
from .registry import Exists, HouseholdSummary, Registry
from .sheets import Sheet, printable, write_private

app = typer.Typer(help="Households: who is asked.")

PASSWORD_DAYS: Final = 7

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
    [sheet] = _enrol(context, [user], plan, _address(context, address), days)
    _show(sheet, as_json=as_json, qr=qr)


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
    made = _enrol(context, users, plan, _address(context, address), days)
    if sheets is None:
        writer = csv.DictWriter(sys.stdout, made[0].document())
        writer.writeheader()
        writer.writerows(sheet.document() for sheet in made)
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
    password, expires = new_password(), now() + days * DAY

    async def renew(database: Database) -> PlanRow:
        registry = Registry(database)
        household = await registry.reset_household(
            user, password_hash=hash_password(password), expires=expires
        )
        if household is None:
            fail(
                f"There is no household {user}; `household list` shows those there are."
            )
        await note(database, "household.reset", user)
        return await registry.plan_in_force(household, now())

    row = run(context, renew)
    sheet = Sheet.of(
        statement_of(row),
        address=_address(context, address),
        user=user,
        password=password,
        expires=utc(expires),
    )
    _show(sheet, as_json=as_json, qr=qr)


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
    context: typer.Context, users: Sequence[str], plan: str, address: str, days: int
) -> list[Sheet]:
    """Enrol households, all or none; return their sheets."""
    expires = now() + days * DAY

    async def add(database: Database) -> tuple[PlanRow, list[tuple[str, str]]]:
        registry = Registry(database)
        row = await registry.plan_named(plan)
        if row is None:
            fail(f"There is no plan {plan}; `plan list` shows those there are.")
        if row.end <= now():
            fail(f"The period of plan {plan} is over.")
        passwords = new_passwords(len(users))
        hashes = [stored for _, stored in passwords]
        try:
            await registry.add_households(
                dict(zip(users, hashes, strict=True)), row, expires=expires, now=now()
            )
        except Exists as err:
            fail(
                f"There is a household {err} already; `household reset {err}` gives it"
                " a new password. Nothing was changed."
            )
        subject = users[0] if len(users) == 1 else f"{len(users)} households"
        await note(database, "household.enrol", subject)
        return row, passwords

    row, passwords = run(context, add)
    statement = statement_of(row)
    return [
        Sheet.of(
            statement,
            address=address,
            user=user,
            password=password,
            expires=utc(expires),
        )
        for user, (password, _) in zip(users, passwords, strict=True)
    ]


def _address(context: typer.Context, address: str | None) -> str:
    if address is not None:
        return address
    return place_of(context).settings().address


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
