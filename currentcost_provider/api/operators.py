"""The interface for admins: operators and their tokens."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ..credentials import hash_token, new_token
from ..plans import DAY
from ..refusals import Taken, Unknown
from ..results import iso
from ..storage.audit import entry
from ..storage.models import Role
from ..storage.registry import Exists
from .serving import Admin, ServiceOf, actor, admin, described, json_of

_NAME: Final = r"^[A-Za-z0-9._@+-]{1,64}$"

router: Final = APIRouter(prefix="/v1/operator/operators", tags=["operators"])

type Name = Annotated[str, Path(pattern=_NAME, description="The operator's name.")]


class NewOperator(BaseModel):
    """One of the provider's people, or a program of theirs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=_NAME)
    role: Literal["viewer", "operator", "admin"] = "viewer"


class NewToken(BaseModel):
    """How long a new token is good for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    days: int = Field(default=365, ge=1, le=3660)


class OperatorItem(BaseModel):
    """Who may use the interface."""

    name: str
    role: str
    tokens: int
    good_until: str | None
    """Until when the last of its tokens is good."""


class OperatorList(BaseModel):
    """All operators by name."""

    operators: list[OperatorItem]


class TokenItem(BaseModel):
    """A new token: shown this once, and stored nowhere."""

    token: str = Field(repr=False)
    good_until: str


@router.get("", dependencies=[Depends(admin)], summary="Who may use the interface")
async def operators(service: ServiceOf) -> OperatorList:
    """Return all operators."""
    return OperatorList(
        operators=[
            OperatorItem(
                name=row.name,
                role=row.role,
                tokens=count,
                good_until=iso(last) if count else None,
            )
            for row, count, last in await service.operators.all()
        ]
    )


@router.post(
    "", status_code=204, summary="Add an operator", openapi_extra=described(NewOperator)
)
async def add(
    service: ServiceOf,
    who: Admin,
    wanted: Annotated[NewOperator, Depends(json_of(NewOperator))],
) -> Response:
    """Add an operator, who has no token yet."""
    now = service.now()
    about = f"{wanted.name} ({wanted.role})"
    try:
        await service.operators.add(
            wanted.name,
            Role(wanted.role),
            now,
            note=entry(actor(who), "operator.add", about, now),
        )
    except Exists:
        raise Taken(f"There is an operator {wanted.name} already.") from None
    return Response(status_code=204)


@router.delete("/{name}", status_code=204, summary="Remove an operator")
async def remove(service: ServiceOf, who: Admin, name: Name) -> Response:
    """Remove an operator with all tokens."""
    if name == who.name:
        raise Taken("Nobody can remove themselves: let another admin do it.")
    note = entry(actor(who), "operator.remove", name, service.now())
    if not await service.operators.remove(name, note=note):
        raise Unknown("operator", name)
    return Response(status_code=204)


@router.post(
    "/{name}/tokens",
    status_code=201,
    summary="Make a token",
    openapi_extra=described(NewToken, required=False),
)
async def add_token(
    service: ServiceOf,
    who: Admin,
    name: Name,
    wanted: Annotated[NewToken, Depends(json_of(NewToken))],
) -> TokenItem:
    """Give an operator a token, which is shown this once."""
    token, now = new_token(), service.now()
    expires = now + wanted.days * DAY
    if not await service.operators.add_token(
        name,
        hash_token(token),
        expires=expires,
        now=now,
        note=entry(actor(who), "operator.token", name, now),
    ):
        raise Unknown("operator", name)
    return TokenItem(token=token, good_until=iso(expires))


@router.delete("/{name}/tokens", status_code=204, summary="Revoke all its tokens")
async def remove_tokens(service: ServiceOf, who: Admin, name: Name) -> Response:
    """End all tokens of an operator."""
    note = entry(actor(who), "operator.revoke", name, service.now())
    if not await service.operators.remove_tokens(name, note=note):
        raise Unknown("operator", name)
    return Response(status_code=204)
