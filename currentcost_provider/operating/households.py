"""Households as the provider's people deal with them: enrolled, looked at, erased.

A one-time password is in the sheet that comes back and nowhere else: what is stored is
its hash. Each change is one transaction with its entry in the audit log.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
import time
from typing import Final

from currentcost_exchange import PlanStatement
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..credentials import hash_password, new_password
from ..plans import DAY
from ..refusals import Taken, Unfit, Unknown
from ..results import Meaning, iso, meaning_of
from ..storage.audit import entry
from ..storage.database import Database
from ..storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    PlanRow,
    WindowRow,
    WindowState,
)
from ..storage.registry import Exists, HouseholdSummary, Registry, household_of
from . import subject
from .enrolling import new_passwords
from .knowledge import Knowledge, knowledge
from .plan_life import PlanLife
from .plan_views import check_open, statement_of
from .sheets import Sheet

PASSWORD_DAYS: Final = 7
"""Days that a one-time password is good for, unless said otherwise."""

type Agreements = Sequence[
    Row[tuple[bytes, str, AgreementState, int, int, int | None, int | None, int, int]]
]
"""Id, plan, state, refusals, created, confirmed, opened, period's start and end."""


@dataclass(frozen=True, slots=True)
class PlanKnowledge:
    """What the answers about one period of a plan tell.

    Attributes:
        plan: its id.
        start: of the period, UTC s.
        outcomes: how many the question has.
        known: the bits.
        meanings: of the answers, in their order.
    """

    plan: str
    start: int
    outcomes: int
    known: Knowledge
    meanings: tuple[Meaning, ...]


class Households:
    """What is done with households. `actor` is who does it, for the audit log."""

    def __init__(
        self,
        database: Database,
        *,
        address: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Use a database that was brought up to date; `address` is for the sheets."""
        self._database = database
        self._registry = Registry(database)
        self._plans = PlanLife(database, clock)
        self._address = address
        self._clock = clock

    async def enrol(
        self, users: Sequence[str], plan_id: str, *, days: int, actor: str
    ) -> list[Sheet]:
        """Enrol households, all or none; return the sheets that they get.

        Raises:
            Taken: the plan is retired or over, or there is such a household.
            Unfit: one is named twice, or a plan is of another version.
            Unknown: there is no such plan.
        """
        if len(set(users)) < len(users):
            raise Unfit("A household is named twice.")
        row = await self._plans.latest(plan_id)
        check_open(row, self._now())
        statement = statement_of(row)
        passwords = await asyncio.to_thread(new_passwords, len(users))
        expires = self._now() + days * DAY
        about = users[0] if len(users) == 1 else f"{len(users)} households"
        hashes = (stored for _, stored in passwords)
        try:
            await self._registry.add_households(
                dict(zip(users, hashes, strict=True)),
                row,
                expires=expires,
                now=self._now(),
                note=entry(actor, "household.enrol", about, self._now()),
            )
        except Exists as err:
            raise Taken(
                f"There is a household {err} already; a reset gives it a new password."
                " Nothing was changed."
            ) from None
        return [
            self._sheet(statement, user, password, expires)
            for user, (password, _) in zip(users, passwords, strict=True)
        ]

    async def reset(self, user: str, *, days: int, actor: str) -> Sheet:
        """Give a new password, and set-ups anew; revoke the token, lift a block.

        Raises:
            UnfitPlan: its plan is of another version.
            Unknown: there is no such household.
        """
        password, expires = new_password(), self._now() + days * DAY
        household = await self._registry.reset_household(
            user,
            password_hash=await asyncio.to_thread(hash_password, password),
            expires=expires,
            note=entry(actor, "household.reset", user, self._now()),
        )
        if household is None:
            raise Unknown("household", user)
        row = await self._registry.plan_in_force(household, self._clock())
        return self._sheet(statement_of(row), user, password, expires)

    async def block(self, user: str, *, blocked: bool, actor: str) -> None:
        """Let a household make agreements no more, or again; what runs goes on.

        Raises:
            Unknown: there is no such household.
        """
        action = "household.block" if blocked else "household.unblock"
        async with self._database.write() as session:
            household = await self._locked(session, user)
            household.blocked = blocked
            session.add(entry(actor, action, user, self._now()))

    async def remove_token(self, user: str, *, actor: str) -> None:
        """Let a household do nothing more until it gets a new password (`reset`).

        Raises:
            Unknown: there is no such household.
        """
        async with self._database.write() as session:
            household = await self._locked(session, user)
            household.token_hash = None
            household.password_hash = None
            session.add(entry(actor, "household.revoke", user, self._now()))

    async def erase(self, user: str, *, actor: str) -> None:
        """Delete all that is stored of a household; the audit log keeps its name.

        Raises:
            Unknown: there is no such household.
        """
        async with self._database.write() as session:
            household = await self._locked(session, user)
            await subject.erase(session, household.id)
            session.expunge(household)
            session.add(entry(actor, "household.erase", user, self._now()))

    async def export(self, user: str, *, actor: str) -> AsyncIterator[str]:
        """Return all that is stored of a household as JSON, part by part.

        Raises:
            Unknown: there is no such household.
        """
        household = await self.one(user)
        async with self._database.write() as session:
            session.add(entry(actor, "household.export", user, self._now()))
        return subject.export(self._database, household)

    async def page(
        self, *, after: str | None, limit: int
    ) -> Sequence[HouseholdSummary]:
        """Return households by name, with what there is to say of each."""
        return await self._registry.households(after=after, limit=limit)

    async def one(self, user: str) -> HouseholdRow:
        """Return a household; raise Unknown."""
        household = await self._registry.household_named(user)
        if household is None:
            raise Unknown("household", user)
        return household

    async def plan_of(self, household: HouseholdRow) -> PlanRow:
        """Return the period that a household is asked for."""
        return await self._registry.plan_in_force(household, self._clock())

    async def agreements(self, household: HouseholdRow) -> Agreements:
        """Return a household's agreements, the newest first."""
        query = (
            select(
                AgreementRow.id,
                PlanRow.plan_id,
                AgreementRow.state,
                AgreementRow.refusals,
                AgreementRow.created,
                AgreementRow.confirmed,
                AgreementRow.opened,
                PlanRow.start,
                PlanRow.end,
            )
            .join(PlanRow)
            .where(AgreementRow.household_id == household.id)
            .order_by(AgreementRow.created.desc(), AgreementRow.id)
        )
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def stored(self, household: HouseholdRow) -> dict[str, int]:
        """Return how many rows there are of a household, by table."""
        return await subject.stored(self._database, household.id)

    async def knowledge(self, household: HouseholdRow) -> list[PlanKnowledge]:
        """Return what a household's answers tell, for each period of a plan.

        Raises:
            UnfitPlan: a plan of another version.
        """
        counts: dict[int, dict[int | None, int]] = {}
        query = (
            select(AgreementRow.plan_key, WindowRow.outcome, func.count())
            .join(WindowRow, WindowRow.agreement_id == AgreementRow.id)
            .where(
                AgreementRow.household_id == household.id,
                WindowRow.state != WindowState.CLAIMED,
            )
            .group_by(AgreementRow.plan_key, WindowRow.outcome)
        )
        async with self._database.read() as session:
            for key, outcome, count in await session.execute(query):
                counts.setdefault(key, {})[outcome] = count
            plans = (
                await session.scalars(
                    select(PlanRow)
                    .where(PlanRow.id.in_(counts))
                    .order_by(PlanRow.start, PlanRow.id)
                )
            ).all()
        return [self._known(row, counts[row.id]) for row in plans]

    def _known(self, row: PlanRow, counts: dict[int | None, int]) -> PlanKnowledge:
        question, values = statement_of(row).plan.question, self._registry.values(row)
        known = knowledge(question.outcomes, counts)
        return PlanKnowledge(
            row.plan_id,
            row.start,
            question.outcomes,
            known,
            tuple(
                meaning_of(question, values, answer.outcome) for answer in known.answers
            ),
        )

    async def _locked(self, session: AsyncSession, user: str) -> HouseholdRow:
        household = await household_of(session, user, lock=True)
        if household is None:
            raise Unknown("household", user)
        return household

    def _sheet(
        self, statement: PlanStatement, user: str, password: str, expires: int
    ) -> Sheet:
        return Sheet.of(
            statement,
            address=self._address,
            user=user,
            password=password,
            expires=iso(expires),
        )

    def _now(self) -> int:
        return int(self._clock())
