"""The interface for operators: what is known of a household, handed out or erased."""

from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from ..operating.households import PlanKnowledge
from ..results import iso
from .households import User
from .serving import Admin, Operator, ServiceOf, actor, viewer

router: Final = APIRouter(prefix="/v1/operator/households", tags=["operators"])


class AnswerBits(BaseModel):
    """One of the answers that came."""

    outcome: int | None
    """null for missing or refused."""
    label: str | None
    lower: int | None
    upper: int | None
    unit: str
    windows: int
    bits: float
    """That each of them tells."""


class PlanBits(BaseModel):
    """What the answers about one period of a plan tell."""

    plan: str
    start: str
    outcomes: int
    windows: int
    bits_each: float
    """log2(outcomes + 1): that one window tells at most."""
    at_most: float
    as_answered: float
    answers: list[AnswerBits]


class KnowledgeItem(BaseModel):
    """What is known of a household, and how many bits its answers are."""

    household: str
    stored: dict[str, int]
    """Rows of it, by table; `export` has them."""
    windows: int
    at_most: float
    as_answered: float
    plans: list[PlanBits]


@router.get(
    "/{user}/knowledge",
    dependencies=[Depends(viewer)],
    summary="What is known of it, in bits",
)
async def knowledge(service: ServiceOf, user: User) -> KnowledgeItem:
    """Return what is stored of a household, and how many bits its answers are."""
    household = await service.households.one(user)
    known = await service.households.knowledge(household)
    return KnowledgeItem(
        household=user,
        stored=await service.households.stored(household),
        windows=sum(each.known.windows for each in known),
        at_most=sum(each.known.at_most for each in known),
        as_answered=sum(each.known.as_answered for each in known),
        plans=[_bits(each) for each in known],
    )


@router.get(
    "/{user}/export",
    summary="All that is stored of it",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def export(service: ServiceOf, who: Operator, user: User) -> StreamingResponse:
    """Return all that is stored of a household, to hand it out."""
    parts: AsyncIterator[str] = await service.households.export(user, actor=actor(who))
    return StreamingResponse(
        parts,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{user}.json"'},
    )


@router.delete("/{user}", status_code=204, summary="Erase all that is stored of it")
async def erase(service: ServiceOf, who: Admin, user: User) -> Response:
    """Delete a household with all agreements and results, for good."""
    await service.households.erase(user, actor=actor(who))
    return Response(status_code=204)


def _bits(each: PlanKnowledge) -> PlanBits:
    known = each.known
    return PlanBits(
        plan=each.plan,
        start=iso(each.start),
        outcomes=each.outcomes,
        windows=known.windows,
        bits_each=known.bits_each,
        at_most=known.at_most,
        as_answered=known.as_answered,
        answers=[
            AnswerBits(
                outcome=answer.outcome,
                label=meaning.label,
                lower=meaning.lower,
                upper=meaning.upper,
                unit=meaning.unit,
                windows=answer.windows,
                bits=answer.bits,
            )
            for answer, meaning in zip(known.answers, each.meanings, strict=True)
        ],
    )
