"""What a new plan should be, as a command line or a program says it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Final, Literal

from currentcost_exchange import Measure, Question, Schedule
from currentcost_exchange.library import LIBRARY, Template, library_template
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..plans import (
    UnfitPlan,
    Wanted,
    in_zone,
    program_values,
    range_question,
    range_schedule,
)

_WINDOW: Final = 900
_MINIMUM_WIDTH: Final = 100

type Number = Annotated[int, Field(ge=-(2**32), le=2**32)]
type Text = Annotated[str, Field(max_length=200)]


class PlanOrder(BaseModel):
    """A new plan: a range (thresholds) or one of the programs that ship.

    Bounded here in size alone; what can't be asked is refused in words later.
    """

    model_config = ConfigDict(extra="forbid")

    plan: str = Field(min_length=1, max_length=64)
    title: Text | None = None
    """The question in words; a program brings its own."""
    thresholds: list[Number] = Field(default=[], max_length=64)
    """Of a range: the buckets' upper ends (W or Wh), ascending."""
    window: Number | None = None
    """Of a range: seconds that a report speaks of; 900 if left out."""
    measure: Literal["mean_power", "last_power", "peak_power", "energy"] | None = None
    """Of a range: what of a window is compared; mean_power if left out."""
    minimum_width: Number | None = None
    """Of a range: no bucket is narrower (W or Wh); 100 if left out."""
    labels: list[Text] = Field(default=[], max_length=64)
    """Of a range: the outcomes' names, outside first."""
    program: str | None = Field(default=None, min_length=1, max_length=400)
    values: dict[str, list[Number]] = Field(default={}, max_length=64)
    """Of a program: your numbers by name."""
    zone: str = Field(default="UTC", max_length=64)
    """Of a program: time zone of days, months and hours of the day."""
    start: date | None = Field(default=None, ge=date(2000, 1, 1), le=date(2199, 12, 31))
    """First day; today if left out."""
    days: int = Field(default=365, ge=1, le=3660)
    lateness: int = Field(default=86_400, ge=60, le=31 * 86_400)
    """Seconds after a window's end that its report may take."""
    draft: bool = False
    """Only prepare it: it is neither signed nor shown to households."""


def wanted_of(
    order: PlanOrder,
    *,
    provider: str,
    now: float,
    find: Callable[[str], Template],
) -> Wanted:
    """Return what an order comes to; `find` finds its program by name.

    Raises:
        UnfitPlan: what is wrong with it, in words.
    """
    asked = _program(order, find) if order.program is not None else _range(order)
    title, schedule, question, values = asked
    today = datetime.fromtimestamp(now, schedule.tzinfo).date()
    return Wanted(
        provider=provider,
        plan_id=order.plan,
        title=title,
        first_day=order.start or today,
        days=order.days,
        lateness=order.lateness,
        schedule=schedule,
        question=question,
        values=values,
    )


def in_words(err: ValidationError) -> str:
    """Return what is wrong with an order, without repeating it."""
    found = (
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
        for error in err.errors(include_url=False, include_input=False)
    )
    return f"This can't be a plan: {'; '.join(found)[:500]}."


def shipped(name: str) -> Template:
    """Return a program that ships; raise UnfitPlan if there is none of that name."""
    if name not in LIBRARY:
        raise UnfitPlan(
            f"No program of that name ships. There are {', '.join(LIBRARY)}."
        )
    return library_template(name)


type _Asked = tuple[str, Schedule, Question, tuple[int, ...]]


def _range(order: PlanOrder) -> _Asked:
    if order.values or order.zone != "UTC":
        raise UnfitPlan("Values and a zone go with a program.")
    if order.title is None or not order.thresholds:
        raise UnfitPlan("A range needs a title and a threshold or more.")
    question = range_question(
        order.thresholds,
        measure=Measure(order.measure or Measure.MEAN_POWER),
        minimum_width=_MINIMUM_WIDTH
        if order.minimum_width is None
        else order.minimum_width,
        labels=order.labels,
    )
    return (
        order.title,
        range_schedule(_WINDOW if order.window is None else order.window),
        question,
        tuple(order.thresholds),
    )


def _program(order: PlanOrder, find: Callable[[str], Template]) -> _Asked:
    of_range = (order.window, order.measure, order.minimum_width)
    if of_range != (None, None, None) or order.thresholds or order.labels:
        raise UnfitPlan("A program has its own windows, measures and outcomes.")
    template = find(order.program or "")
    return (
        order.title or template.title,
        in_zone(template.schedule, order.zone),
        template.question,
        program_values(template.question, order.values),
    )
