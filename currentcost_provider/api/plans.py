"""The interface for operators: plans, and the fleet that is asked for one."""

from typing import Annotated, Final

from currentcost_exchange import ProgramQuestion, ProviderValues, RangeQuestion
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ..operating.plan_life import PlanView
from ..operating.plan_orders import PlanOrder
from ..results import iso
from .serving import (
    MOST,
    Limit,
    Operator,
    ServiceOf,
    actor,
    described,
    json_of,
    viewer,
)

_ID: Final = r"^[a-z0-9_-]{1,64}$"
_MAX_ORDER: Final = 65_536

router: Final = APIRouter(prefix="/v1/operator/plans", tags=["operators"])

type PlanId = Annotated[str, Path(pattern=_ID, description="The plan's id.")]


class Order(PlanOrder):
    """A new plan: a range (thresholds) or one of the programs that ship."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Renewal(BaseModel):
    """A plan's next period."""

    model_config = ConfigDict(extra="forbid", strict=True)

    days: int | None = Field(default=None, ge=28, le=3660)
    """As long as the one before if left out."""


class Retirement(BaseModel):
    """A plan's end."""

    model_config = ConfigDict(extra="forbid", strict=True)

    successor: str | None = Field(default=None, pattern=_ID)
    """The plan that its households are asked for from now on."""


class PlanItem(BaseModel):
    """A plan's public part."""

    plan: str
    title: str
    state: str
    """draft, coming, active, over or retired."""
    start: str
    end: str
    code: str | None
    """To publish; a draft has none."""
    labels: list[str]


class PlanList(BaseModel):
    """Drafts, and all periods of plans."""

    plans: list[PlanItem]


class PlanDetail(PlanItem):
    """A plan with the provider's values."""

    provider: str
    fingerprint: str | None
    window: int | str
    """Seconds, or "day" or "month"."""
    zone: str
    lateness: int
    kind: str
    """range or program."""
    measure: str | None
    minimum_width: int | None
    outcomes: int
    unit: str
    values: dict[str, list[int]]
    """The thresholds, or a program's numbers by name."""
    source: str | None
    """Of a program."""
    households: int
    """That are asked for it."""
    waiting: int
    """Of these without a running agreement on the statement in force."""


class Retired(BaseModel):
    """How many households are asked for the successor."""

    moved: int


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


@router.get("", dependencies=[Depends(viewer)], summary="What is asked")
async def plans(service: ServiceOf) -> PlanList:
    """Return the public part of all plans; the values are not in it."""
    views = await service.plans.all(readable_only=True)
    return PlanList(plans=[PlanItem.model_validate(_item(view)) for view in views])


@router.post("", status_code=201, summary="Make a plan", openapi_extra=described(Order))
async def create(
    service: ServiceOf,
    who: Operator,
    order: Annotated[Order, Depends(json_of(Order, _MAX_ORDER))],
) -> PlanDetail:
    """Sign a plan, for good; or keep a draft."""
    await service.plans.create(order, actor=actor(who))
    return await _detail(service, order.plan)


@router.get("/{plan}", dependencies=[Depends(viewer)], summary="One plan")
async def one(service: ServiceOf, plan: PlanId) -> PlanDetail:
    """Return a plan's latest period, or its draft, with the values."""
    return await _detail(service, plan)


@router.post("/{plan}/activate", summary="Sign a draft, for good")
async def activate(service: ServiceOf, who: Operator, plan: PlanId) -> PlanDetail:
    """Sign a draft."""
    await service.plans.activate(plan, actor=actor(who))
    return await _detail(service, plan)


@router.delete("/{plan}", status_code=204, summary="Throw a draft away")
async def discard(service: ServiceOf, who: Operator, plan: PlanId) -> Response:
    """Throw a draft away; what is signed stays."""
    await service.plans.discard(plan, actor=actor(who))
    return Response(status_code=204)


@router.post(
    "/{plan}/renew",
    status_code=201,
    summary="Sign the next period",
    openapi_extra=described(Renewal, required=False),
)
async def renew(
    service: ServiceOf,
    who: Operator,
    plan: PlanId,
    wanted: Annotated[Renewal, Depends(json_of(Renewal))],
) -> PlanDetail:
    """Sign a plan's next period, on the same values; households go on by themselves."""
    await service.plans.renew(plan, days=wanted.days, actor=actor(who))
    return await _detail(service, plan)


@router.post(
    "/{plan}/retire",
    summary="Take no new household, agreement or period",
    openapi_extra=described(Retirement, required=False),
)
async def retire(
    service: ServiceOf,
    who: Operator,
    plan: PlanId,
    wanted: Annotated[Retirement, Depends(json_of(Retirement))],
) -> Retired:
    """Retire a plan; agreements that run go on to the end of its period."""
    moved = await service.plans.retire(
        plan, successor=wanted.successor, actor=actor(who)
    )
    return Retired(moved=moved)


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
    rows = await service.plans.waiting(plan, after=after, limit=limit)
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


def _item(view: PlanView) -> dict[str, object]:
    plan = view.plan
    return {
        "plan": plan.plan_id,
        "title": plan.title,
        "state": view.state,
        "start": iso(plan.start),
        "end": iso(plan.end),
        "code": view.statement.code if view.statement else None,
        "labels": list(plan.question.labels),
    }


async def _detail(service: ServiceOf, plan_id: str) -> PlanDetail:
    view, values = await service.plans.one(plan_id)
    households = waiting = 0
    if view.statement is not None:
        _, households, waiting = await service.plans.consents(plan_id)
    question, schedule = view.plan.question, view.plan.schedule
    of_range = question if isinstance(question, RangeQuestion) else None
    return PlanDetail.model_validate(
        {
            **_item(view),
            "provider": view.plan.provider,
            "fingerprint": view.statement.fingerprint if view.statement else None,
            "window": schedule.window,
            "zone": schedule.zone,
            "lateness": view.plan.lateness,
            "kind": question.kind,
            "measure": of_range.measure if of_range else None,
            "minimum_width": of_range.minimum_width if of_range else None,
            "outcomes": question.outcomes,
            "unit": of_range.measure.unit if of_range else question.unit,
            "values": _values(question, values),
            "source": getattr(question, "source", None),
            "households": households,
            "waiting": waiting,
        }
    )


def _values(question: object, values: ProviderValues) -> dict[str, list[int]]:
    if not isinstance(question, ProgramQuestion):
        return {"thresholds": list(values.values)}
    named = question.named(values.values)
    return {name: list(numbers) for name, numbers in named.items()}
