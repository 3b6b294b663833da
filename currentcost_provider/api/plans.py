"""The interface for operators: plans."""

from typing import Annotated, Final

from currentcost_exchange import ProgramQuestion, ProviderValues, RangeQuestion
from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ..operating.plan_orders import PlanOrder
from ..operating.plan_views import PlanView
from ..results import iso
from .serving import (
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
        _, households, waiting = await service.consents.count(plan_id)
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
