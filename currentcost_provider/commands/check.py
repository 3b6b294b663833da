"""`currentcost-provider check`: is everything as it should be?"""

import asyncio
import json
from typing import Annotated

import typer

from ..checking import Finding, Grade, check as look
from .console import now, place_of, require_database, table


def check(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check configuration, database, keys, clock, and plans that must be opened.

    Ends with 1 if something has to be put right.
    """
    settings = place_of(context).settings()
    require_database(settings)

    async def collect() -> list[Finding]:
        return [finding async for finding in look(settings, now())]

    findings = asyncio.run(collect())
    rows = [(finding.grade, finding.subject, finding.words) for finding in findings]
    if as_json:
        names = ("grade", "subject", "words")
        documents = [dict(zip(names, row, strict=True)) for row in rows]
        typer.echo(json.dumps(documents, indent=1))
    else:
        table(("", "WHAT", ""), rows)
    if any(finding.grade is Grade.FAIL for finding in findings):
        raise typer.Exit(1)
