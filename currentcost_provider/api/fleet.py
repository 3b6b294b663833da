"""The interface for operators: the households that are asked for a plan."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from ..results import iso
from .plans import PlanId
from .serving import MOST, Limit, ServiceOf, viewer

router: Final = APIRouter(prefix="/v1/operator/plans", tags=["operators"])


class WaitingItem(BaseModel):
    """A household that has yet to consent."""

    household: str
    enrolled: str
    blocked: bool
    has_token: bool
    """Whether it ever logged in."""


class WaitingPage(BaseModel):
    """Households that have yet to consent to the statement in force, by name."""

    households: list[WaitingItem]
    next: str | None


class BucketItem(BaseModel):
    """How many households gave an answer."""

    outcome: int
    last: int
    """Another one than `outcome` for ranges of amounts alone."""
    label: str | None
    lower: int | None
    upper: int | None
    unit: str
    households: int


class FleetItem(BaseModel):
    """The households of a plan in one window."""

    plan: str
    start: str | None
    """null before the plan's first window is over."""
    end: str | None
    open_until: str | None
    buckets: list[BucketItem]
    missing: int
    refused: int
    late: int
    new: int
    stopped: int
    waiting: int
    blocked: int


@router.get(
    "/{plan}/waiting", dependencies=[Depends(viewer)], summary="Who has yet to consent"
)
async def waiting(
    service: ServiceOf,
    plan: PlanId,
    after: Annotated[
        str | None,
        Query(
            pattern=r"^[A-Za-z0-9._@+-]{1,64}$",
            description="`next` of the page before.",
        ),
    ] = None,
    limit: Limit = MOST,
) -> WaitingPage:
    """Return the households without a running agreement on the statement in force."""
    rows = await service.consents.waiting(plan, after=after, limit=limit)
    items = [
        WaitingItem(
            household=user,
            enrolled=iso(created),
            blocked=blocked,
            has_token=has_token,
        )
        for user, blocked, has_token, created in rows
    ]
    full = len(items) == limit
    return WaitingPage(households=items, next=items[-1].household if full else None)


@router.get(
    "/{plan}/fleet", dependencies=[Depends(viewer)], summary="All households at once"
)
async def fleet(
    service: ServiceOf,
    plan: PlanId,
    at: Annotated[
        AwareDatetime | None,
        Query(description="The last window that was over then; by default, now."),
    ] = None,
) -> FleetItem:
    """Return how many households are in which bucket, late, or missing."""
    found = await service.fleet.now(plan, at=None if at is None else at.timestamp())
    return FleetItem(
        plan=found.plan,
        start=None if found.start is None else iso(found.start),
        end=None if found.end is None else iso(found.end),
        open_until=None if found.open_until is None else iso(found.open_until),
        buckets=[
            BucketItem(
                outcome=bucket.outcome,
                last=bucket.last,
                label=bucket.meaning.label,
                lower=bucket.meaning.lower,
                upper=bucket.meaning.upper,
                unit=bucket.meaning.unit,
                households=bucket.households,
            )
            for bucket in found.buckets
        ],
        missing=found.missing,
        refused=found.refused,
        late=found.late,
        new=found.new,
        stopped=found.stopped,
        waiting=found.waiting,
        blocked=found.blocked,
    )
