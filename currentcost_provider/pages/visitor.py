"""Who asks for a page: the session in the cookie, and whether a form is really theirs.

The cookie holds a random token. For somebody signed in it is the session's; for somebody
who is about to sign in, one that means nothing but ties the form to the browser. A form
carries a hash of that token, which no other site can know; and the browser itself says
which site sent the form.
"""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import hashlib
import hmac
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.responses import Response

from ..credentials import new_token
from ..operating.sessions import LONGEST_SECONDS, Session
from ..safety import is_loopback
from ..storage.models import OperatorRow, Role
from .desk import Desk
from .errors import PageError, SignInNeeded

_COOKIE: Final = "currentcost"
_USE: Final = b"currentcost-console-form\0"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page.

    Attributes:
        token: of the cookie, or one for a new cookie.
        session: of the token, None for somebody who is not signed in.
        has_cookie: whether the token came with the request.
    """

    token: str = field(repr=False)
    session: Session | None
    has_cookie: bool

    @property
    def form_token(self) -> str:
        """What a form carries to prove that it is this browser's."""
        digest = hashlib.sha256(_USE + self.token.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def signed_in(self) -> Session:
        """The session of somebody who is signed in.

        Raises:
            SignInNeeded: nobody is.
        """
        if self.session is None:
            raise SignInNeeded
        return self.session

    @property
    def operator(self) -> OperatorRow:
        """Who is signed in; raises as `signed_in` does."""
        return self.signed_in.operator

    @property
    def actor(self) -> str:
        """The name that the audit log has for what is done here."""
        return f"console:{self.operator.name}"

    def may(self, role: str) -> bool:
        """Return whether somebody with this role is signed in, for templates."""
        return self.session is not None and self.operator.role.includes(Role(role))


def get_desk(request: Request) -> Desk:
    """Return what the console works with."""
    desk: Desk = request.app.state.desk
    return desk


type DeskOf = Annotated[Desk, Depends(get_desk)]


async def get_visitor(request: Request, desk: DeskOf) -> Visitor:
    """Return who asks, after checking that nobody listens on the way.

    Raises:
        PageError: plain HTTP from another machine, or a form of another site.
    """
    if not _is_secure(request):
        raise PageError(
            HTTPStatus.FORBIDDEN,
            "This way is not encrypted",
            "The console is shown over HTTPS, or on the machine itself. If a proxy does"
            " TLS, it has to send X-Forwarded-Proto.",
        )
    token = request.cookies.get(cookie_name(request), "")
    # Whatever else stands in the cookie was not put there by this service.
    known = token if len(token) == len(new_token()) and token.isascii() else ""
    session = await desk.sessions.find(known, desk.now()) if known else None
    visitor = Visitor(known or new_token(), session, bool(known))
    request.state.visitor = visitor
    return visitor


type VisitorOf = Annotated[Visitor, Depends(get_visitor)]


def needs(role: Role) -> Callable[..., Awaitable[Visitor]]:
    """Return what lets only those in who are signed in and have a role."""

    async def check(visitor: VisitorOf) -> Visitor:
        if not visitor.operator.role.includes(role):
            raise PageError(
                HTTPStatus.FORBIDDEN,
                "Not for your role",
                f"This takes the role {role}; yours is {visitor.operator.role}. An"
                " admin can change it.",
            )
        return visitor

    return check


type Viewer = Annotated[Visitor, Depends(needs(Role.VIEWER))]
type Operator = Annotated[Visitor, Depends(needs(Role.OPERATOR))]
type Admin = Annotated[Visitor, Depends(needs(Role.ADMIN))]


def check_form(request: Request, visitor: Visitor, token: str) -> None:
    """Check that a form came from a page of ours in the visitor's browser.

    Raises:
        PageError: it didn't, or the page was left open for too long.
    """
    given, expected = token.encode(), visitor.form_token.encode()
    if (
        _is_same_origin(request)
        and visitor.has_cookie
        and hmac.compare_digest(given, expected)
    ):
        return
    raise PageError(
        HTTPStatus.FORBIDDEN,
        "This form is no longer good",
        "It was sent from another site, or the page was open for too long, or your"
        " browser keeps no cookies. Nothing was changed. Go back, load the page again"
        " and send the form once more.",
    )


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Let the browser keep a token until it is closed, half a day at most."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=LONGEST_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def cookie_name(request: Request) -> str:
    """Return the cookie's name; over TLS one that no other host can set."""
    return f"__Host-{_COOKIE}" if request.url.scheme == "https" else _COOKIE


def _is_secure(request: Request) -> bool:
    """Return whether a request came over TLS, or from a browser on this machine."""
    return request.url.scheme == "https" or is_loopback(request.url.hostname or "")


def _is_same_origin(request: Request) -> bool:
    """Return whether a browser says that a page of ours sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("Host")
