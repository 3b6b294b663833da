"""Asking now: what a household draws at this moment, or all of a plan."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from ..asking import AskAnswer, AskState
from ..results import in_words
from .fleet import User
from .forms import read_form
from .rendering import redirect, render
from .visitor import DeskOf, Operator, Viewer

router: Final = APIRouter()

_PAGE: Final = 200
_WORDS: Final = {
    AskState.WAITING: "not answered yet",
    AskState.MISSING: "its meter is silent",
    AskState.DECLINED: "its owner allows it less often, or the clocks differ",
    AskState.REFUSED: "its report could not be evaluated",
    AskState.EXPIRED: "off line, or its owner does not allow it",
}

type UserPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@+-]{1,64}$")]
type AskingId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
type PlanPath = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$")]


@router.post("/households/{user}/ask")
async def ask_household(
    request: Request, visitor: Operator, desk: DeskOf, user: UserPath
) -> Response:
    """Ask one household."""
    await read_form(request, visitor)
    asking = await desk.service.asking.ask(visitor.actor, user=user, plan=None)
    return redirect(f"/asks/{asking.id}")


@router.post("/plans/{plan}/ask")
async def ask_plan(
    request: Request, visitor: Operator, desk: DeskOf, plan: PlanPath
) -> Response:
    """Ask all households of a plan."""
    await read_form(request, visitor)
    asking = await desk.service.asking.ask(visitor.actor, user=None, plan=plan)
    return redirect(f"/asks/{asking.id}")


@router.get("/asks/{asking_id}")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    asking_id: AskingId,
    after: User = None,
) -> Response:
    """Show what came so far."""
    service = desk.service.asking
    asking = await service.asking(asking_id)
    answers = await service.answers(asking, after=after, limit=_PAGE)
    return render(
        request,
        "asking.html",
        asking=asking,
        answers=[(each, _words(each)) for each in answers],
        waiting=_waiting(answers),
        following=answers[-1].household if len(answers) == _PAGE else None,
        first_page=after is None,
    )


@router.get("/asks/{asking_id}/waiting")
async def count(
    _visitor: Viewer, desk: DeskOf, asking_id: AskingId, after: User = None
) -> Response:
    """Return how many of the page may still answer, for its script."""
    service = desk.service.asking
    asking = await service.asking(asking_id)
    return JSONResponse(
        _waiting(await service.answers(asking, after=after, limit=_PAGE))
    )


def _waiting(answers: list[AskAnswer]) -> int:
    return sum(answer.state is AskState.WAITING for answer in answers)


def _words(answer: AskAnswer) -> str:
    """Return what an answer means, or why there is none."""
    if answer.result is None or answer.state is not AskState.BUCKET:
        return _WORDS.get(answer.state, "")
    return in_words(answer.result)
