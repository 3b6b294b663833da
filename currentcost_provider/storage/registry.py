"""Who takes part and what is asked: the provider, its plans, its households.

Each method is one transaction. Rows that come back are detached: they can be read
after it, and changing them changes nothing stored.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from currentcost_exchange import (
    PlanStatement,
    ProviderIdentity,
    ProviderValues,
    WindowKind,
)
from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
from .ledger import end_agreements
from .models import (
    AgreementRow,
    AgreementState,
    AuditRow,
    HouseholdRow,
    PlanDraftRow,
    PlanRow,
    ProviderRow,
    WindowRow,
)
from .partitions import add_partitions
from .sealed import open_identity, open_values, seal_identity, seal_values

type HouseholdSummary = Row[tuple[HouseholdRow, str, str | None, int | None]]
"""A household, its plan's id, its agreement's state, its last window's end."""


_PLANS: Final = 0x63_75_72_73
"""PostgreSQL's number for the lock of whoever creates a plan."""


class Exists(Exception):
    """Something of that name is there already."""


class Registry:
    """The provider, its plans and its households."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def add_provider(
        self, name: str, identity: ProviderIdentity, now: int
    ) -> None:
        """Make the database that of a provider.

        Raises:
            Exists: it has one.
        """
        async with self._database.write() as session:
            if await session.get(ProviderRow, 1) is not None:
                raise Exists
            sealed = seal_identity(self._database.vault, identity)
            session.add(ProviderRow(id=1, name=name, identity=sealed, created=now))

    async def provider(self) -> ProviderRow | None:
        """Return the provider, None before `init`."""
        async with self._database.read() as session:
            return await session.get(ProviderRow, 1)

    def identity(self, provider: ProviderRow) -> ProviderIdentity:
        """Return the key that signs the provider's plans."""
        return open_identity(self._database.vault, provider)

    async def add_plan(
        self,
        statement: PlanStatement,
        values: ProviderValues,
        now: int,
        *,
        note: AuditRow | None = None,
    ) -> None:
        """Keep a new plan, or the next period of one; it takes its draft's place.

        Raises:
            Exists: there is a plan of this id, and this is not its next period.
        """
        plan = statement.plan
        async with self._database.write() as session:
            await _plans_alone(session)
            last = await session.scalar(periods(plan.plan_id).limit(1))
            if last is not None and not plan.follows(
                PlanStatement.from_bytes(last.statement).plan
            ):
                raise Exists
            key = await _next_plan_key(session)
            session.add(
                PlanRow(
                    id=key,
                    plan_id=plan.plan_id,
                    start=plan.start,
                    end=plan.end,
                    statement=statement.to_bytes(),
                    private_values=seal_values(self._database.vault, key, values),
                    created=now,
                )
            )
            await session.execute(
                delete(PlanDraftRow).where(PlanDraftRow.id == plan.plan_id)
            )
            if note is not None:
                session.add(note)
            await add_partitions(await session.connection(), plan.start, plan.end)

    def values(self, plan: PlanRow) -> ProviderValues:
        """Return a plan's private values."""
        return open_values(self._database.vault, plan)

    async def plans(self) -> Sequence[PlanRow]:
        """Return all plans, the oldest first."""
        async with self._database.read() as session:
            return (await session.scalars(select(PlanRow).order_by(PlanRow.id))).all()

    async def plan_named(self, plan_id: str) -> PlanRow | None:
        """Return a plan by its id: its latest period."""
        async with self._database.read() as session:
            row: PlanRow | None = await session.scalar(periods(plan_id).limit(1))
            return row

    async def plan_of(self, agreement: AgreementRow) -> PlanRow:
        """Return the plan and period of an agreement."""
        async with self._database.read() as session:
            return await session.get_one(PlanRow, agreement.plan_key)

    async def plan_in_force(self, household: HouseholdRow, now: float) -> PlanRow:
        """Return a household's plan in the period that has begun last.

        Before the first one begins, that of its enrolment.
        """
        async with self._database.read() as session:
            enrolled = await session.get_one(PlanRow, household.plan_key)
            begun = periods(enrolled.plan_id).where(PlanRow.start <= now).limit(1)
            row: PlanRow | None = await session.scalar(begun)
            return row or enrolled

    async def period_after(self, plan: PlanRow) -> PlanRow | None:
        """Return the same plan's next period, if there is one already."""
        query = periods(plan.plan_id).where(PlanRow.start == plan.end)
        async with self._database.read() as session:
            row: PlanRow | None = await session.scalar(query)
            return row

    async def add_household(
        self, user: str, plan: PlanRow, *, password_hash: str, expires: int, now: int
    ) -> None:
        """Enrol a household.

        Raises:
            Exists: there is one of this name.
        """
        await self.add_households({user: password_hash}, plan, expires=expires, now=now)

    async def add_households(
        self,
        hashes: Mapping[str, str],
        plan: PlanRow,
        *,
        expires: int,
        now: int,
        note: AuditRow | None = None,
    ) -> None:
        """Enrol households, by user name with the hashes of their passwords.

        Raises:
            Exists: there is one of a name; none was enrolled.
        """
        rows = [
            {
                "user": user,
                "plan_key": plan.id,
                "password_hash": password_hash,
                "password_expires": expires,
                "setups": 0,
                "blocked": False,
                "created": now,
            }
            for user, password_hash in hashes.items()
        ]
        try:
            async with self._database.write() as session:
                await session.execute(insert(HouseholdRow), rows)
                if note is not None:
                    session.add(note)
        except IntegrityError:
            for user in hashes:
                if await self.household_named(user) is not None:
                    raise Exists(user) from None
            raise

    async def reset_household(
        self,
        user: str,
        *,
        password_hash: str,
        expires: int,
        note: AuditRow | None = None,
    ) -> HouseholdRow | None:
        """Give a household a new password, and its set-ups back; revoke its token."""
        async with self._database.write() as session:
            household = await household_of(session, user, lock=True)
            if household is not None:
                household.password_hash = password_hash
                household.password_expires = expires
                household.token_hash = None
                household.setups = 0
                household.blocked = False
                if note is not None:
                    session.add(note)
            return household

    async def household_named(self, user: str) -> HouseholdRow | None:
        """Return a household by its user name."""
        async with self._database.read() as session:
            return await household_of(session, user)

    async def households_with_tokens(
        self, token_hashes: Sequence[bytes]
    ) -> list[HouseholdRow | None]:
        """Return the households that tokens belong to, in their order."""
        query = select(HouseholdRow).where(HouseholdRow.token_hash.in_(token_hashes))
        async with self._database.read() as session:
            found = {row.token_hash: row for row in await session.scalars(query)}
        return [found.get(token_hash) for token_hash in token_hashes]

    async def households(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        plan_id: str | None = None,
        like: str = "",
        named: Collection[str] | None = None,
    ) -> Sequence[HouseholdSummary]:
        """Return households by name, with what there is to say of each.

        Args:
            after: those behind this name.
            limit: so many at most.
            plan_id: those of this plan alone.
            like: those whose name contains this.
            named: of these alone.
        """
        state = (
            select(AgreementRow.state)
            .where(AgreementRow.household_id == HouseholdRow.id)
            .order_by(
                (AgreementRow.state == AgreementState.RUNNING).desc(),
                AgreementRow.created.desc(),
            )
            .limit(1)
            .scalar_subquery()
        )
        last = (
            select(func.max(WindowRow.end))
            .join(AgreementRow)
            .where(
                AgreementRow.household_id == HouseholdRow.id,
                WindowRow.kind != int(WindowKind.INSTANT),
            )
            .scalar_subquery()
        )
        query = (
            select(HouseholdRow, PlanRow.plan_id, state, last)
            .join(PlanRow)
            .order_by(HouseholdRow.user)
            .limit(limit)
        )
        if after is not None:
            query = query.where(HouseholdRow.user > after)
        if plan_id is not None:
            query = query.where(PlanRow.plan_id == plan_id)
        if like:
            query = query.where(HouseholdRow.user.contains(like, autoescape=True))
        if named is not None:
            query = query.where(HouseholdRow.user.in_(named))
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def exchange_password(
        self, household: HouseholdRow, *, token_hash: bytes, key: bytes
    ) -> bool:
        """Put a new token in place of the old; return False if the password changed.

        Another key than before is another household: what ran under the old one ends.
        """
        async with self._database.write() as session:
            row = await session.get_one(
                HouseholdRow, household.id, with_for_update=True
            )
            if row.password_hash != household.password_hash:
                return False
            if row.household_key != key:
                await end_agreements(session, row.id)
            row.token_hash = token_hash
            row.household_key = key
            return True


async def _plans_alone(session: AsyncSession) -> None:
    """Wait for others that create plans: that is done one after the other."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(_PLANS)))


async def _next_plan_key(session: AsyncSession) -> int:
    """Return the key that the next plan gets: its values are sealed for it."""
    if session.get_bind().dialect.name == "postgresql":
        query = select(func.nextval("plan_id_seq"))
    else:
        query = select(func.coalesce(func.max(PlanRow.id), 0) + 1)
    key: int = (await session.execute(query)).scalar_one()
    return key


def periods(plan_id: str) -> Select[tuple[PlanRow]]:
    """Return the query of a plan's periods, the latest first."""
    query = select(PlanRow).where(PlanRow.plan_id == plan_id)
    return query.order_by(PlanRow.start.desc())


async def household_of(
    session: AsyncSession, user: str, *, lock: bool = False
) -> HouseholdRow | None:
    """Return a household by its user name, locked for whoever writes for it."""
    query = select(HouseholdRow).where(HouseholdRow.user == user)
    if lock:
        query = query.with_for_update()
    row: HouseholdRow | None = await session.scalar(query)
    return row
