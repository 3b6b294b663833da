"""Plans: what is asked, from draft to retirement, and who has yet to consent."""

from http import HTTPStatus
from typing import Annotated, Final

from currentcost_exchange import (
    ProgramQuestion,
    ProviderValues,
    Question,
    RangeQuestion,
)
from currentcost_exchange.library import LIBRARY, library_template
from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from ..operating.plan_orders import PlanOrder, in_words
from ..operating.plan_views import PlanState
from ..refusals import Refusal, Unfit
from ..results import Meaning, meaning_of
from .fleet import User
from .forms import Form, read_form
from .rendering import redirect, render
from .visitor import DeskOf, Operator, Viewer
from .words import asked_words, meaning_words

router: Final = APIRouter(prefix="/plans")

_WAITING: Final = 100

type PlanId = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$")]


@router.get("")
async def show_all(request: Request, _visitor: Viewer, desk: DeskOf) -> Response:
    """Show all plans by where they stand."""
    views = await desk.service.plans.all(readable_only=True)
    order = [
        PlanState.ACTIVE,
        PlanState.COMING,
        PlanState.DRAFT,
        PlanState.RETIRED,
        PlanState.OVER,
    ]
    consents = {}
    for plan_id in {view.plan.plan_id for view in views if view.state in order[:2]}:
        _, households, waiting = await desk.service.consents.count(plan_id)
        consents[plan_id] = households, waiting
    return render(
        request,
        "plans.html",
        views=sorted(
            views, key=lambda view: (order.index(view.state), -view.plan.start)
        ),
        consents=consents,
        asked=asked_words,
    )


@router.get("/new")
async def ask(
    request: Request,
    _visitor: Operator,
    program: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Ask what a new plan should be."""
    return _form_page(request, program=program, fields={})


@router.post("/new")
async def create(request: Request, visitor: Operator, desk: DeskOf) -> Response:
    """Make a draft, to be looked at before it is signed."""
    form = await read_form(request, visitor)
    program = form["program"]
    try:
        order = PlanOrder.model_validate(_ordered(form, program))
        await desk.service.plans.create(order, actor=visitor.actor)
    except ValidationError as err:
        why = in_words(err)
    except Refusal as err:
        why = str(err)
    else:
        return redirect(f"/plans/{order.plan}")
    fields = {name: values[-1] for name, values in form.fields.items()}
    return _form_page(request, program=program, fields=fields, why=why)


@router.get("/{plan_id}")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    plan_id: PlanId,
    after: User = None,
) -> Response:
    """Show a plan: what it asks, its periods, and who has to consent."""
    return await _page(request, desk, plan_id, after=after)


@router.post("/{plan_id}/activate")
async def activate(
    request: Request, visitor: Operator, desk: DeskOf, plan_id: PlanId
) -> Response:
    """Sign a draft."""
    await read_form(request, visitor)
    await desk.service.plans.activate(plan_id, actor=visitor.actor)
    return redirect(f"/plans/{plan_id}", notice="signed")


@router.post("/{plan_id}/discard")
async def discard(
    request: Request, visitor: Operator, desk: DeskOf, plan_id: PlanId
) -> Response:
    """Throw a draft away."""
    await read_form(request, visitor)
    await desk.service.plans.discard(plan_id, actor=visitor.actor)
    return redirect("/plans", notice="discarded")


@router.post("/{plan_id}/renew")
async def renew(
    request: Request, visitor: Operator, desk: DeskOf, plan_id: PlanId
) -> Response:
    """Sign a plan's next period."""
    form = await read_form(request, visitor)
    try:
        days = _number(form, "days", "The length") if form["days"] else None
        await desk.service.plans.renew(plan_id, days=days, actor=visitor.actor)
    except Refusal as err:
        return await _page(request, desk, plan_id, why=str(err))
    return redirect(f"/plans/{plan_id}", notice="renewed")


@router.post("/{plan_id}/retire")
async def retire(
    request: Request, visitor: Operator, desk: DeskOf, plan_id: PlanId
) -> Response:
    """Retire a plan; its households are asked for the successor from then on, if any."""
    form = await read_form(request, visitor)
    try:
        await desk.service.plans.retire(
            plan_id, successor=form["successor"] or None, actor=visitor.actor
        )
    except Refusal as err:
        return await _page(request, desk, plan_id, why=str(err))
    return redirect(f"/plans/{plan_id}", notice="retired")


async def _page(
    request: Request,
    desk: DeskOf,
    plan_id: str,
    *,
    after: str | None = None,
    why: str | None = None,
) -> Response:
    life, consents = desk.service.plans, desk.service.consents
    view, values = await life.one(plan_id)
    views = await life.all(readable_only=True)
    periods = [each for each in views if each.plan.plan_id == plan_id]
    households = waiting = 0
    consenting = []
    if view.state is not PlanState.DRAFT:
        _, households, waiting = await consents.count(plan_id)
        consenting = list(
            await consents.waiting(plan_id, after=after, limit=_WAITING + 1)
        )
    return render(
        request,
        "plan.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        view=view,
        plan=view.plan,
        asked=asked_words(view.plan),
        outcomes=_outcomes(view.plan.question, values),
        values=_values(view.plan.question, values),
        periods=periods[::-1],
        households=households,
        waiting=waiting,
        consenting=consenting[:_WAITING],
        following=consenting[_WAITING - 1][0] if len(consenting) > _WAITING else None,
        successors=sorted(
            {
                each.plan.plan_id
                for each in views
                if each.state in {PlanState.ACTIVE, PlanState.COMING}
            }
            - {plan_id}
        ),
        why=why,
    )


def _outcomes(question: Question, values: ProviderValues) -> list[tuple[str, str]]:
    """Return labels and edges of a question's outcomes; none of an amount."""
    meanings: list[Meaning] = [
        meaning_of(question, values, outcome) for outcome in range(len(question.labels))
    ]
    if isinstance(question, RangeQuestion):
        meanings = [*meanings[1:], meanings[0]]
    return [(meaning.label or "", meaning_words(meaning)) for meaning in meanings]


def _values(question: Question, values: ProviderValues) -> list[tuple[str, str]]:
    """Return a program's values with what they mean."""
    if not isinstance(question, ProgramQuestion):
        return []
    named = question.named(values.values)
    return [
        (
            item.meaning,
            ", ".join(f"{number:,}" for number in named[item.name])
            + (f" {item.unit}" if item.unit else ""),
        )
        for item in question.provider
    ]


def _ordered(form: Form, program: str) -> dict[str, object]:
    """Return an order as a form says it.

    Raises:
        Unfit: what is not a number, or lacks.
    """
    order: dict[str, object] = {
        "plan": form["plan"],
        "days": _number(form, "days", "The length"),
        "lateness": 3600 * _number(form, "lateness", "The lateness"),
        "draft": True,
    }
    if form["title"]:
        order["title"] = form["title"]
    if form["start"]:
        order["start"] = form["start"]
    if program:
        order |= {
            "program": program,
            "zone": form["zone"] or "UTC",
            "values": {
                name.removeprefix("value-"): _numbers(values[-1])
                for name, values in form.fields.items()
                if name.startswith("value-")
            },
        }
        return order
    order |= {
        "thresholds": _numbers(form["thresholds"]),
        "labels": [
            line.strip() for line in form["labels"].splitlines() if line.strip()
        ],
        "window": _number(form, "window", "The window"),
        "measure": form["measure"],
        "minimum_width": _number(form, "minimum_width", "The minimum width"),
    }
    return order


def _number(form: Form, name: str, words: str) -> int:
    try:
        return form.number(name, words)
    except ValueError as err:
        raise Unfit(str(err)) from None


def _numbers(text: str) -> list[int]:
    """Return the whole numbers of a field, between spaces, commas or in lines."""
    words = text.replace(",", " ").replace(";", " ").split()
    if not words:
        raise Unfit("A plan needs at least one number to compare with.")
    if not all(
        word.isascii() and word.isdecimal() and len(word) < 10 for word in words
    ):
        raise Unfit("Thresholds and values are whole numbers, such as 1000 2000 3000.")
    return [int(word) for word in words]


def _form_page(
    request: Request,
    *,
    program: str,
    fields: dict[str, str],
    why: str | None = None,
) -> Response:
    template = library_template(program) if program in LIBRARY else None
    return render(
        request,
        "plan-new.html",
        status=HTTPStatus.OK if why is None else HTTPStatus.UNPROCESSABLE_CONTENT,
        fields=fields,
        program=program if template else "",
        programs=sorted(LIBRARY),
        shipped=template,
        inputs=list(template.question.provider) if template else [],
        why=why,
    )
