"""Billing meters beside buckets: whose can't be true."""

from http import HTTPStatus
import io
from itertools import islice
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..operating.meters import Checked, Meter, Meters, read_meters
from ..operating.plausibility import TOLERANCE, Assumptions, Verdict
from ..refusals import Unfit
from .fleet import User
from .forms import MAX_FILE, Form, read_form
from .rendering import render
from .visitor import DeskOf, Viewer

router: Final = APIRouter(prefix="/meters")

MOST: Final = 1000
"""Meters of a list; the command `check-meters` takes more."""

_COLUMNS: Final = "household,start,end,kwh\n"
_WORDS: Final = {
    Verdict.LOW: "The buckets are too low for what the meter counted.",
    Verdict.HIGH: "The buckets are too high for what the meter counted.",
    Verdict.UNKNOWN: "Nothing can be said.",
    Verdict.POSSIBLE: "Possible.",
}


@router.get("")
async def show(request: Request, _visitor: Viewer, household: User = None) -> Response:
    """Ask for what meters counted."""
    return _page(request, fields={"household": household or ""})


@router.post("")
async def check(request: Request, visitor: Viewer, desk: DeskOf) -> Response:
    """Compare what meters counted with the buckets of the same time."""
    form = await read_form(request, visitor, limit=MAX_FILE)
    fields = {name: values[-1] for name, values in form.fields.items()}
    try:
        assumed = _assumed(form)
        meters = _meters(form)
    except Unfit as err:
        return _page(request, fields=fields, why=str(err))
    comparing = Meters(desk.service.database, assumed)
    checked = [await comparing.check(meter) for meter in meters]
    order = list(_WORDS)
    checked.sort(key=lambda each: order.index(each.verdict))
    return _page(request, fields=fields, checked=checked)


def _meters(form: Form) -> list[Meter]:
    """Return what a form tells of; raise Unfit."""
    meters = list(islice(read_meters(io.StringIO(_lines(form))), MOST + 1))
    if not meters:
        raise Unfit("The list has no meters.")
    if len(meters) > MOST:
        raise Unfit(
            f"More than {MOST} meters: `currentcost-provider check-meters` takes them."
        )
    return meters


def _lines(form: Form) -> str:
    """Return the list that a form brings, or one of the one meter it tells of."""
    if form["many"]:
        return form.exact("list")
    cells = [form[name] for name in ("household", "start", "end", "kwh")]
    if any(set(cell) & set(',"\r\n') for cell in cells):
        raise Unfit("A total is a number such as 312.5, without a comma.")
    return _COLUMNS + ",".join(cells)


def _assumed(form: Form) -> Assumptions:
    """Return what a form takes for granted; raise Unfit."""
    try:
        tolerance = form.number("tolerance", "The tolerance") / 100
        limit = (
            form.number("limit", "The connection's limit") if form["limit"] else None
        )
    except ValueError as err:
        raise Unfit(str(err)) from None
    if tolerance > 1 or limit == 0:
        raise Unfit("The tolerance is 0 to 100 %, the limit 1 W or more.")
    return Assumptions(
        tolerance=tolerance, limit=limit, feeds_in=bool(form["feeds_in"])
    )


def _page(
    request: Request,
    *,
    fields: dict[str, str],
    checked: list[Checked] | None = None,
    why: str | None = None,
) -> Response:
    return render(
        request,
        "meters.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        fields=fields,
        checked=checked,
        wrong=sum(
            each.verdict in {Verdict.LOW, Verdict.HIGH} for each in checked or ()
        ),
        most=MOST,
        tolerance=round(TOLERANCE * 100),
        words=_WORDS,
        why=why,
    )
