"""The console as an application: its pages, its files, and how it says no."""

from http import HTTPStatus
import logging
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ..problems import ProblemError
from ..refusals import Refusal, Taken, Unknown
from ..service import Service
from ..storage.database import is_passing, reason
from . import (
    account,
    asks,
    audit,
    enrol,
    fleet,
    household,
    households,
    meters,
    operators,
    plans,
    results,
    signing,
)
from .desk import Desk
from .errors import PageError, SignInNeeded
from .headers import Headers
from .rendering import ROOT, STATIC, redirect, render
from .visitor import VisitorOf

_LOGGER: Final = logging.getLogger(__name__)


def create_console(service: Service) -> FastAPI:
    """Return the console of a service, to be mounted at `/console`."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.desk = Desk.of(service)
    for each in (
        fleet,
        households,
        household,
        asks,
        plans,
        enrol,
        results,
        meters,
        audit,
        operators,
        account,
        signing,
    ):
        app.include_router(each.router)
    app.mount("/static", Assets(directory=STATIC))
    app.add_api_route("/{path:path}", _nothing, methods=["GET"])
    app.add_middleware(Headers)
    app.add_exception_handler(SignInNeeded, _on_stranger)
    app.add_exception_handler(PageError, _on_page_error)
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(HTTPException, _on_nothing)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(DBAPIError, _on_database)
    for unreachable in (PoolTimeoutError, ConnectionError, TimeoutError):
        app.add_exception_handler(unreachable, _on_busy)
    app.add_exception_handler(Exception, _on_failure)
    return app


class Assets(StaticFiles):
    """Files whose address changes with their content: kept by browsers for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file."""
        response = await super().get_response(path, scope)
        if scope["query_string"]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


async def _nothing(_visitor: VisitorOf) -> Response:
    """Say that there is no such page, with the menu for who is signed in."""
    raise HTTPException(HTTPStatus.NOT_FOUND)


async def _on_stranger(request: Request, _error: Exception) -> Response:
    """Let somebody sign in, and come back to a page that was asked for."""
    path = request.url.path.removeprefix(ROOT)
    if request.method != "GET" or path == "/":
        return redirect("/sign-in")
    query = f"?{request.url.query}" if request.url.query else ""
    return redirect(f"/sign-in?next={quote(path + query, safe='')}")


async def _on_page_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, PageError):
        raise error
    response = render(
        request,
        "error.html",
        status=error.status,
        title=error.title,
        words=error.words,
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


async def _on_problem(request: Request, error: Exception) -> Response:
    """Say what the service refused."""
    if not isinstance(error, ProblemError):
        raise error
    words = "" if error.detail == error.problem.title else error.detail
    page = PageError(
        error.problem.status,
        error.problem.title,
        words,
        retry_after=error.retry_after,
    )
    return await _on_page_error(request, page)


async def _on_refusal(request: Request, error: Exception) -> Response:
    """Say what can't be done, and why."""
    match error:
        case Unknown():
            status, title = HTTPStatus.NOT_FOUND, "Not found"
        case Taken():
            status, title = HTTPStatus.CONFLICT, "That can't be done now"
        case _:
            status, title = HTTPStatus.UNPROCESSABLE_CONTENT, "That can't be done"
    return await _on_page_error(request, PageError(status, title, str(error)))


async def _on_nothing(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        page = PageError(
            HTTPStatus.METHOD_NOT_ALLOWED, "This page takes no such request"
        )
    else:
        page = PageError(
            HTTPStatus.NOT_FOUND, "Not found", "There is no page at this address."
        )
    return await _on_page_error(request, page)


async def _on_malformed(request: Request, _error: Exception) -> Response:
    page = PageError(
        HTTPStatus.BAD_REQUEST, "Not understood", "Something in the address is wrong."
    )
    return await _on_page_error(request, page)


async def _on_database(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and is_passing(error):
        return await _on_busy(request, error)
    _LOGGER.error("The database refused", exc_info=error)
    return await _on_failure(request, error)


async def _on_busy(request: Request, error: Exception) -> Response:
    _LOGGER.error("The database can't be used: %s", reason(error))
    page = PageError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database can't be used for the moment",
        "Nothing was changed. Try again in a few seconds.",
        retry_after=5,
    )
    return await _on_page_error(request, page)


async def _on_failure(request: Request, _error: Exception) -> Response:
    page = PageError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service failed",
        "Its log says why. If it happens again, show that to whoever runs it.",
    )
    return await _on_page_error(request, page)
