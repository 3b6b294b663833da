"""Who did what."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from .rendering import render
from .visitor import Admin, DeskOf

router: Final = APIRouter(prefix="/audit")

_PAGE: Final = 100


@router.get("")
async def show(
    request: Request,
    _visitor: Admin,
    desk: DeskOf,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Show the audit log, the newest first."""
    entries = await desk.service.audit.last(before=before, limit=_PAGE)
    return render(
        request,
        "audit.html",
        entries=entries,
        newest=before is None,
        following=entries[-1].id if len(entries) == _PAGE else None,
    )
