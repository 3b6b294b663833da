"""The interface for operators: billing meters beside the buckets."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ..operating.meters import MOST_KWH, Meter, Meters, document
from ..operating.plausibility import TOLERANCE, Assumptions
from .serving import ServiceOf, described, json_of, viewer

MOST: Final = 500
"""Meters of one request; more come in several, or by command."""

_MAX_BODY: Final = 131_072

router: Final = APIRouter(prefix="/v1/operator", tags=["operators"])


class MeterItem(BaseModel):
    """What a household's meter counted in a period."""

    model_config = ConfigDict(extra="forbid")

    household: str = Field(pattern=r"^[A-Za-z0-9._@+-]{1,64}$")
    start: AwareDatetime
    end: AwareDatetime
    kwh: float = Field(ge=-MOST_KWH, le=MOST_KWH, allow_inf_nan=False)
    """Import, less export where the home feeds in."""


class MeterList(BaseModel):
    """Meters, and what is taken for granted."""

    model_config = ConfigDict(extra="forbid")

    meters: list[MeterItem] = Field(max_length=MOST)
    tolerance: float = Field(default=TOLERANCE, ge=0, le=1)
    """Share by which clamp and display may be off."""
    limit: int | None = Field(default=None, ge=1, le=10**7)
    """W that a connection takes at most."""
    feeds_in: bool = False
    """Whether "outside" may be a home that feeds in."""


class CheckedItem(BaseModel):
    """A meter with what came out; energies in kWh."""

    household: str
    start: str
    end: str
    kwh: float
    verdict: str
    """possible, impossible low, impossible high, can't tell."""
    lower: float | None
    """That the buckets say at least, before the tolerance."""
    upper: float | None
    answered: float | None
    """Share of the period with an answer."""
    beyond: float | None
    """By how much the meter is beyond what the buckets allow."""
    note: str


class CheckedList(BaseModel):
    """The meters in their order."""

    meters: list[CheckedItem]


@router.post(
    "/meters/check",
    dependencies=[Depends(viewer)],
    summary="Whose buckets can't be true",
    openapi_extra=described(MeterList),
)
async def check(
    service: ServiceOf,
    wanted: Annotated[MeterList, Depends(json_of(MeterList, _MAX_BODY))],
) -> CheckedList:
    """Compare billing meters' totals with the buckets of the same time."""
    meters = Meters(
        service.database,
        Assumptions(
            tolerance=wanted.tolerance, limit=wanted.limit, feeds_in=wanted.feeds_in
        ),
    )
    given = [
        Meter(
            household=item.household,
            start=int(item.start.timestamp()),
            end=int(item.end.timestamp()),
            kwh=item.kwh,
        )
        for item in wanted.meters
    ]
    return CheckedList.model_validate(
        {"meters": [document(await meters.check(each)) for each in given]}
    )
