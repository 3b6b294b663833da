"""`currentcost-provider household`: who is asked."""

from collections.abc import Sequence
import json
import re
from typing import Annotated, Final

import typer

from .console import fail, now, run, sheet, statement_of, table, utc
from .credentials import hash_password, new_password
from .database import Database
from .models import HouseholdRow, PlanRow
from .plans import DAY
from .registry import Exists, HouseholdSummary, Registry

app = typer.Typer(help="Households: who is asked.")

PASSWORD_DAYS: Final = 7

User = Annotated[str, typer.Argument(metavar="USER")]
Address = Annotated[
    str, typer.Option(help="The service's address, to print it on the sheet.")
]
Days = Annotated[
    int, typer.Option("--days", min=1, max=90, help="Days the password is good for.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def enrol(
    context: typer.Context,
    user: User,
    *,
    plan: Annotated[str, typer.Option(metavar="ID", help="The plan it is asked for.")],
    address: Address = "",
    days: Days = PASSWORD_DAYS,
    as_json: AsJson = False,
) -> None:
    """Enrol a household and print the sheet that it gets."""
    if not re.fullmatch(r"[A-Za-z0-9._@+-]{1,64}", user):
        fail("A user name has 1 to 64 letters, digits and . _ @ + - only.")
    password, expires = new_password(), now() + days * DAY

    async def add(database: Database) -> PlanRow:
        registry = Registry(database)
        row = await registry.plan_named(plan)
        if row is None:
            fail(f"There is no plan {plan}; `plan list` shows those there are.")
        if row.end <= now():
            fail(f"The period of plan {plan} is over.")
        try:
            await registry.add_household(
                user,
                row,
                password_hash=hash_password(password),
                expires=expires,
                now=now(),
            )
        except Exists:
            fail(
                f"There is a household {user} already; `household reset {user}` gives"
                " it a new password."
            )
        return row

    row = run(context, add)
    _print_sheet(user, password, expires, row, address=address, as_json=as_json)


@app.command()
def reset(
    context: typer.Context,
    user: User,
    *,
    address: Address = "",
    days: Days = PASSWORD_DAYS,
    as_json: AsJson = False,
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
        return await registry.plan_of(household)

    row = run(context, renew)
    _print_sheet(user, password, expires, row, address=address, as_json=as_json)


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


def _print_sheet(
    user: str,
    password: str,
    expires: int,
    plan: PlanRow,
    *,
    address: str,
    as_json: bool,
) -> None:
    """Print what a household needs to set its report up."""
    statement = statement_of(plan)
    if as_json:
        document = {
            "address": address,
            "user": user,
            "password": password,
            "expires": utc(expires),
            "fingerprint": statement.fingerprint,
            "plan": plan.plan_id,
            "code": statement.code,
        }
        typer.echo(json.dumps(document))
        return
    sheet(
        f"Enrolment with {statement.plan.provider}",
        [
            ("address", address or "____________________"),
            ("user name", user),
            ("one-time password", password),
            ("good until", utc(expires)),
            ("provider's fingerprint", statement.fingerprint),
            ("plan", f"{plan.plan_id}, {statement.plan.title}"),
            ("plan's code", statement.code),
        ],
    )


def _state(household: HouseholdRow, agreement: str | None) -> str:
    """Say in a few words where a household stands."""
    if household.blocked:
        return "blocked, needs a reset"
    if household.password_hash is None:
        return agreement or "-"
    if household.password_expires <= now():
        return "password expired"
    return f"password waits until {utc(household.password_expires)}"
