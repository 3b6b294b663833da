"""Behind the numbers of a fleet: which households they count, and how they came about.

Both look at agreements by their plan and at windows by their primary key. The history
looks at so few windows that no question about a large fleet holds up its reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
import time
from typing import Final

from currentcost_exchange import PlanStatement, Window
from sqlalchemy import ColumnElement, Select, func, select

from ..storage.database import Database
from ..storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    WindowRow,
    WindowState,
)
from .consents import asked_for, has_agreed
from .fleet import AMOUNT_RANGES, answer_in, last_window, standing_in
from .plan_life import PlanLife
from .plan_views import statement_of

MOST_POINTS: Final = 96
_MOST_ROWS: Final = 400_000
"""Windows that are counted for one history."""


class Standing(StrEnum):
    """How a household stands in the last window."""

    BUCKET = "bucket"
    MISSING = "missing"
    REFUSED = "refused"
    LATE = "late"
    NEW = "new"
    STOPPED = "stopped"
    WAITING = "waiting"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Point:
    """What came in for one window.

    Attributes:
        start: of the window, UTC s.
        end: of the window.
        outcomes: households by outcome (of an amount: by range of outcomes).
        missing: whose home knew too little.
        refused: whose report could not be evaluated.
    """

    start: int
    end: int
    outcomes: dict[int, int]
    missing: int
    refused: int


class FleetDetails:
    """Looks behind a plan's numbers."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._life = PlanLife(database, clock)
        self._clock = clock

    async def households(
        self,
        plan_id: str,
        standing: Standing,
        *,
        outcomes: tuple[int, int] | None = None,
        after: str | None = None,
        limit: int,
    ) -> Sequence[str]:
        """Return who stands so in the last window, by name.

        Args:
            plan_id: of the plan.
            standing: which ones.
            outcomes: of those with an answer, the first and the last that count.
            after: those behind this name.
            limit: so many at most.

        Raises:
            Unknown: there is no such plan.
            UnfitPlan: a plan of another version.
        """
        row = await self._life.in_force(plan_id)
        query = select(HouseholdRow.user).order_by(HouseholdRow.user).limit(limit)
        if standing is Standing.WAITING:
            query = query.where(asked_for(plan_id), ~has_agreed(row.id))
        elif standing is Standing.BLOCKED:
            query = query.where(asked_for(plan_id), HouseholdRow.blocked)
        else:
            plan = statement_of(row).plan
            window = last_window(plan, self._clock())
            started = window.start >= plan.start
            key = int(window.kind), window.start if started else -1
            query = _standing(query, row.id, key, standing, outcomes)
        if after is not None:
            query = query.where(HouseholdRow.user > after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def history(self, plan_id: str, *, seconds: int) -> list[Point]:
        """Return what came in for the windows of the last so many seconds.

        Every n-th window where there are more than `MOST_POINTS`, fewer with a fleet
        of thousands.

        Raises:
            Unknown: there is no such plan.
            UnfitPlan: a plan of another version.
        """
        row = await self._life.in_force(plan_id)
        statement = statement_of(row)
        running = _reports_on(row.id)
        async with self._database.read() as session:
            count = await session.scalar(
                select(func.count()).select_from(AgreementRow).where(running)
            )
        most = max(min(MOST_POINTS, _MOST_ROWS // max(count or 0, 1)), 12)
        windows = _chosen(statement, self._clock(), seconds, most)
        step = _step(statement)
        outcome = (WindowRow.outcome // step).label("outcome")
        query = (
            select(WindowRow.start, WindowRow.state, outcome, func.count())
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .where(
                AgreementRow.plan_key == row.id,
                WindowRow.kind.in_({int(window.kind) for window in windows}),
                WindowRow.start.in_([window.start for window in windows]),
            )
            .group_by(WindowRow.start, WindowRow.state, outcome)
        )
        found: dict[int, dict[tuple[WindowState, int | None], int]] = {}
        async with self._database.read() as session:
            for start, state, number, amount in await session.execute(query):
                found.setdefault(start, {})[state, number] = amount
        return [_point(window, found.get(window.start, {}), step) for window in windows]


def _reports_on(plan_key: int) -> ColumnElement[bool]:
    """Return whether an agreement of a query is one that reports on a period."""
    return (AgreementRow.plan_key == plan_key) & (
        AgreementRow.state == AgreementState.RUNNING
    )


def _standing(
    query: Select[tuple[str]],
    plan_key: int,
    window: tuple[int, int],
    standing: Standing,
    outcomes: tuple[int, int] | None,
) -> Select[tuple[str]]:
    query = (
        query.join(AgreementRow, AgreementRow.household_id == HouseholdRow.id)
        .outerjoin(WindowRow, answer_in(window))
        .where(
            AgreementRow.plan_key == plan_key,
            AgreementRow.state.in_((AgreementState.RUNNING, AgreementState.STOPPED)),
            standing_in(window) == standing.value,
        )
    )
    if outcomes is not None:
        query = query.where(WindowRow.outcome.between(*outcomes))
    return query


def _chosen(
    statement: PlanStatement, now: float, seconds: int, most: int
) -> list[Window]:
    """Return the windows of the last so many seconds, `most` of them evenly."""
    plan = statement.plan
    last = last_window(plan, now)
    since = max(plan.start, last.end - seconds)
    windows = [
        window
        for window in plan.schedule.windows(since=since, until=last.end)
        if window.start >= plan.start
    ]
    every = -(-len(windows) // most) or 1
    return windows[::-every][::-1]


def _step(statement: PlanStatement) -> int:
    """Return how many outcomes count as one, as `fleet` counts them."""
    question = statement.plan.question
    return 1 if question.labels else -(-question.outcomes // AMOUNT_RANGES)


def _point(
    window: Window, counts: dict[tuple[WindowState, int | None], int], step: int
) -> Point:
    return Point(
        start=window.start,
        end=window.end,
        outcomes={
            number * step: amount
            for (_, number), amount in counts.items()
            if number is not None
        },
        missing=counts.get((WindowState.MISSING, None), 0),
        refused=counts.get((WindowState.REFUSED, None), 0),
    )
