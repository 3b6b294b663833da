"""The HTTP interface, version 1: from requests to the service and back.

FastAPI, because its routes, dependencies and error handlers say in one line each
what an endpoint takes, and because it is what the people who will run and audit
this know; all that it gives up (bodies are read here, bounded, and most are bytes)
would have to be written with any other framework too.
"""

import logging
from typing import Annotated, Final

from currentcost_exchange import MAX_CLAIM, MAX_MESSAGE, PROTOCOL_VERSION
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..problems import Problem, ProblemError
from ..refusals import Refusal, Taken, Unknown
from ..service import Service
from ..storage.database import is_passing, reason
from . import (
    asks,
    fleet,
    health,
    households,
    meters,
    operators,
    plans,
    results,
    subjects,
    webhooks,
)
from .gate import Gate
from .openapi import answer, describe as describe_interface, message
from .responses import Octets, problem_response
from .serving import (
    AgreementId,
    Household,
    ServiceOf,
    described,
    json_of,
    read_body,
)

_BUSY_SECONDS: Final = 5
_LOGGER: Final = logging.getLogger(__name__)

router = APIRouter(prefix="/v1", default_response_class=Response, tags=["households"])


class Description(BaseModel):
    """Who is here."""

    service: str
    protocol: int
    name: str
    fingerprint: str


class LoggedIn(BaseModel):
    """A token, and the plan that the household is asked."""

    token: str
    plan: str


class Login(BaseModel):
    """What a household sends in exchange for a token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=64, repr=False)
    household_key: str = Field(pattern=r"^[0-9a-f]{64}$")


@router.get("/", response_model=Description, summary="Who is here")
async def describe(service: ServiceOf) -> Response:
    """Say who is here."""
    return JSONResponse(
        {
            "service": "currentcost-provider",
            "protocol": PROTOCOL_VERSION,
            "name": service.name,
            "fingerprint": service.fingerprint,
        }
    )


@router.post(
    "/households/token",
    response_model=LoggedIn,
    summary="Exchange a one-time password for a token",
    openapi_extra=described(Login),
)
async def log_in(
    request: Request,
    service: ServiceOf,
    login: Annotated[Login, Depends(json_of(Login))],
) -> Response:
    """Exchange a one-time password for a token."""
    token, plan_id = await service.log_in(
        user=login.user,
        password=login.password,
        household_key=bytes.fromhex(login.household_key),
        source=request.client.host if request.client else "",
    )
    return JSONResponse({"token": token, "plan": plan_id})


@router.get(
    "/plan",
    summary="What the household is asked",
    responses=answer(200, "The signed statement."),
)
async def plan(service: ServiceOf, household: Household) -> Response:
    """Return the signed statement of the household's plan."""
    return Octets(await service.statement(household))


@router.get(
    "/agreements/{agreement_id}/renewal",
    summary="What the household is asked in the plan's next period",
    responses=answer(200, "The signed statement."),
)
async def renewal(
    service: ServiceOf, household: Household, agreement_id: AgreementId
) -> Response:
    """Return the signed statement of the plan's next period."""
    return Octets(await service.renewal(household, agreement_id))


@router.post(
    "/agreements",
    status_code=201,
    summary="Begin a set-up",
    openapi_extra=message(MAX_MESSAGE, "The household's request"),
    responses=answer(201, "The offer."),
)
async def begin(request: Request, service: ServiceOf, household: Household) -> Response:
    """Begin a set-up."""
    offer = await service.begin(household, await read_body(request, MAX_MESSAGE))
    return Octets(offer, status_code=201)


@router.post(
    "/agreements/{agreement_id}/transfer",
    summary="Finish a set-up",
    openapi_extra=message(MAX_MESSAGE, "The household's transfer"),
    responses=answer(200, "The confirmation."),
)
async def finish(
    request: Request,
    service: ServiceOf,
    household: Household,
    agreement_id: AgreementId,
) -> Response:
    """Finish a set-up."""
    body = await read_body(request, MAX_MESSAGE)
    return Octets(await service.finish(household, agreement_id, body))


@router.post(
    "/agreements/{agreement_id}/windows",
    summary="Report, or tell that a window is missing",
    openapi_extra=message(MAX_CLAIM, "The report"),
    responses=answer(200, "The reply."),
)
async def take(
    request: Request,
    service: ServiceOf,
    household: Household,
    agreement_id: AgreementId,
) -> Response:
    """Take a report, or the message that a window is missing."""
    body = await read_body(request, MAX_CLAIM)
    return Octets(await service.take(household, agreement_id, body))


@router.get(
    "/agreements/{agreement_id}/opening",
    summary="Open the provider's values, once the period is over",
    responses=answer(200, "The opening."),
)
async def open_values(
    service: ServiceOf, household: Household, agreement_id: AgreementId
) -> Response:
    """Return what opens the provider's values, once the period is over."""
    return Octets(await service.open(household, agreement_id))


def create_app(service: Service, console: FastAPI | None = None) -> FastAPI:
    """Return the application that answers for a service, with its console if any."""
    app = FastAPI(
        docs_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
        redoc_url=None,
    )
    app.openapi = lambda: describe_interface(app)  # type: ignore[method-assign]
    app.state.service = service
    app.include_router(router)
    app.include_router(asks.household_router)
    for module in (
        results,
        asks,
        households,
        subjects,
        plans,
        fleet,
        operators,
        meters,
        webhooks,
        health,
    ):
        app.include_router(module.router)
    if console is not None:
        app.add_route("/console", _to_console)
        app.mount("/console", console)
    app.add_middleware(Gate)
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(DBAPIError, _on_database)
    for unreachable in (PoolTimeoutError, ConnectionError, TimeoutError):
        app.add_exception_handler(unreachable, _on_busy)
    app.add_exception_handler(Exception, _on_failure)
    return app


async def _to_console(_request: Request) -> Response:
    return RedirectResponse("/console/", status_code=308)


async def _on_problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return problem_response(error)


async def _on_refusal(_request: Request, error: Exception) -> Response:
    """Answer what people may not do, or not now."""
    problem = Problem.UNFIT
    if isinstance(error, Unknown):
        problem = Problem.NOT_FOUND
    elif isinstance(error, Taken):
        problem = Problem.CONFLICT
    return problem_response(ProblemError(problem, str(error)))


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    """Answer what the router refuses by itself."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        response = problem_response(ProblemError(Problem.METHOD_NOT_ALLOWED))
        response.headers.update(error.headers or {})
        return response
    return problem_response(ProblemError(Problem.NOT_FOUND))


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    """End a request whose sender left; nobody reads the answer."""
    return problem_response(ProblemError(Problem.TIMEOUT))


async def _on_malformed(_request: Request, error: Exception) -> Response:
    """Answer a request whose parameters are none, without repeating them."""
    if not isinstance(error, RequestValidationError):
        raise error
    names = {str(item["loc"][-1]) for item in error.errors() if len(item["loc"]) > 1}
    words = f"Not what is expected: {', '.join(sorted(names)) or 'the request'}"
    return problem_response(ProblemError(Problem.MALFORMED, words[:200]))


async def _on_database(request: Request, error: Exception) -> Response:
    """Tell a database that can't be used for the moment from a fault of ours."""
    if not (isinstance(error, DBAPIError) and is_passing(error)):
        _LOGGER.error("The database refused", exc_info=error)
        return problem_response(ProblemError(Problem.INTERNAL))
    return await _on_busy(request, error)


async def _on_busy(_request: Request, error: Exception) -> Response:
    """Ask to try again when the database can't be used for the moment."""
    _LOGGER.error("The database can't be used: %s", reason(error))
    return problem_response(ProblemError(Problem.BUSY, retry_after=_BUSY_SECONDS))


async def _on_failure(_request: Request, _error: Exception) -> Response:
    return problem_response(ProblemError(Problem.INTERNAL))
