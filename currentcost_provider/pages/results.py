"""Results: a part of them as a table, or all of it as a file."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path as FilePath
import re
import shutil
import tempfile
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from ..api.results import cursor_of, key_of
from ..plans import DAY
from ..results import in_words
from ..storage.ledger import ResultFilter
from ..telling.exporting import UnfitFile, export
from .errors import PageError
from .rendering import render
from .visitor import DeskOf, Viewer

router: Final = APIRouter(prefix="/results")

_PAGE: Final = 200
_USER: Final = re.compile(r"[A-Za-z0-9._@+-]{0,64}")
_PLAN: Final = re.compile(r"[a-z0-9_-]{0,64}")
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
_exporting: Final = asyncio.Semaphore(2)
"""Files that are written at a time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose to see; times as their fields in the page have them."""

    household: str
    plan: str
    since: str
    until: str

    @property
    def wanted(self) -> ResultFilter:
        """The choice as the ledger takes it."""
        return ResultFilter(
            user=self.household or None,
            plan=self.plan or None,
            since=_seconds(self.since),
            until=_seconds(self.until),
        )

    @property
    def query(self) -> str:
        """The choice as it stands in an address."""
        return urlencode(
            {
                "household": self.household,
                "plan": self.plan,
                "since": self.since,
                "until": self.until,
            }
        )


async def get_choice(
    household: Annotated[str, Query(max_length=64)] = "",
    plan: Annotated[str, Query(max_length=64)] = "",
    since: Annotated[str, Query(max_length=30)] = "",
    until: Annotated[str, Query(max_length=30)] = "",
) -> Choice:
    """Return what the address chooses.

    Raises:
        PageError: in words, what of it can't be.
    """
    if not (_USER.fullmatch(household) and _PLAN.fullmatch(plan)):
        raise PageError(
            HTTPStatus.BAD_REQUEST,
            "Not understood",
            "No household or plan is named so.",
        )
    choice = Choice(household, plan, since, until)
    try:
        _ = choice.wanted
    except ValueError:
        raise PageError(
            HTTPStatus.BAD_REQUEST,
            "Not understood",
            "A time is written as 2026-01-31T12:00.",
        ) from None
    return choice


type ChoiceOf = Annotated[Choice, Depends(get_choice)]


@router.get("")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    choice: ChoiceOf,
    after: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_=-]{1,400}$")] = None,
) -> Response:
    """Show results, the oldest first; those of the last day if nothing was chosen."""
    if not request.url.query:
        day_ago = datetime.fromtimestamp(desk.now() - DAY, UTC)
        choice = Choice("", "", day_ago.strftime("%Y-%m-%dT%H:%MZ"), "")
    key = None if after is None else key_of(after)
    found, following = await desk.service.results.page(
        choice.wanted, after=key, limit=_PAGE
    )
    return render(
        request,
        "results.html",
        choice=choice,
        first=after is None,
        following=None if following is None else cursor_of(following),
        plans=await desk.plan_ids(),
        results=[(each, in_words(each)) for each in found],
    )


@router.get("/file.{kind}")
async def download(
    visitor: Viewer,
    desk: DeskOf,
    choice: ChoiceOf,
    kind: Annotated[Literal["csv", "jsonl", "parquet"], Path()],
) -> Response:
    """Return all results that were chosen as a file."""
    folder = FilePath(await asyncio.to_thread(tempfile.mkdtemp))
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        async with _exporting:
            path = folder / f"results.{kind}"
            await export(path, desk.service.results.all(choice.wanted))
    except UnfitFile as err:
        await remove()
        raise PageError(
            HTTPStatus.NOT_IMPLEMENTED, "This file can't be written", str(err)
        ) from err
    except BaseException:
        await remove()
        raise
    await desk.remember(visitor.actor, "results.export", choice.query)
    return FileResponse(
        path, filename=path.name, media_type=_TYPES[kind], background=remove
    )


def _seconds(text: str) -> int | None:
    """Return a time of the page (UTC unless it says otherwise) in seconds."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
