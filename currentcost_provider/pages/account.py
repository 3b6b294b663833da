"""One's own password and sessions."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ..credentials import hash_chosen, weakness
from .forms import read_form
from .rendering import redirect, render
from .visitor import DeskOf, Viewer, Visitor, set_cookie

router: Final = APIRouter(prefix="/account")


@router.get("")
async def show(request: Request, visitor: Viewer, desk: DeskOf) -> Response:
    """Show where one is signed in."""
    return await _page(request, visitor, desk)


@router.post("/password")
async def change(request: Request, visitor: Viewer, desk: DeskOf) -> Response:
    """Change one's password; other sessions end, this one goes on with a new token."""
    form = await read_form(request, visitor)
    operator = visitor.operator
    new = form.exact("new")
    why = weakness(new, operator.name)
    if why is None and new != form.exact("again"):
        why = "The new password and its repetition are not the same."
    if why is None and not await desk.door.opens(
        name=operator.name,
        password=form.exact("current"),
        stored=operator.password_hash,
        source=request.client.host if request.client else "",
    ):
        why = "The current password is not right."
    if why is not None:
        return await _page(request, visitor, desk, why=why)
    stored = await asyncio.to_thread(hash_chosen, new)
    note = desk.note(visitor.actor, "operator.password", operator.name)
    await desk.service.operators.set_password(operator.name, stored, note=note)
    token = await desk.sessions.begin(
        operator.id, visitor.signed_in.row.browser, desk.now()
    )
    response = redirect("/account", notice="password")
    set_cookie(request, response, token)
    return response


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(
    request: Request, visitor: Viewer, desk: DeskOf
) -> Response:
    """End all other sessions; this one goes on with a new token."""
    await read_form(request, visitor)
    operator = visitor.operator
    await desk.sessions.end_all(operator.id)
    await desk.remember(visitor.actor, "console.sign-out-everywhere", operator.name)
    token = await desk.sessions.begin(
        operator.id, visitor.signed_in.row.browser, desk.now()
    )
    response = redirect("/account", notice="everywhere")
    set_cookie(request, response, token)
    return response


@router.post("/sessions/{session_id}/end")
async def end(
    request: Request,
    visitor: Viewer,
    desk: DeskOf,
    session_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
) -> Response:
    """End one session."""
    await read_form(request, visitor)
    await desk.sessions.end_one(visitor.operator.id, session_id)
    return redirect("/account", notice="ended")


async def _page(
    request: Request, visitor: Visitor, desk: DeskOf, *, why: str | None = None
) -> Response:
    sessions = await desk.sessions.of(visitor.operator.id, desk.now())
    return render(
        request,
        "account.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        sessions=sessions,
        own=visitor.signed_in.row.id,
        why=why,
    )
