"""Enrolment: one household with its QR code, or many from a list with sheets to print."""

from http import HTTPStatus
import io
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..operating.enrolling import is_user, read_users
from ..operating.households import PASSWORD_DAYS
from ..operating.plan_views import PlanState
from ..refusals import Refusal, Unfit
from .fleet import PlanId
from .forms import MAX_FILE, Form, read_form
from .rendering import render
from .sheets import Shown
from .visitor import DeskOf, Operator

router: Final = APIRouter(prefix="/enrol")

MOST: Final = 500
"""Households of a list; the command `household import` takes more."""


@router.get("")
async def show(
    request: Request, _visitor: Operator, desk: DeskOf, plan: PlanId = ""
) -> Response:
    """Ask whom to enrol."""
    return await _page(request, desk, plan=plan)


@router.post("")
async def enrol(request: Request, visitor: Operator, desk: DeskOf) -> Response:
    """Enrol one household, or those of a list; show their sheets, this once."""
    form = await read_form(request, visitor, limit=MAX_FILE)
    plan = form["plan"]
    try:
        users = _users(form)
        sheets = await desk.service.households.enrol(
            users, plan, days=_days(form), actor=visitor.actor
        )
    except Refusal as err:
        return await _page(request, desk, plan=plan, user=form["user"], why=str(err))
    if form["many"]:
        return render(
            request,
            "sheets.html",
            sheets=[Shown.of(sheet, request) for sheet in sheets],
        )
    return render(
        request, "sheet.html", sheet=Shown.of(sheets[0], request), reset=False
    )


def _users(form: Form) -> list[str]:
    """Return whom a form names.

    Raises:
        Unfit: what of it can't be a name or a list.
    """
    if not form["many"]:
        if not is_user(form["user"]):
            raise Unfit("A user name has 1 to 64 letters, digits and . _ @ + - only.")
        return [form["user"]]
    users = read_users(io.StringIO(form.exact("list")))
    if len(users) > MOST:
        raise Unfit(
            f"The list has {len(users)} households; here {MOST} can be enrolled at a"
            " time. `currentcost-provider household import` takes all at once."
        )
    return users


def _days(form: Form) -> int:
    """Return how many days the passwords are good for; raise Unfit."""
    try:
        days = form.number("days", "The number of days")
    except ValueError as err:
        raise Unfit(str(err)) from None
    if not 1 <= days <= 90:
        raise Unfit("A password is good for 1 to 90 days.")
    return days


async def _page(
    request: Request,
    desk: DeskOf,
    *,
    plan: str = "",
    user: str = "",
    why: str | None = None,
) -> Response:
    views = await desk.service.plans.all(readable_only=True)
    open_plans = {
        view.plan.plan_id: view.plan.title
        for view in reversed(views)
        if view.state in {PlanState.ACTIVE, PlanState.COMING}
    }
    return render(
        request,
        "enrol.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        plan=plan,
        plans=open_plans,
        user=user,
        days=PASSWORD_DAYS,
        most=MOST,
        why=why,
    )
