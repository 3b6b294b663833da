"""Questions on demand: who was asked what, and what it came to.

Each method is one transaction. A question is a row that never changes. Its answer is that
of its window, so the same window asked about twice has one answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import secrets
from typing import Any, Final

from currentcost_exchange import (
    ASK_SECONDS,
    ExchangeError,
    PlanStatement,
    Window,
    WindowKind,
    window_to_ask,
)
from sqlalchemy import Row, Select, and_, func, insert, select

from .problems import Problem, ProblemError
from .storage.database import Database
from .storage.models import (
    AgreementRow,
    AgreementState,
    AskRow,
    HouseholdRow,
    PlanRow,
    WindowRow,
)

MOST: Final = 10_000
"""Households that are asked at once; at the pace of `waiters` they answer in time."""

type AskAndAnswer = Row[tuple[AskRow, str, PlanRow, WindowRow | None]]
"""A question, its household, its plan, and its window if that was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Some households, asked about one window.

    Attributes:
        id: its name, 32 hexadecimal digits.
        window: that is asked about.
        expires: until when it may be answered (UTC s).
        households: how many were asked.
    """

    id: str
    window: Window
    expires: int
    households: int


class Asks:
    """The questions on demand of a database."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def ask(
        self,
        *,
        user: str | None = None,
        plan: str | None = None,
        actor: str,
        now: float,
    ) -> Asking:
        """Ask one household, or all of a plan, what they draw now.

        Raises:
            ProblemError: nobody can be asked, or too many would be; says why.
        """
        window = window_to_ask(now)
        made = secrets.token_hex(16)
        expires = int(now) + ASK_SECONDS
        async with self._database.write() as session:
            rows = (await session.execute(_to_ask(window, user=user, plan=plan))).all()
            if not rows:
                raise ProblemError(
                    Problem.NOT_ASKABLE, "No household with a running agreement"
                )
            if len(rows) > MOST:
                raise ProblemError(
                    Problem.NOT_ASKABLE, f"More than {MOST} households at once"
                )
            for asked in {row[1].id: row[1] for row in rows}.values():
                _check_plan(asked)
            await session.execute(
                insert(AskRow),
                [
                    {
                        "asking": made,
                        "agreement_id": agreement_id,
                        "start": window.start,
                        "created": int(now),
                        "expires": expires,
                        "actor": actor[:80],
                    }
                    for agreement_id, _ in rows
                ],
            )
        return Asking(id=made, window=window, expires=expires, households=len(rows))

    async def pending(self, now: float) -> dict[bytes, int]:
        """Return the start of the latest window that each agreement is asked about."""
        query = (
            select(AskRow.agreement_id, func.max(AskRow.start))
            .where(AskRow.expires > int(now))
            .group_by(AskRow.agreement_id)
        )
        async with self._database.read() as session:
            return {row[0]: row[1] for row in await session.execute(query)}

    async def standings(
        self, agreement_ids: Sequence[bytes]
    ) -> list[tuple[int, AgreementState] | None]:
        """Return household and state of some agreements, in their order."""
        query = select(
            AgreementRow.id, AgreementRow.household_id, AgreementRow.state
        ).where(AgreementRow.id.in_(agreement_ids))
        async with self._database.read() as session:
            rows = await session.execute(query)
            found = {row[0]: (row[1], row[2]) for row in rows}
        return [found.get(agreement_id) for agreement_id in agreement_ids]

    async def asking(self, asking_id: str) -> Asking | None:
        """Return an asking by its id."""
        query = (
            select(func.min(AskRow.start), func.min(AskRow.expires), func.count())
            .where(AskRow.asking == asking_id)
            .group_by(AskRow.asking)
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        window = Window.instant_at(row[0])
        return Asking(id=asking_id, window=window, expires=row[1], households=row[2])

    async def answers(
        self, asking: Asking, *, after: str | None = None, limit: int
    ) -> Sequence[AskAndAnswer]:
        """Return what an asking came to, by household."""
        query = _with_answers().where(
            AskRow.asking == asking.id,
            # Tells the partitions that can be left out.
            AskRow.start == asking.window.start,
        )
        if after is not None:
            query = query.where(HouseholdRow.user > after)
        query = query.order_by(HouseholdRow.user).limit(limit)
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def of_household(
        self, user: str, *, before: int | None = None, limit: int
    ) -> Sequence[AskAndAnswer]:
        """Return the questions to a household, the newest first; of those of a time."""
        query = _with_answers().where(HouseholdRow.user == user)
        if before is not None:
            query = query.where(AskRow.start < before)
        query = query.order_by(AskRow.start.desc(), AskRow.asking).limit(limit)
        async with self._database.read() as session:
            return (await session.execute(query)).all()


def _to_ask(
    window: Window, *, user: str | None, plan: str | None
) -> Select[tuple[bytes, PlanRow]]:
    """Return the query of the agreements that can be asked about a window."""
    query = (
        select(AgreementRow.id, PlanRow)
        .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
        .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
        .where(
            AgreementRow.state == AgreementState.RUNNING,
            PlanRow.start <= window.start,
            PlanRow.end >= window.end,
        )
        .limit(MOST + 1)
    )
    if user is not None:
        query = query.where(HouseholdRow.user == user)
    if plan is not None:
        query = query.where(PlanRow.plan_id == plan)
    return query


def _with_answers() -> Select[Any]:
    """Return the query of questions with what stands for their windows."""
    return (
        select(AskRow, HouseholdRow.user, PlanRow, WindowRow)
        .join(AgreementRow, AskRow.agreement_id == AgreementRow.id)
        .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
        .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
        .outerjoin(
            WindowRow,
            and_(
                WindowRow.agreement_id == AskRow.agreement_id,
                WindowRow.kind == int(WindowKind.INSTANT),
                WindowRow.start == AskRow.start,
            ),
        )
    )


def _check_plan(plan: PlanRow) -> None:
    """Raise ProblemError if a plan can't be asked on demand."""
    try:
        can_be_asked = PlanStatement.from_bytes(plan.statement).plan.can_be_asked
    except ExchangeError as err:
        raise ProblemError(
            Problem.NOT_ASKABLE, f"The plan {plan.plan_id} is of another version"
        ) from err
    if not can_be_asked:
        raise ProblemError(
            Problem.NOT_ASKABLE,
            f"The plan {plan.plan_id} can't be asked on demand: only a question about"
            " the mean power of a window of seconds can",
        )
