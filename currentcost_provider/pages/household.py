"""One household: its answers, its agreements, what can be done, and what is known."""

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from ..operating.households import PASSWORD_DAYS
from ..operating.plan_views import statement_of
from ..plans import DAY
from ..results import in_words
from ..storage.ledger import ResultFilter
from .charts import steps
from .forms import read_form
from .households import state_of
from .rendering import redirect, render
from .sheets import Shown
from .visitor import Admin, DeskOf, Operator, Viewer
from .words import asked_words, meaning_words

router: Final = APIRouter(prefix="/households/{user}")

_MOST: Final = 1000
_SPANS: Final = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY}

_STORED: Final = {
    "ask": "When your people asked it on demand, and who did.",
    "household": (
        "Its user name, when it was enrolled, whether it is blocked, its public key,"
        " hashes of its password and token."
    ),
    "agreement": (
        "When each agreement began, the request and the confirmation and, encrypted,"
        " what opens the day's reports to the one answer each."
    ),
    "window_claim": (
        "Of each window: from when to when, when its report came and was answered, its"
        " answer, and a hash of the report. The report itself is not kept."
    ),
}
"""Tables in words, for people who judge what is stored."""

type User = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@+-]{1,64}$")]


@router.get("")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    user: User,
    span: Annotated[Literal["day", "week", "month"], Query()] = "day",
) -> Response:
    """Show a household."""
    return await _page(request, desk, user, span=span)


async def _page(
    request: Request,
    desk: DeskOf,
    user: str,
    *,
    span: str = "day",
    why: str | None = None,
) -> Response:
    households = desk.service.households
    household = await households.one(user)
    plan = await households.plan_of(household)
    statement = statement_of(plan)
    question = statement.plan.question
    agreements = await households.agreements(household)
    wanted = ResultFilter(user=user, plan=plan.plan_id, since=desk.now() - _SPANS[span])
    results, more = await desk.service.results.page(wanted, limit=_MOST)
    labels = question.labels
    current = next((row.state for row in agreements if row.state == "running"), None)
    state, words = state_of(
        household, current or (agreements[0].state if agreements else None), desk.now()
    )
    return render(
        request,
        "household.html",
        status=200 if why is None else 422,
        household=household,
        address=f"/households/{quote(user)}",
        agreements=agreements,
        asked=asked_words(statement.plan),
        asks=await desk.service.asking.of_household(user, before=None, limit=10),
        can_be_asked=current is not None and statement.plan.can_be_asked,
        chart=steps(results, question, labels),
        code=statement.code,
        more=more is not None,
        plan=statement.plan,
        results=[(result, in_words(result)) for result in reversed(results)],
        span=span,
        spans=list(_SPANS),
        state=state,
        words=words,
        why=why,
    )


@router.post("/reset")
async def reset(
    request: Request, visitor: Operator, desk: DeskOf, user: User
) -> Response:
    """Give a household a new password, which is shown once."""
    await read_form(request, visitor)
    sheet = await desk.service.households.reset(
        user, days=PASSWORD_DAYS, actor=visitor.actor
    )
    return render(
        request,
        "sheet.html",
        sheet=Shown.of(sheet, request),
        reset=True,
    )


@router.post("/block")
async def block(
    request: Request, visitor: Operator, desk: DeskOf, user: User
) -> Response:
    """Let a household make no more agreements, or again."""
    form = await read_form(request, visitor)
    await desk.service.households.block(
        user, blocked=form["blocked"] == "yes", actor=visitor.actor
    )
    return redirect(f"/households/{quote(user)}")


@router.post("/revoke")
async def revoke(
    request: Request, visitor: Operator, desk: DeskOf, user: User
) -> Response:
    """Let a household do nothing more until it is reset."""
    await read_form(request, visitor)
    await desk.service.households.remove_token(user, actor=visitor.actor)
    return redirect(f"/households/{quote(user)}", notice="revoked")


@router.post("/erase")
async def erase(request: Request, visitor: Admin, desk: DeskOf, user: User) -> Response:
    """Delete all that is stored of a household, after its name was typed."""
    form = await read_form(request, visitor)
    if form["confirm"] != user:
        why = f"Nothing was erased: type {user} to confirm."
        return await _page(request, desk, user, why=why)
    await desk.service.households.erase(user, actor=visitor.actor)
    return redirect("/households", notice="erased")


@router.post("/export")
async def export(
    request: Request, visitor: Operator, desk: DeskOf, user: User
) -> Response:
    """Return all that is stored of a household as a file, for its owner."""
    await read_form(request, visitor)
    parts = await desk.service.households.export(user, actor=visitor.actor)
    return StreamingResponse(
        parts,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{quote(user)}.json"'},
    )


@router.get("/known")
async def known(
    request: Request, _visitor: Viewer, desk: DeskOf, user: User
) -> Response:
    """Show what is known of a household, for whoever has to judge it."""
    households = desk.service.households
    household = await households.one(user)
    plan = statement_of(await households.plan_of(household))
    return render(
        request,
        "known.html",
        household=household,
        address=f"/households/{quote(user)}",
        asked=asked_words(plan.plan),
        agreements=await households.agreements(household),
        knowledge=await households.knowledge(household),
        plan=plan.plan,
        stored=await households.stored(household),
        stored_words=_STORED,
        meaning_words=meaning_words,
    )
