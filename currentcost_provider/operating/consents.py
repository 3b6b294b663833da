"""Who has agreed to what a plan asks, and who has yet to."""

from collections.abc import Callable, Sequence
import time

from sqlalchemy import ColumnElement, Row, Select, exists, func, select

from ..storage.database import Database
from ..storage.models import AgreementRow, AgreementState, HouseholdRow, PlanRow
from .plan_life import PlanLife


class Consents:
    """Who consents to the statement of a plan that is in force."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._plans = PlanLife(database, clock)

    async def count(self, plan_id: str) -> tuple[PlanRow, int, int]:
        """Return the period in force, its households, and how many have not agreed."""
        row = await self._plans.in_force(plan_id)
        query = select(
            func.count(), func.count().filter(~has_agreed(row.id))
        ).select_from(HouseholdRow)
        async with self._database.read() as session:
            found = await session.execute(query.where(asked_for(plan_id)))
            households, waiting = found.one()
        return row, households, waiting

    async def waiting(
        self, plan_id: str, *, after: str | None, limit: int
    ) -> Sequence[Row[tuple[str, bool, bool, int]]]:
        """Return who has to consent to the statement in force, by name.

        Each with whether it is blocked, whether it was ever here (has a token), and
        when it was enrolled (UTC s).
        """
        row = await self._plans.in_force(plan_id)
        query: Select[tuple[str, bool, bool, int]] = (
            select(
                HouseholdRow.user,
                HouseholdRow.blocked,
                HouseholdRow.token_hash.is_not(None),
                HouseholdRow.created,
            )
            .where(asked_for(plan_id), ~has_agreed(row.id))
            .order_by(HouseholdRow.user)
            .limit(limit)
        )
        if after is not None:
            query = query.where(HouseholdRow.user > after)
        async with self._database.read() as session:
            return (await session.execute(query)).all()


def has_agreed(plan_key: int) -> ColumnElement[bool]:
    """Return whether a household of a query has a running agreement on a period."""
    return exists().where(
        AgreementRow.household_id == HouseholdRow.id,
        AgreementRow.plan_key == plan_key,
        AgreementRow.state == AgreementState.RUNNING,
    )


def asked_for(plan_id: str) -> ColumnElement[bool]:
    """Return whether a household of a query is asked for a plan."""
    return HouseholdRow.plan_key.in_(
        select(PlanRow.id).where(PlanRow.plan_id == plan_id)
    )
