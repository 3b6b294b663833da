"""`currentcost-provider check-meters`: whose buckets can't be true?"""

import json
from typing import Annotated

import typer

from ..operating.meters import Checked, Meters, document, read_meters
from ..operating.plausibility import TOLERANCE, Assumptions, Verdict
from ..refusals import Unfit
from ..storage.database import Database
from .console import fail, run, table, utc


def check_meters(
    context: typer.Context,
    file: Annotated[
        typer.FileText,
        typer.Argument(
            encoding="utf-8-sig",
            help="CSV file with columns household, start, end, kwh; - for the input.",
        ),
    ],
    *,
    tolerance: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share by which clamp and display may be off."),
    ] = TOLERANCE,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=10**7, help="W that a connection takes at most."),
    ] = None,
    feeds_in: Annotated[
        bool,
        typer.Option(
            "--feeds-in", help="Homes may feed in; kwh is import less export."
        ),
    ] = False,
    everyone: Annotated[
        bool, typer.Option("--all", help="Show also what is possible.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare billing meters' totals with the buckets of the same time.

    Ends with 1 if a household's buckets can't be true.
    """
    try:
        meters = list(read_meters(file))
    except Unfit as err:
        fail(str(err))
    assumed = Assumptions(tolerance=tolerance, limit=limit, feeds_in=feeds_in)

    async def work(database: Database) -> list[Checked]:
        checking = Meters(database, assumed)
        return [await checking.check(meter) for meter in meters]

    checked = run(context, work)
    wrong = [each for each in checked if each.verdict in {Verdict.LOW, Verdict.HIGH}]
    shown = (
        checked
        if everyone or as_json
        else [each for each in checked if each.verdict is not Verdict.POSSIBLE]
    )
    if as_json:
        documents = [document(each) for each in shown]
        typer.echo(json.dumps(documents, indent=1))
    else:
        table(
            (
                "HOUSEHOLD",
                "FROM",
                "UNTIL",
                "METER kWh",
                "BUCKETS kWh",
                "ANSWERED",
                "VERDICT",
            ),
            [_row(each) for each in shown],
        )
        typer.echo(f"{len(checked)} compared, {len(wrong)} can't be true.")
    if wrong:
        raise typer.Exit(1)


def _row(checked: Checked) -> tuple[str, ...]:
    meter, found = checked.meter, checked.comparison
    words = f"{checked.verdict} {checked.note}".rstrip()
    cells = (meter.household, utc(meter.start), utc(meter.end), f"{meter.kwh:.1f}")
    if found is None:
        return (*cells, "-", "-", words)
    lower = "" if found.lower is None else f"{found.lower / 1000:.1f}"
    upper = "" if found.upper is None else f"{found.upper / 1000:.1f}"
    return (*cells, f"{lower} to {upper}", f"{found.answered:.0%}", words)
