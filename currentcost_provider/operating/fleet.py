"""How the households of a plan stand in one window: who answered what, who didn't.

One query, over the plan's agreements with their row of that window (by its primary
key) and over its households; it reads each once, however many windows are stored.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import time
from typing import Final

from currentcost_exchange import Plan, PlanStatement, ProviderValues, Question, Window
from sqlalchemy import (
    Case,
    ColumnElement,
    CompoundSelect,
    and_,
    case,
    func,
    literal,
    null,
    select,
    union_all,
)

from ..results import Meaning, meaning_of
from ..storage.database import Database
from ..storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    PlanRow,
    WindowRow,
    WindowState,
)
from ..storage.registry import Registry
from .consents import has_agreed
from .plan_life import PlanLife
from .plan_views import statement_of

AMOUNT_RANGES: Final = 16
"""Ranges that an amount (a bill) is counted in."""

_LATE, _NEW, _STOPPED, _WAITING, _BLOCKED = (
    "late",
    "new",
    "stopped",
    "waiting",
    "blocked",
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many households' answer was this one.

    Attributes:
        outcome: the first one counted here.
        last: the last one: another one for amounts alone.
        meaning: of the first one.
        households: how many.
    """

    outcome: int
    last: int
    meaning: Meaning
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The households of a plan in a window.

    Attributes:
        plan: its id.
        start: of the window, None before the plan's first one is over; UTC s.
        end: of the window.
        open_until: reports of it are taken before this.
        buckets: who answered.
        missing: whose home knew too little of the window.
        refused: whose report could not be evaluated.
        late: who agreed before it began and did not report yet.
        new: who agreed when it had begun, and did not report.
        stopped: whose agreement stopped after too many refused reports.
        waiting: who has no running agreement on the statement in force.
        blocked: how many of all are blocked.
    """

    plan: str
    start: int | None
    end: int | None
    open_until: int | None
    buckets: tuple[Bucket, ...]
    missing: int = 0
    refused: int = 0
    late: int = 0
    new: int = 0
    stopped: int = 0
    waiting: int = 0
    blocked: int = 0


class FleetView:
    """Looks at all households of a plan."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._life = PlanLife(database, clock)
        self._registry = Registry(database)
        self._clock = clock

    async def now(self, plan_id: str, *, at: float | None = None) -> Fleet:
        """Return how things stood in the last window that was over at a time.

        Args:
            plan_id: of the plan.
            at: UTC s; now if None.

        Raises:
            Unknown: there is no such plan.
            UnfitPlan: a plan of another version.
        """
        row = await self._life.in_force(plan_id)
        statement, values = statement_of(row), self._registry.values(row)
        return await self._in(
            row, statement, values, self._clock() if at is None else at
        )

    async def _in(
        self, row: PlanRow, statement: PlanStatement, values: ProviderValues, at: float
    ) -> Fleet:
        plan = statement.plan
        question = plan.question
        window = last_window(plan, at)
        started = window.start >= plan.start
        step = 1 if question.labels else -(-question.outcomes // AMOUNT_RANGES)
        key = int(window.kind), window.start if started else -1
        async with self._database.read() as session:
            rows = (await session.execute(_counts(row, key, step))).all()
        counts = {state: number for state, outcome, number in rows if outcome is None}
        return Fleet(
            plan=plan.plan_id,
            start=window.start if started else None,
            end=window.end if started else None,
            open_until=window.end + plan.lateness if started else None,
            buckets=tuple(
                _buckets(
                    question,
                    values,
                    step,
                    {number: n for _, number, n in rows if number is not None},
                )
            ),
            missing=counts.get(WindowState.MISSING, 0),
            refused=counts.get(WindowState.REFUSED, 0),
            late=counts.get(_LATE, 0) if started else 0,
            new=counts.get(_NEW, 0) + (0 if started else counts.get(_LATE, 0)),
            stopped=counts.get(_STOPPED, 0),
            waiting=counts.get(_WAITING, 0),
            blocked=counts.get(_BLOCKED, 0),
        )


def last_window(plan: Plan, at: float) -> Window:
    """Return the last window that was over at a time; before the plan's if none was."""
    window = plan.schedule.window_at(max(plan.start, min(at, plan.end)))
    return plan.schedule.window_at(window.start - 1)


def answer_in(window: tuple[int, int]) -> ColumnElement[bool]:
    """Return whether a row is an agreement's of a window (kind and start)."""
    kind, start = window
    return and_(
        WindowRow.agreement_id == AgreementRow.id,
        WindowRow.kind == kind,
        WindowRow.start == start,
    )


def standing_in(window: tuple[int, int]) -> Case[str]:
    """Return how an agreement stands in a window, joined with its row of it if any."""
    return case(
        (
            WindowRow.state.in_(
                (WindowState.BUCKET, WindowState.MISSING, WindowState.REFUSED)
            ),
            WindowRow.state,
        ),
        (AgreementRow.state == AgreementState.STOPPED, literal(_STOPPED)),
        (AgreementRow.confirmed > window[1], literal(_NEW)),
        else_=literal(_LATE),
    )


def _counts(
    row: PlanRow, window: tuple[int, int], step: int
) -> CompoundSelect[tuple[str, int | None, int]]:
    """Return the query: state, outcome (or range of outcomes), number."""
    state = standing_in(window).label("state")
    outcome = (WindowRow.outcome // step).label("outcome")
    agreed = (
        select(state, outcome, func.count())
        .select_from(AgreementRow)
        .outerjoin(WindowRow, answer_in(window))
        .where(
            AgreementRow.plan_key == row.id,
            AgreementRow.state.in_((AgreementState.RUNNING, AgreementState.STOPPED)),
        )
        .group_by(state, outcome)
    )
    asked = HouseholdRow.plan_key.in_(
        select(PlanRow.id).where(PlanRow.plan_id == row.plan_id)
    )
    households = select(func.count()).select_from(HouseholdRow).where(asked)
    return union_all(
        agreed,
        select(
            literal(_WAITING),
            null(),
            households.where(~has_agreed(row.id)).scalar_subquery(),
        ),
        select(
            literal(_BLOCKED),
            null(),
            households.where(HouseholdRow.blocked).scalar_subquery(),
        ),
    )


def _buckets(
    question: Question, values: ProviderValues, step: int, counts: dict[int, int]
) -> Iterable[Bucket]:
    """Yield how many gave each answer, also those that nobody gave."""
    for number, first in enumerate(range(0, question.outcomes, step)):
        yield Bucket(
            first,
            min(first + step, question.outcomes) - 1,
            meaning_of(question, values, first),
            counts.get(number, 0),
        )
