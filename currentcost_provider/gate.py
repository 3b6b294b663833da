"""What every request passes: a bound on how many at once, and the access log."""

from http import HTTPStatus
import logging
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem, ProblemError
from .responses import problem_response

MAX_REQUESTS: Final = 256
"""Requests in work at a time; more are asked to come again."""

_RETRY_SECONDS: Final = 2
_LOGGER: Final = logging.getLogger("currentcost_provider.access")


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

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        self._requests += 1
        try:
            if self._requests > MAX_REQUESTS:
                busy = ProblemError(Problem.BUSY, retry_after=_RETRY_SECONDS)
                await problem_response(busy)(scope, receive, watch)
            else:
                await self._app(scope, receive, watch)
        finally:
            self._requests -= 1
            _LOGGER.info(
                "%s %s %d %s",
                scope["method"] if scope["method"] in {"GET", "POST"} else "other",
                getattr(scope.get("route"), "path", "(no route)"),
                status,
                scope["client"][0] if scope.get("client") else "-",
            )
