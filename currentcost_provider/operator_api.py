"""The interface for the provider's own programs and people, such as billing."""

import base64
import binascii
from collections.abc import Awaitable, Callable
import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from .ledger import ResultFilter, ResultKey
from .models import OperatorRow, Role
from .problems import Problem, ProblemError
from .results import Result, iso
from .service import Service
from .serving import bearer, get_service

MOST: Final = 1000
"""Items of a page."""

router: Final = APIRouter(prefix="/v1/operator", tags=["operators"])

type ServiceOf = Annotated[Service, Depends(get_service)]
type Limit = Annotated[int, Query(ge=1, le=MOST, description="Items of the page.")]
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


class PlanItem(BaseModel):
    """A plan's public part."""

    plan: str
    title: str
    start: str
    end: str
    code: str
    labels: list[str]


class PlanList(BaseModel):
    """All plans."""

    plans: list[PlanItem]


class HouseholdItem(BaseModel):
    """Where a household stands."""

    household: str
    plan: str
    agreement: str | None
    """State of its agreement: offered, running, refused, stopped, ended."""
    blocked: bool
    last_window: str | None
    """End of the last window that it told of."""


class HouseholdPage(BaseModel):
    """Households by name."""

    households: list[HouseholdItem]
    next: str | None


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


def needs(role: Role) -> Callable[..., Awaitable[OperatorRow]]:
    """Return what lets only those in who have a role."""

    async def check(request: Request, service: ServiceOf) -> OperatorRow:
        operator = await service.operator(bearer(request))
        if not operator.role.includes(role):
            raise ProblemError(Problem.ROLE)
        return operator

    return check


viewer: Final = needs(Role.VIEWER)
admin: Final = needs(Role.ADMIN)


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
    key = None if after is None else _result_key(after)
    found, following = await service.results.page(wanted, after=key, limit=limit)
    return ResultPage(
        results=found, next=None if following is None else _cursor(following)
    )


@router.get("/plans", dependencies=[Depends(viewer)], summary="What is asked")
async def plans(service: ServiceOf) -> PlanList:
    """Return the public part of all plans; the values are not in it."""
    return PlanList(
        plans=[
            PlanItem(
                plan=statement.plan.plan_id,
                title=statement.plan.title,
                start=iso(statement.plan.start),
                end=iso(statement.plan.end),
                code=statement.code,
                labels=list(statement.plan.question.labels),
            )
            for view in await service.plans.all(readable_only=True)
            if (statement := view.statement)
        ]
    )


@router.get("/households", dependencies=[Depends(viewer)], summary="Who is asked")
async def households(
    service: ServiceOf,
    after: Annotated[
        str | None,
        Query(
            pattern=r"^[A-Za-z0-9._@+-]{1,64}$",
            description="`next` of the page before.",
        ),
    ] = None,
    limit: Limit = MOST,
) -> HouseholdPage:
    """Return the households by name, page by page."""
    rows = await service.households.page(after=after, limit=limit)
    items = [
        HouseholdItem(
            household=household.user,
            plan=plan_id,
            agreement=state,
            blocked=household.blocked,
            last_window=None if last is None else iso(last),
        )
        for household, plan_id, state, last in rows
    ]
    full = len(items) == limit
    return HouseholdPage(households=items, next=items[-1].household if full else None)


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


def _cursor(key: ResultKey) -> str:
    start, user, agreement_id, kind = key
    text = json.dumps([start, user, agreement_id.hex(), kind])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _result_key(cursor: str) -> ResultKey:
    try:
        start, user, agreement_id, kind = json.loads(base64.urlsafe_b64decode(cursor))
        key = int(start), str(user), bytes.fromhex(agreement_id), int(kind)
    except binascii.Error, TypeError, ValueError, OverflowError, RecursionError:
        raise ProblemError(Problem.MALFORMED, "after: not the next of a page") from None
    if not (abs(key[0]) < 1 << 62 and abs(key[3]) < 1 << 31 and key[1].isprintable()):
        raise ProblemError(Problem.MALFORMED, "after: not the next of a page")
    return key
