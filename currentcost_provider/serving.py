"""What the routes share: the application's service, and tokens in requests."""

from fastapi import Request

from .problems import Problem, ProblemError
from .service import Service


async def get_service(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


def bearer(request: Request) -> str:
    """Return the token that stands in a request.

    Raises:
        ProblemError: none does.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ProblemError(Problem.TOKEN)
    return token.strip()
