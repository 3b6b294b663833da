"""The fleet now: how many households are in which bucket, and who isn't in any."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from currentcost_exchange import Question
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ..operating.fleet import Bucket, Fleet
from ..operating.fleet_details import Point, Standing
from ..operating.plan_views import PlanState, statement_of
from ..plans import DAY
from .charts import Series, stack, tone_of
from .rendering import ROOT, render
from .visitor import DeskOf, Viewer
from .words import bucket_words

router: Final = APIRouter()

type PlanId = Annotated[str, Query(pattern=r"^[a-z0-9_-]{0,64}$")]
type User = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._@+-]{1,64}$")]
type Span = Annotated[Literal["day", "week"], Query()]

_SPANS: Final = {"day": DAY, "week": 7 * DAY}
_NUMBERS: Final = (
    (Standing.LATE, "late", "warn", "Agreed, and no report came for this window yet."),
    (Standing.MISSING, "missing", "warn", "The home itself knew too little."),
    (Standing.REFUSED, "refused", "bad", "The report could not be evaluated."),
    (Standing.STOPPED, "stopped", "bad", "Too many of its reports were refused."),
    (Standing.WAITING, "have to consent", "warn", "No agreement on this plan yet."),
    (Standing.NEW, "new", "", "Agreed after this window had begun."),
    (Standing.BLOCKED, "blocked", "bad", "May make no agreement."),
)
"""What is counted beside the buckets: attribute and word, its weight, what it means."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page: a bucket with its households."""

    name: str
    edges: str
    tone: str
    count: int
    percent: float
    address: str


@router.get("/")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    plan: PlanId = "",
    span: Span = "day",
) -> Response:
    """Show the last window of a plan, and the windows before it."""
    views = await desk.service.plans.all(readable_only=True)
    plans = await desk.plan_ids()
    active = [v.plan.plan_id for v in views if v.state is PlanState.ACTIVE]
    chosen = plan or next(iter(active[::-1] or plans), None)
    if chosen is None:
        return render(request, "welcome.html")
    fleet = await desk.service.fleet.now(chosen)
    statement = statement_of(await desk.service.plans.in_force(chosen))
    question = statement.plan.question
    points = await desk.details.history(chosen, seconds=_SPANS[span])
    rows = _rows(fleet, question)
    return render(
        request,
        "fleet.html",
        plan=statement.plan,
        plans=plans,
        span=span,
        fleet=fleet,
        reported=sum(bucket.households for bucket in fleet.buckets),
        numbers=[
            (getattr(fleet, standing.value), standing, name, weight, words)
            for standing, name, weight, words in _NUMBERS
        ],
        rows=rows,
        chart=_chart(fleet, question, points),
        points=points,
        list_address=_list_address,
    )


def _rows(fleet: Fleet, question: Question) -> list[Row]:
    total = sum(bucket.households for bucket in fleet.buckets)
    return [
        Row(
            *bucket_words(bucket),
            tone_of(question, bucket.outcome),
            bucket.households,
            100 * bucket.households / total if total else 0,
            _list_address(fleet.plan, Standing.BUCKET, bucket),
        )
        for bucket in _ascending(fleet)
    ]


def _ascending(fleet: Fleet) -> list[Bucket]:
    """Return the buckets from low to high; what is outside of a range comes last."""
    first, *others = fleet.buckets
    outside = first.meaning.lower is not None
    return [*others, first] if outside else [first, *others]


def _chart(fleet: Fleet, question: Question, points: list[Point]) -> dict[str, object]:
    layers = [
        Series(
            bucket_words(bucket)[0],
            tone_of(question, bucket.outcome),
            [point.outcomes.get(bucket.outcome, 0) for point in points],
        )
        for bucket in _ascending(fleet)
    ]
    layers.append(Series("missing", "missing", [point.missing for point in points]))
    if any(point.refused for point in points):
        refused = [point.refused for point in points]
        layers.append(Series("refused", "refused", refused))
    end = points[-1].end if points else None
    return stack([point.start for point in points], end, layers)


def _list_address(plan: str, standing: Standing, bucket: Bucket | None = None) -> str:
    """Return where the households behind a number are listed."""
    query = {"plan": plan, "standing": standing.value}
    if bucket is not None:
        query |= {"first": str(bucket.outcome), "last": str(bucket.last)}
    return f"{ROOT}/households?{urlencode(query)}"
