"""The two forms of an answer that are not plain JSON."""

from currentcost_exchange import PROTOCOL_VERSION
from starlette.responses import JSONResponse, Response

from ..problems import Problem, ProblemError


class Octets(Response):
    """A message of the exchange."""

    media_type = "application/octet-stream"


def problem_response(error: ProblemError) -> JSONResponse:
    """Return a problem as RFC 9457 writes it."""
    problem = error.problem
    content: dict[str, str | int] = {
        "type": f"urn:currentcost:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": error.detail,
    }
    headers = {}
    if problem is Problem.PROTOCOL_VERSION:
        content["protocol"] = PROTOCOL_VERSION
    if problem is Problem.TOKEN:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(
        content,
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )
