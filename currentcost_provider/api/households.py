"""The interface for operators: households."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ..operating.households import PASSWORD_DAYS
from ..operating.sheets import Sheet
from ..results import Result, iso
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

MOST_ENROLLED: Final = 200
"""Households of one request; more come in several, or by command."""

_USER: Final = r"^[A-Za-z0-9._@+-]{1,64}$"
_MAX_ENROL: Final = 32_768

router: Final = APIRouter(prefix="/v1/operator/households", tags=["operators"])

type User = Annotated[str, Path(pattern=_USER, description="The household's name.")]
type Days = Annotated[int, Field(ge=1, le=90)]


class Enrolment(BaseModel):
    """Who is enrolled."""

    model_config = ConfigDict(extra="forbid", strict=True)

    users: list[Annotated[str, Field(pattern=_USER)]] = Field(
        min_length=1, max_length=MOST_ENROLLED
    )
    plan: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    days: Days = PASSWORD_DAYS
    """That the passwords are good for."""


class Reset(BaseModel):
    """How long the new password is good for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    days: Days = PASSWORD_DAYS


class SheetItem(BaseModel):
    """What one household gets: shown this once, and stored nowhere."""

    provider: str
    address: str
    user: str
    password: str = Field(repr=False)
    expires: str
    fingerprint: str
    plan: str
    title: str
    code: str
    qr: str = Field(repr=False)
    """QR code of address, user, password and fingerprint, as an SVG element."""

    @classmethod
    def of(cls, sheet: Sheet) -> SheetItem:
        """Return a sheet for programs."""
        return cls(
            provider=sheet.provider,
            title=sheet.title,
            qr=sheet.qr_svg(),
            **sheet.document(),
        )


class SheetList(BaseModel):
    """The sheets, in the order of the users."""

    sheets: list[SheetItem]


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


class AgreementItem(BaseModel):
    """An agreement with a household."""

    id: str
    plan: str
    start: str
    end: str
    state: str
    refusals: int
    created: str
    confirmed: str | None
    opened: str | None
    """When the household first got what opens the provider's values."""


class HouseholdDetail(BaseModel):
    """All about one household."""

    household: str
    plan: str
    enrolled: str
    blocked: bool
    password_until: str | None
    """Until when its one-time password is good, if one waits."""
    has_token: bool
    setups: int
    agreements: list[AgreementItem]
    windows: list[Result]
    """The last ones, the newest first."""


@router.get("", dependencies=[Depends(viewer)], summary="Who is asked")
async def households(
    service: ServiceOf,
    after: Annotated[
        str | None, Query(pattern=_USER, description="`next` of the page before.")
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


@router.post("", status_code=201, summary="Enrol", openapi_extra=described(Enrolment))
async def enrol(
    service: ServiceOf,
    who: Operator,
    wanted: Annotated[Enrolment, Depends(json_of(Enrolment, _MAX_ENROL))],
) -> SheetList:
    """Enrol households, all or none; the passwords are shown this once."""
    sheets = await service.households.enrol(
        wanted.users, wanted.plan, days=wanted.days, actor=actor(who)
    )
    return SheetList(sheets=[SheetItem.of(sheet) for sheet in sheets])


@router.get("/{user}", dependencies=[Depends(viewer)], summary="One household")
async def one(
    service: ServiceOf,
    user: User,
    windows: Annotated[int, Query(ge=0, le=MOST, description="Last windows.")] = 96,
) -> HouseholdDetail:
    """Return a household with its agreements and last windows."""
    household = await service.households.one(user)
    plan = await service.households.plan_of(household)
    waits = household.password_hash is not None
    return HouseholdDetail(
        household=user,
        plan=plan.plan_id,
        enrolled=iso(household.created),
        blocked=household.blocked,
        password_until=iso(household.password_expires) if waits else None,
        has_token=household.token_hash is not None,
        setups=household.setups,
        agreements=[
            AgreementItem(
                id=row.id.hex(),
                plan=row.plan_id,
                start=iso(row.start),
                end=iso(row.end),
                state=row.state,
                refusals=row.refusals,
                created=iso(row.created),
                confirmed=None if row.confirmed is None else iso(row.confirmed),
                opened=None if row.opened is None else iso(row.opened),
            )
            for row in await service.households.agreements(household)
        ],
        windows=await service.results.latest(user, windows),
    )


@router.post(
    "/{user}/reset",
    summary="New password, new set-ups; the token is revoked",
    openapi_extra=described(Reset, required=False),
)
async def reset(
    service: ServiceOf,
    who: Operator,
    user: User,
    wanted: Annotated[Reset, Depends(json_of(Reset))],
) -> SheetItem:
    """Give a household a new one-time password, which is shown this once."""
    sheet = await service.households.reset(user, days=wanted.days, actor=actor(who))
    return SheetItem.of(sheet)


@router.post("/{user}/block", status_code=204, summary="Let it agree no more")
async def block(service: ServiceOf, who: Operator, user: User) -> Response:
    """Let a household make no agreement any more; one that runs goes on."""
    await service.households.block(user, blocked=True, actor=actor(who))
    return Response(status_code=204)


@router.post("/{user}/unblock", status_code=204, summary="Let it agree again")
async def unblock(service: ServiceOf, who: Operator, user: User) -> Response:
    """Lift a block."""
    await service.households.block(user, blocked=False, actor=actor(who))
    return Response(status_code=204)


@router.delete("/{user}/token", status_code=204, summary="Revoke token and password")
async def revoke(service: ServiceOf, who: Operator, user: User) -> Response:
    """Let a household do nothing until it is reset."""
    await service.households.remove_token(user, actor=actor(who))
    return Response(status_code=204)
