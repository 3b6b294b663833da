"""What was agreed and what the windows came to.

Each method is one transaction. Rows that come back are detached: they can be read
after it, and changing them changes nothing stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from currentcost_exchange import ProviderAgreement, ProviderSetup, WindowKind
from sqlalchemy import (
    ColumnElement,
    Row,
    delete,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from .database import Database
from .models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    PlanRow,
    WindowRow,
    WindowState,
)
from .numbering import Position, in_order, settled
from .sealed import open_agreement, open_setup, seal_agreement, seal_setup

type ResultKey = tuple[int, bytes, int]
"""Where a result stands among all: start, agreement, kind."""


_RESULTS: Final = (
    WindowRow.state != WindowState.CLAIMED,
    WindowRow.kind != int(WindowKind.INSTANT),
)
"""Windows that are results. What was asked on demand stands with its question (`asks`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """Which results are wanted; None is all. Times are of windows' starts (UTC s)."""

    user: str | None = None
    plan: str | None = None
    since: int | None = None
    until: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the rows of a query must fulfil."""
        found = []
        if self.user is not None:
            found.append(HouseholdRow.user == self.user)
        if self.plan is not None:
            # Not by an index: SQLite would sort all results of a plan for each page.
            found.append(PlanRow.plan_id.concat("") == self.plan)
        if self.since is not None:
            found.append(WindowRow.start >= self.since)
        if self.until is not None:
            found.append(WindowRow.start < self.until)
        return found


class Ledger:
    """The households' agreements, and each window's only answer."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def setup_of_request(
        self, household: HouseholdRow, request: bytes
    ) -> AgreementRow | None:
        """Return the set-up that a request began, so that it begins only one."""
        async with self._database.read() as session:
            return await _setup_of(session, household, request)

    def setup(self, row: AgreementRow) -> ProviderSetup | None:
        """Return the set-up that an agreement began with, None once it is finished."""
        if row.setup is None:
            return None
        return open_setup(self._database.vault, row.id, row.setup)

    def opened(self, row: AgreementRow) -> ProviderAgreement | None:
        """Return what was agreed, None before the set-up was finished."""
        if row.agreement is None:
            return None
        return open_agreement(self._database.vault, row.id, row.agreement)

    async def add_setup(
        self,
        household: HouseholdRow,
        plan: PlanRow,
        request: bytes,
        setup: ProviderSetup,
        *,
        limit: int,
        now: int,
    ) -> AgreementRow | None:
        """Keep a set-up that began; None if the household has had its share.

        It takes the place of one that was not finished: at most one is open, so none
        is finished beyond the share. What was not finished told nothing. Returns
        what stands for the request, which may have come twice at once.
        """
        row = AgreementRow(
            id=setup.agreement_id,
            household_id=household.id,
            plan_key=plan.id,
            state=AgreementState.OFFERED,
            request=request,
            setup=seal_setup(self._database.vault, setup),
            refusals=0,
            created=now,
        )
        async with self._database.write() as session:
            stored = await _lock_household(session, household.id)
            if begun := await _setup_of(session, household, request):
                return begun
            if stored.setups >= limit and not await _is_first(session, row):
                return None
            await _drop_offers(session, household.id)
            session.add(row)
            return row

    async def confirm(
        self,
        row: AgreementRow,
        transfer: bytes,
        agreement: ProviderAgreement,
        confirmation: bytes,
        now: int,
    ) -> AgreementRow | None:
        """Let an agreement run, and count the set-up of its period.

        It takes the place of what runs in its period; what ends before goes on.

        A set-up is finished once: if it was meanwhile, what stands is returned; None
        if another one took its place. The password stays good until the household
        reports: until then it may have lost the agreement, and agree anew.
        """
        async with self._database.write() as session:
            household = await _lock_household(session, row.household_id)
            stored = await session.get(AgreementRow, row.id)
            if stored is None or stored.state is not AgreementState.OFFERED:
                return stored
            # A period's first one begins the count anew.
            first = await _is_first(session, stored)
            household.setups = 1 if first else household.setups + 1
            await _end_running(session, household.id, agreement.statement.plan.start)
            stored.state = AgreementState.RUNNING
            _finish(stored, transfer)
            stored.confirmation = confirmation
            stored.agreement = seal_agreement(self._database.vault, agreement)
            stored.confirmed = now
            return stored

    async def refuse_setup(
        self, row: AgreementRow, transfer: bytes
    ) -> AgreementRow | None:
        """Record a refused policy: the household is blocked until an operator acts.

        Returns what stands, as `confirm` does.
        """
        async with self._database.write() as session:
            household = await _lock_household(session, row.household_id)
            stored = await session.get(AgreementRow, row.id)
            if stored and stored.state is AgreementState.OFFERED:
                stored.state = AgreementState.REFUSED
                _finish(stored, transfer)
                household.blocked = True
            return stored

    async def agreement(
        self, household: HouseholdRow, agreement_id: bytes
    ) -> AgreementRow | None:
        """Return an agreement, if it is this household's."""
        async with self._database.read() as session:
            row = await session.get(AgreementRow, agreement_id)
            return row if row and row.household_id == household.id else None

    async def note_opening(self, row: AgreementRow, now: int) -> None:
        """Remember when an agreement's values were first opened to its household."""
        if row.opened is None:
            async with self._database.write() as session:
                await session.execute(
                    update(AgreementRow)
                    .where(AgreementRow.id == row.id, AgreementRow.opened.is_(None))
                    .values(opened=now)
                )

    async def results(
        self, user: str | None = None
    ) -> Sequence[Row[tuple[WindowRow, str, PlanRow]]]:
        """Return each answered window with its household's name and its plan."""
        return await self.page(ResultFilter(user=user))

    async def page(
        self,
        wanted: ResultFilter,
        *,
        after: ResultKey | None = None,
        limit: int | None = None,
    ) -> Sequence[Row[tuple[WindowRow, str, PlanRow]]]:
        """Return answered windows, the oldest first, from behind one on."""
        key = WindowRow.start, WindowRow.agreement_id, WindowRow.kind
        query = (
            select(WindowRow, HouseholdRow.user, PlanRow)
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
            .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
            .where(*_RESULTS, *wanted.conditions())
            .order_by(*key)
            .limit(limit)
        )
        # A start to begin with, also of the first page, leads to the index in this
        # order; on PostgreSQL it tells the partitions that can be left out.
        query = query.where(WindowRow.start >= (0 if after is None else after[0]))
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*map(literal, after)))
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def latest(
        self, user: str, limit: int
    ) -> Sequence[Row[tuple[WindowRow, PlanRow]]]:
        """Return a household's last answered windows, the newest first."""
        query = (
            select(WindowRow, PlanRow)
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
            .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
            .where(HouseholdRow.user == user, *_RESULTS)
            .order_by(WindowRow.start.desc(), WindowRow.agreement_id)
            .limit(limit)
        )
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    async def new(
        self, after: Position, limit: int
    ) -> Sequence[Row[tuple[WindowRow, str, PlanRow]]]:
        """Return new results behind a position, in the order of `numbering`."""
        query = (
            select(WindowRow, HouseholdRow.user, PlanRow)
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
            .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
            .where(*_RESULTS, settled(self._database), *after.behind())
            .order_by(*in_order())
            .limit(limit)
        )
        async with self._database.read() as session:
            return (await session.execute(query)).all()


def transfer_digest(transfer: bytes) -> bytes:
    """Return what is kept of a household's last message of a set-up: SHA-256."""
    return sha256(transfer).digest()


def _finish(agreement: AgreementRow, transfer: bytes) -> None:
    """Forget a set-up's messages and secrets, but not which one finished it."""
    agreement.setup = None
    agreement.transfer_digest = transfer_digest(transfer)


async def _setup_of(
    session: AsyncSession, household: HouseholdRow, request: bytes
) -> AgreementRow | None:
    query = select(AgreementRow).where(
        AgreementRow.household_id == household.id, AgreementRow.request == request
    )
    row: AgreementRow | None = await session.scalar(query)
    return row


async def end_agreements(session: AsyncSession, household_id: int) -> None:
    """End what runs with a household, and forget what was only offered to it."""
    await _drop_offers(session, household_id)
    await _end_running(session, household_id, 0)


async def _drop_offers(session: AsyncSession, household_id: int) -> None:
    await session.execute(
        delete(AgreementRow).where(
            AgreementRow.household_id == household_id,
            AgreementRow.state == AgreementState.OFFERED,
        )
    )


async def _is_first(session: AsyncSession, agreement: AgreementRow) -> bool:
    """Return whether a household has finished no other set-up for a plan's period."""
    query = select(AgreementRow.id).where(
        AgreementRow.household_id == agreement.household_id,
        AgreementRow.plan_key == agreement.plan_key,
        AgreementRow.transfer_digest.is_not(None),
    )
    return await session.scalar(query.limit(1)) is None


async def _end_running(session: AsyncSession, household_id: int, since: int) -> None:
    """End a household's agreements but those whose period is over by then."""
    lasting = select(PlanRow.id).where(PlanRow.end > since)
    await session.execute(
        update(AgreementRow)
        .where(
            AgreementRow.household_id == household_id,
            AgreementRow.state == AgreementState.RUNNING,
            AgreementRow.plan_key.in_(lasting),
        )
        .values(state=AgreementState.ENDED)
    )


async def spend_passwords(connection: AsyncConnection, household_ids: set[int]) -> None:
    """Let the one-time passwords of some households be used no more."""
    await connection.execute(
        update(HouseholdRow)
        .where(HouseholdRow.id.in_(household_ids))
        .values(password_hash=None)
    )


async def _lock_household(session: AsyncSession, household_id: int) -> HouseholdRow:
    """Return a household, to be alone in writing for it."""
    return await session.get_one(HouseholdRow, household_id, with_for_update=True)
