"""`currentcost-provider ask`: what does a household draw now?"""

import asyncio
from collections.abc import Callable
import json
import time
from typing import Annotated

import typer

from ..asking import AskAnswer, AskState, answers_of, subject_of
from ..asks import Asking, Asks
from ..problems import ProblemError
from ..results import Results, document, in_words
from ..storage.database import Database
from ..storage.ledger import Ledger
from ..storage.registry import Registry
from .completing import complete_plans, complete_users
from .console import actor, fail, note, run, utc

_LOOK_SECONDS = 0.5


def ask(
    context: typer.Context,
    household: Annotated[
        str | None,
        typer.Argument(
            metavar="USER", help="Household to ask.", autocompletion=complete_users
        ),
    ] = None,
    *,
    plan: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Ask all of this plan.", autocompletion=complete_plans
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Print the answers as they come.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, a line for each.")
    ] = False,
) -> None:
    """Ask what is drawn now; households that allow it answer within seconds.

    The answer is the bucket of the mean power of the last ten seconds.
    """
    if (household is None) == (plan is None):
        fail("Name a household, or a plan with --plan.")

    async def work(database: Database) -> None:
        try:
            asking = await Asks(database).ask(
                user=household, plan=plan, actor=actor(), now=time.time()
            )
        except ProblemError as err:
            fail(f"{err.detail}.")
        await note(database, "ask", subject_of(asking, user=household, plan=plan))
        if as_json and not wait:
            typer.echo(json.dumps({"asking": asking.id, "asked": asking.households}))
        elif not as_json:
            typer.echo(
                f"{asking.households} asked about {utc(asking.window.start)};"
                f" answers count until {utc(asking.expires)}."
            )
        if wait:
            await _wait(database, asking, _as_json if as_json else _in_words)

    run(context, work)


async def _wait(
    database: Database, asking: Asking, show: Callable[[AskAnswer], str]
) -> None:
    """Print each answer once, until all have come or it is too late."""
    asks, results = Asks(database), Results(Ledger(database), Registry(database))
    shown: set[str] = set()
    while len(shown) < asking.households:
        rows = await asks.answers(asking, limit=asking.households)
        for answer in answers_of(rows, results, time.time()):
            if answer.state is not AskState.WAITING and answer.household not in shown:
                shown.add(answer.household)
                typer.echo(show(answer))
        await asyncio.sleep(_LOOK_SECONDS)


def _in_words(answer: AskAnswer) -> str:
    words = f"{answer.household}  {answer.state}"
    if answer.result is None or answer.result.outcome is None:
        return words
    return f"{words}  {answer.result.label or '-'}  {in_words(answer.result)}"


def _as_json(answer: AskAnswer) -> str:
    result = document(answer.result) if answer.result else None
    return json.dumps(
        {"household": answer.household, "state": answer.state, "result": result}
    )
