"""The interface's routes of questions on demand, for households and for operators."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..asking import AskAnswer, AskState
from ..asks import Asking
from ..results import Result, iso
from .gate import PARKED
from .openapi import answer
from .responses import Octets
from .serving import (
    MOST,
    AgreementId,
    Household,
    Limit,
    Operator,
    ServiceOf,
    actor,
    described,
    json_of,
    viewer,
)

LONGEST_WAIT: Final = 55
"""Seconds; proxies on the way give a silent request up after 60."""
_USER: Final = r"^[A-Za-z0-9._@+-]{1,64}$"
_LATEST: Final = 1 << 48

household_router: Final = APIRouter(
    prefix="/v1", default_response_class=Response, tags=["households"]
)
router: Final = APIRouter(prefix="/v1/operator", tags=["operators"])


class AskOrder(BaseModel):
    """Whom to ask: one household, or all of a plan."""

    model_config = ConfigDict(extra="forbid", strict=True)

    household: str | None = Field(default=None, pattern=_USER)
    plan: str | None = Field(default=None, pattern=r"^[a-z0-9_-]{1,64}$")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.household is None) == (self.plan is None):
            raise ValueError
        return self


class AskingItem(BaseModel):
    """Some households, asked about one window."""

    asking: str
    start: str
    end: str
    expires: str
    households: int


class AskItem(BaseModel):
    """What a question to a household came to."""

    asking: str
    household: str
    start: str
    end: str
    state: AskState
    result: Result | None


class AskPage(BaseModel):
    """What an asking came to, by household."""

    asking: AskingItem
    answers: list[AskItem]
    next: str | None
    """Give it as `after` for the page behind; null on the last one."""


class AskHistory(BaseModel):
    """Questions to a household, the newest first."""

    asks: list[AskItem]
    next: int | None
    """Give it as `before` for the page behind; null on the last one."""


@household_router.get(
    "/agreements/{agreement_id}/ask",
    summary="Wait for a question on demand",
    responses={
        **answer(200, "The question."),
        204: {"description": "Nobody asked."},
    },
)
async def wait_for_question(
    request: Request,
    service: ServiceOf,
    household: Household,
    agreement_id: AgreementId,
    *,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for one.")
    ] = 0,
    after: Annotated[
        int,
        Query(
            ge=0, lt=_LATEST, description="About a window that starts later (UTC s)."
        ),
    ] = 0,
) -> Response:
    """Return the question as soon as somebody asks."""
    with request.scope[PARKED]():
        message = await service.asking.wait(
            household, agreement_id, after=after, seconds=wait
        )
    return Response(status_code=204) if message is None else Octets(message)


@router.post(
    "/asks",
    status_code=201,
    summary="Ask what is drawn now",
    openapi_extra=described(AskOrder),
)
async def ask(
    service: ServiceOf,
    who: Operator,
    order: Annotated[AskOrder, Depends(json_of(AskOrder))],
) -> AskingItem:
    """Ask one household, or all of a plan, for the mean power of the last seconds."""
    asking = await service.asking.ask(actor(who), user=order.household, plan=order.plan)
    return _asking(asking)


@router.get(
    "/asks/{asking}",
    dependencies=[Depends(viewer)],
    summary="What an asking came to",
)
async def answers(
    service: ServiceOf,
    asking: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
    after: Annotated[
        str | None, Query(pattern=_USER, description="`next` of the page before.")
    ] = None,
    limit: Limit = MOST,
) -> AskPage:
    """Return each household's answer so far, by name, page by page."""
    found = await service.asking.asking(asking)
    items = await service.asking.answers(found, after=after, limit=limit)
    return AskPage(
        asking=_asking(found),
        answers=[_item(item) for item in items],
        next=items[-1].household if len(items) == limit else None,
    )


@router.get(
    "/asks",
    dependencies=[Depends(viewer)],
    summary="What a household was asked on demand",
)
async def history(
    service: ServiceOf,
    household: Annotated[
        str,
        Query(pattern=_USER, description="Its user name."),
    ],
    before: Annotated[
        int | None, Query(ge=0, lt=_LATEST, description="`next` of the page before.")
    ] = None,
    limit: Limit = MOST,
) -> AskHistory:
    """Return the questions to a household and their answers, the newest first."""
    items = await service.asking.of_household(household, before=before, limit=limit)
    return AskHistory(
        asks=[_item(item) for item in items],
        next=items[-1].start if len(items) == limit else None,
    )


def _asking(asking: Asking) -> AskingItem:
    return AskingItem(
        asking=asking.id,
        start=iso(asking.window.start),
        end=iso(asking.window.end),
        expires=iso(asking.expires),
        households=asking.households,
    )


def _item(item: AskAnswer) -> AskItem:
    return AskItem(
        asking=item.asking,
        household=item.household,
        start=iso(item.start),
        end=iso(item.end),
        state=item.state,
        result=item.result,
    )
