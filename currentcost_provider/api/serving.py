"""What the routes share: the service, tokens and bodies in requests, who may do what."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ValidationError

from ..problems import Problem, ProblemError
from ..service import Service
from ..storage.models import HouseholdRow, OperatorRow, Role

MAX_JSON: Final = 4096
BODY_SECONDS: Final = 10.0
"""Time that a request's body may take to arrive."""

MOST: Final = 1000
"""Items of a page."""

_MOST_NAMES: Final = 200


async def get_service(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


type ServiceOf = Annotated[Service, Depends(get_service)]


def bearer(request: Request) -> str:
    """Return the token that stands in a request.

    Raises:
        ProblemError: none does.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ProblemError(Problem.TOKEN)
    return token.strip()


async def get_household(
    request: Request, service: Annotated[Service, Depends(get_service)]
) -> HouseholdRow:
    """Return the household whose token stands in the request."""
    return await service.authenticate(bearer(request))


async def get_agreement_id(
    agreement_id: Annotated[str, Path(description="In hexadecimal, lower case.")],
) -> bytes:
    """Return the 16 bytes that an agreement's address names."""
    try:
        parsed = bytes.fromhex(agreement_id)
    except ValueError:
        parsed = b""
    if len(parsed) != 16 or parsed.hex() != agreement_id:
        raise ProblemError(Problem.AGREEMENT_UNKNOWN)
    return parsed


type Household = Annotated[HouseholdRow, Depends(get_household)]
type AgreementId = Annotated[bytes, Depends(get_agreement_id)]


def needs(role: Role) -> Callable[..., Awaitable[OperatorRow]]:
    """Return what lets only those in who have a role."""

    async def check(request: Request, service: ServiceOf) -> OperatorRow:
        operator = await service.operator(bearer(request))
        if not operator.role.includes(role):
            raise ProblemError(Problem.ROLE)
        return operator

    return check


viewer: Final = needs(Role.VIEWER)
operator: Final = needs(Role.OPERATOR)
admin: Final = needs(Role.ADMIN)

type Limit = Annotated[int, Query(ge=1, le=MOST, description="Items of the page.")]
type Viewer = Annotated[OperatorRow, Depends(viewer)]
type Operator = Annotated[OperatorRow, Depends(operator)]
type Admin = Annotated[OperatorRow, Depends(admin)]


def actor(who: OperatorRow) -> str:
    """Return how the audit log names an operator."""
    return f"operator {who.name}"


def json_of[Model: BaseModel](
    model: type[Model], limit: int = MAX_JSON
) -> Callable[[Request], Awaitable[Model]]:
    """Return what reads a request's JSON, of `limit` bytes at most, as a model."""

    async def read(request: Request) -> Model:
        body = await read_body(request, limit)
        try:
            return model.model_validate_json(body or b"{}")
        except ValidationError as err:
            # What was sent isn't repeated: it may be a password.
            fields = {str(part) for error in err.errors() for part in error["loc"]}
            known = ", ".join(sorted(fields & set(model.model_fields)))
            words = known[:_MOST_NAMES] or "not the fields expected"
            raise ProblemError(
                Problem.MALFORMED, f"Not what is expected: {words}"
            ) from None

    return read


def described(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return what to say of a route that takes a model as JSON."""
    schema = model.model_json_schema()
    shared = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inlined(schema, shared)}}
    return {"requestBody": {"required": required, "content": content}}


def _inlined(schema: Any, shared: dict[str, Any]) -> Any:
    """Return a schema with its own parts in place: references go to the document."""
    if isinstance(schema, list):
        return [_inlined(part, shared) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if name := schema.get("$ref"):
        return _inlined(shared[name.rpartition("/")[2]], shared)
    return {key: _inlined(part, shared) for key, part in schema.items()}


async def read_body(request: Request, limit: int) -> bytes:
    """Return a request's body of `limit` bytes at most, chunked or not.

    Raises:
        ProblemError: longer than that, or slower than `BODY_SECONDS`.
    """
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise ProblemError(Problem.TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise ProblemError(Problem.TOO_LARGE)
    except TimeoutError:
        raise ProblemError(Problem.TIMEOUT) from None
    return bytes(body)
