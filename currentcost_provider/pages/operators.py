"""The provider's people: who may see and do what."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ..credentials import hash_chosen, new_password
from ..operating.operators import is_operator_name
from ..refusals import Unknown
from ..storage.models import Role
from ..storage.registry import Exists
from .errors import PageError
from .forms import read_form
from .rendering import redirect, render
from .visitor import Admin, DeskOf, Visitor

router: Final = APIRouter(prefix="/operators")

type Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@+-]{1,64}$")]


@router.get("")
async def show(request: Request, _visitor: Admin, desk: DeskOf) -> Response:
    """Show the operators."""
    return await _page(request, desk)


@router.post("")
async def add(request: Request, visitor: Admin, desk: DeskOf) -> Response:
    """Add an operator, with a password that is shown once."""
    form = await read_form(request, visitor)
    name, role = form["name"], _role(form["role"])
    if not is_operator_name(name):
        words = "A name has 1 to 64 letters, digits and . _ @ + - only."
        return await _page(request, desk, why=words, name=name)
    try:
        note = desk.note(visitor.actor, "operator.add", f"{name} ({role})")
        await desk.service.operators.add(name, role, desk.now(), note=note)
    except Exists:
        words = f"There is an operator {name} already."
        return await _page(request, desk, why=words, name=name)
    return await _with_new_password(request, visitor, desk, name)


@router.post("/{name}/password")
async def reset(request: Request, visitor: Admin, desk: DeskOf, name: Name) -> Response:
    """Give an operator a new password, which is shown once."""
    await read_form(request, visitor)
    return await _with_new_password(request, visitor, desk, name)


@router.post("/{name}/role")
async def change_role(
    request: Request, visitor: Admin, desk: DeskOf, name: Name
) -> Response:
    """Give an operator another role."""
    form = await read_form(request, visitor)
    role = _role(form["role"])
    _check_other(visitor, name)
    note = desk.note(visitor.actor, "operator.role", f"{name} ({role})")
    if not await desk.service.operators.set_role(name, role, note=note):
        raise Unknown("operator", name)
    return redirect("/operators", notice="role")


@router.post("/{name}/remove")
async def remove(
    request: Request, visitor: Admin, desk: DeskOf, name: Name
) -> Response:
    """Remove an operator with all tokens and sessions."""
    await read_form(request, visitor)
    _check_other(visitor, name)
    note = desk.note(visitor.actor, "operator.remove", name)
    if not await desk.service.operators.remove(name, note=note):
        raise Unknown("operator", name)
    return redirect("/operators", notice="operator-removed")


async def _with_new_password(
    request: Request, visitor: Visitor, desk: DeskOf, name: str
) -> Response:
    password = new_password()
    stored = await asyncio.to_thread(hash_chosen, password)
    note = desk.note(visitor.actor, "operator.password", name)
    if not await desk.service.operators.set_password(name, stored, note=note):
        raise Unknown("operator", name)
    return await _page(request, desk, made=(name, password))


async def _page(
    request: Request,
    desk: DeskOf,
    *,
    why: str | None = None,
    name: str = "",
    made: tuple[str, str] | None = None,
) -> Response:
    return render(
        request,
        "operators.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        operators=await desk.service.operators.all(),
        roles=list(Role),
        why=why,
        name=name,
        made=made,
    )


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise PageError(HTTPStatus.BAD_REQUEST, "There is no such role") from None


def _check_other(visitor: Visitor, name: str) -> None:
    """Keep admins from locking themselves out, so that one is always left."""
    if visitor.operator.name == name:
        raise PageError(
            HTTPStatus.CONFLICT,
            "That is you",
            "Another admin has to do this, so that one is always left.",
        )
