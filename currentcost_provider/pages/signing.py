"""Signing in and out."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..credentials import MAX_CHOSEN
from ..operating.operators import is_operator_name
from .forms import read_form
from .rendering import redirect, render
from .visitor import DeskOf, VisitorOf, cookie_name, set_cookie

router: Final = APIRouter()


@router.get("/sign-in")
async def show(request: Request, visitor: VisitorOf, next: str = "/") -> Response:  # noqa: A002  # the name in the address
    """Ask for name and password."""
    if visitor.session is not None:
        return redirect(_safe(next))
    return render(request, "sign-in.html", next=_safe(next), name="", wrong=False)


@router.post("/sign-in")
async def sign_in(request: Request, visitor: VisitorOf, desk: DeskOf) -> Response:
    """Sign in, with a new token whatever was in the cookie before."""
    form = await read_form(request, visitor)
    name, password = form["name"], form.exact("password")
    # Nobody has another name or a longer password.
    known = is_operator_name(name) and len(password) <= MAX_CHOSEN
    operator = await desk.service.operators.named(name) if known else None
    right = await desk.door.opens(
        name=name[:64],
        password=password[:MAX_CHOSEN],
        stored=operator.password_hash if operator else None,
        source=request.client.host if request.client else "",
    )
    if operator is None or not right:
        if operator is not None:
            await desk.remember("console", "console.refused", operator.name)
        return render(
            request,
            "sign-in.html",
            status=HTTPStatus.UNAUTHORIZED,
            next=_safe(form["next"]),
            name=name[:64],
            wrong=True,
        )
    if visitor.session is not None:
        await desk.sessions.end(visitor.token)
    token = await desk.sessions.begin(operator.id, _browser(request), desk.now())
    await desk.remember(f"console:{operator.name}", "console.sign-in", operator.name)
    response = redirect(_safe(form["next"]))
    set_cookie(request, response, token)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, visitor: VisitorOf, desk: DeskOf) -> Response:
    """End this session."""
    await read_form(request, visitor)
    if visitor.session is not None:
        await desk.sessions.end(visitor.token)
    response = redirect("/sign-in")
    response.delete_cookie(
        cookie_name(request),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def _safe(path: str) -> str:
    """Return a path if it leads to a page of the console, the first page otherwise."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and path.isprintable() and len(path) <= 500 else "/"


def _browser(request: Request) -> str:
    """Return what a browser seems to be, for its owner to recognize."""
    agent = request.headers.get("User-Agent", "")
    browsers = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for name in browsers if name in agent), "A browser")
    system = next((name for name in systems if name in agent), "")
    shown = {"Edg": "Edge", "OPR": "Opera"}.get(browser, browser)
    return f"{shown} on {system}" if system else shown
