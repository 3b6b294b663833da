"""What every request passes: an id, a bound on how many at once, log and numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
import logging
import re
import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..logs import REQUEST_ID
from ..metrics import REQUESTS, SECONDS
from ..problems import Problem, ProblemError
from .responses import problem_response

MAX_REQUESTS: Final = 256
"""Requests in work at a time; more are asked to come again."""

_RETRY_SECONDS: Final = 2
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_WATCHED: Final = frozenset({"/healthz", "/metrics", "/readyz"})
"""Asked by machines all the time: answered also under load, and not logged."""
WAITING_ROUTE: Final = "/v1/agreements/{agreement_id}/ask"
"""Where households wait for a question; that none came isn't logged."""
NOTHING: Final = HTTPStatus.NO_CONTENT
_METHODS: Final = frozenset({"DELETE", "GET", "POST"})
_LOGGER: Final = logging.getLogger("currentcost_provider.access")


PARKED: Final = "currentcost.parked"
"""In a request's scope: returns a context in which the request only waits."""


class Gate:
    """ASGI middleware around the whole application.

    The log has a route and a status: neither the address as it was sent nor a
    header or body, where a password or token could stand.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Guard an application."""
        self._app = app
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it while too many are in work."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR
        request_id = _request_id(scope)
        REQUEST_ID.set(request_id)
        begun = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        scope[PARKED] = self._parked
        self._requests += 1
        try:
            if self._requests > MAX_REQUESTS and scope["path"] not in _WATCHED:
                busy = ProblemError(Problem.BUSY, retry_after=_RETRY_SECONDS)
                await problem_response(busy)(scope, receive, watch)
            else:
                await self._app(scope, receive, watch)
        finally:
            self._requests -= 1
            _note(scope, status, time.perf_counter() - begun)

    @contextmanager
    def _parked(self) -> Iterator[None]:
        """Leave a request that waits out of those in work."""
        self._requests -= 1
        try:
            yield
        finally:
            self._requests += 1


def _note(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "(no route)")
    if route != "(no route)":
        route = scope.get("root_path", "") + route
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(seconds)
    if route in _WATCHED or (route == WAITING_ROUTE and status == NOTHING):
        return
    sender = scope["client"][0] if scope.get("client") else "-"
    _LOGGER.info(
        "%s %s %d %s",
        method,
        route,
        status,
        sender,
        extra={
            "fields": {
                "method": method,
                "route": route,
                "status": status,
                "sender": sender,
                "milliseconds": round(seconds * 1000, 1),
            }
        },
    )


def _request_id(scope: Scope) -> str:
    """Return the id that a proxy gave the request, if it is one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            found: str = value.decode()
            return found
    return secrets.token_hex(8)
