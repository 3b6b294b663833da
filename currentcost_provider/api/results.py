"""The interface for the provider's own programs and people, such as billing."""

import base64
import binascii
import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel

from ..credentials import hash_token
from ..problems import Problem, ProblemError
from ..results import Result, iso
from ..storage.ledger import ResultFilter, ResultKey
from .serving import MOST, Limit, ServiceOf, Viewer, admin, bearer, viewer

router: Final = APIRouter(prefix="/v1/operator", tags=["operators"])

type User = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9._@+-]{1,64}$", description="Of this household alone."),
]
type PlanId = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9_-]{1,64}$", description="Of this plan alone."),
]
type Cursor = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9_=-]{1,400}$", description="`next` of the page before."),
]


class ResultPage(BaseModel):
    """Results, the oldest first."""

    results: list[Result]
    next: str | None
    """Give it as `after` for the page behind; null on the last one."""


class AuditItem(BaseModel):
    """Something that somebody did."""

    id: int
    time: str
    actor: str
    action: str
    subject: str


class AuditPage(BaseModel):
    """Entries of the audit log, the newest first."""

    entries: list[AuditItem]
    next: int | None


@router.get("/results", dependencies=[Depends(viewer)], summary="What windows came to")
async def results(
    service: ServiceOf,
    *,
    household: User = None,
    plan: PlanId = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Windows that start then or later.")
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(description="Windows that start before.")
    ] = None,
    after: Cursor = None,
    limit: Limit = MOST,
) -> ResultPage:
    """Return results page by page; new ones come behind the last page."""
    wanted = ResultFilter(
        user=household,
        plan=plan,
        since=None if since is None else int(since.timestamp()),
        until=None if until is None else int(until.timestamp()),
    )
    key = None if after is None else key_of(after)
    found, following = await service.results.page(wanted, after=key, limit=limit)
    return ResultPage(
        results=found, next=None if following is None else cursor_of(following)
    )


@router.get(
    "/results/stream",
    summary="New results as they come (server-sent events)",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request,
    service: ServiceOf,
    who: Viewer,
    after: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9a-f-]{1,80}$",
            description="Go on behind this id; 0 for all there is.",
        ),
    ] = None,
    last_event_id: Annotated[
        str | None, Header(pattern=r"^[0-9a-f-]{1,80}$", description="Goes before.")
    ] = None,
) -> StreamingResponse:
    """Follow results: each comes at least once, in the order of its id."""
    token, name = hash_token(bearer(request)), who.name

    async def allowed() -> bool:
        again = await service.operators.with_token(token, service.now())
        return again is not None and again.name == name

    position = await service.following.position(last_event_id or after)
    return StreamingResponse(
        service.following.events(position, allowed),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


@router.get("/audit", dependencies=[Depends(admin)], summary="Who did what")
async def audit(
    service: ServiceOf,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Limit = MOST,
) -> AuditPage:
    """Return the audit log, the newest first, for an admin's token."""
    rows = await service.audit.last(before=after, limit=limit)
    return AuditPage(
        entries=[
            AuditItem(
                id=row.id,
                time=iso(row.time),
                actor=row.actor,
                action=row.action,
                subject=row.subject,
            )
            for row in rows
        ],
        next=rows[-1].id if len(rows) == limit else None,
    )


def cursor_of(key: ResultKey) -> str:
    """Return where a page of results ends, to be given for the one behind it."""
    start, agreement_id, kind = key
    text = json.dumps([start, agreement_id.hex(), kind])
    return base64.urlsafe_b64encode(text.encode()).decode()


def key_of(cursor: str) -> ResultKey:
    """Read what `cursor_of` wrote; raise ProblemError if it didn't."""
    try:
        start, agreement_id, kind = json.loads(base64.urlsafe_b64decode(cursor))
        key = int(start), bytes.fromhex(agreement_id), int(kind)
    except binascii.Error, TypeError, ValueError, OverflowError, RecursionError:
        raise ProblemError(Problem.MALFORMED, "after: not the next of a page") from None
    if not (abs(key[0]) < 1 << 62 and abs(key[2]) < 1 << 31):
        raise ProblemError(Problem.MALFORMED, "after: not the next of a page")
    return key
