"""What was agreed and what the windows came to.

Each method is one transaction. Rows that come back are detached: they can be read
after it, and changing them changes nothing stored.
"""

from collections.abc import Sequence

from currentcost_exchange import (
    Answer,
    Missing,
    ProviderAgreement,
    ProviderSetup,
    Report,
)
from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
from .models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    PlanRow,
    WindowRow,
    WindowState,
)

MAX_REFUSALS = 3
"""Refused reports after which an agreement stops."""


class Ledger:
    """The households' agreements, and each window's only answer."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def setup_of_request(
        self, household: HouseholdRow, request: bytes
    ) -> AgreementRow | None:
        """Return the set-up that a request began, so that it begins only one."""
        query = select(AgreementRow).where(
            AgreementRow.household_id == household.id, AgreementRow.request == request
        )
        async with self._database.read() as session:
            row: AgreementRow | None = await session.scalar(query)
            return row

    async def add_setup(
        self,
        household: HouseholdRow,
        request: bytes,
        setup: ProviderSetup,
        *,
        limit: int,
        now: int,
    ) -> bool:
        """Keep a set-up that began; return False if the household has had its share."""
        spend = (
            update(HouseholdRow)
            .where(HouseholdRow.id == household.id, HouseholdRow.setups < limit)
            .values(setups=HouseholdRow.setups + 1)
            .returning(HouseholdRow.id)
        )
        async with self._database.write() as session:
            if await session.scalar(spend) is None:
                return False
            session.add(
                AgreementRow(
                    id=setup.agreement_id,
                    household_id=household.id,
                    plan_key=household.plan_key,
                    state=AgreementState.OFFERED,
                    request=request,
                    setup=setup.to_bytes(),
                    refusals=0,
                    created=now,
                )
            )
            return True

    async def confirm(
        self,
        row: AgreementRow,
        transfer: bytes,
        agreement: ProviderAgreement,
        confirmation: bytes,
        now: int,
    ) -> AgreementRow:
        """Let an agreement run in place of the last one, and spend the password.

        A set-up is finished once: if it was meanwhile, what stands is returned.
        """
        async with self._database.write() as session:
            stored = await session.get_one(AgreementRow, row.id)
            if stored.state is not AgreementState.OFFERED:
                return stored
            await end_agreements(session, row.household_id)
            await _spend_password(session, row.household_id)
            stored.state = AgreementState.RUNNING
            stored.transfer = transfer
            stored.confirmation = confirmation
            stored.agreement = agreement.to_bytes()
            stored.confirmed = now
            return stored

    async def keep_seeds(self, agreement: ProviderAgreement) -> None:
        """Replace an agreement's seeds by those of a later day; the others are gone."""
        async with self._database.write() as session:
            stored = await session.get_one(AgreementRow, agreement.id)
            kept = stored.agreement
            if kept and ProviderAgreement.from_bytes(kept).day < agreement.day:
                stored.agreement = agreement.to_bytes()

    async def refuse_setup(self, row: AgreementRow, transfer: bytes) -> AgreementRow:
        """Record a refused policy: the household is blocked until an operator acts."""
        async with self._database.write() as session:
            stored = await session.get_one(AgreementRow, row.id)
            if stored.state is AgreementState.OFFERED:
                stored.state = AgreementState.REFUSED
                stored.transfer = transfer
                household = await session.get_one(HouseholdRow, row.household_id)
                household.blocked = True
                await end_agreements(session, household.id, AgreementState.OFFERED)
            return stored

    async def agreement(
        self, household: HouseholdRow, agreement_id: bytes
    ) -> AgreementRow | None:
        """Return an agreement, if it is this household's."""
        async with self._database.read() as session:
            row = await session.get(AgreementRow, agreement_id)
            return row if row and row.household_id == household.id else None

    async def window(self, claim: Report | Missing) -> WindowRow | None:
        """Return what stands for a claim's window."""
        async with self._database.read() as session:
            return await session.get(WindowRow, _window_key(claim))

    async def claim(
        self, household: HouseholdRow, claim: Report | Missing, now: int
    ) -> WindowRow | None:
        """Take a window for these very bytes, durably, before they are evaluated.

        Returns what stands for the window: this claim, or the one that was first.
        None if the agreement takes no reports. A household that reports has its
        token, so the password that it came from is spent.
        """
        row = WindowRow(
            agreement_id=claim.agreement_id,
            kind=claim.window.kind,
            start=claim.window.start,
            end=claim.window.end,
            digest=claim.digest,
            state=WindowState.CLAIMED,
            claimed=now,
        )
        try:
            async with self._database.write() as session:
                agreement = await session.get_one(AgreementRow, claim.agreement_id)
                if agreement.state is not AgreementState.RUNNING:
                    return None
                if household.password_hash is not None:
                    await _spend_password(session, household.id)
                session.add(row)
        except IntegrityError:
            return await self.window(claim)
        return row

    async def answer(
        self, claim: Report | Missing, answer: Answer, now: int
    ) -> WindowRow | None:
        """Store the only answer of a claimed window; return what stands.

        A refusal counts against the agreement, and enough of them stop it. None if
        it is stopped: an answer found at the same time as the last refusal must not
        go out, or many reports at once would get more refusals than are allowed.
        """
        async with self._database.write() as session:
            row = await session.get_one(WindowRow, _window_key(claim))
            if row.reply is not None:
                return row
            agreement = await session.get_one(AgreementRow, claim.agreement_id)
            if agreement.state is AgreementState.STOPPED:
                return None
            row.state = _state(claim, answer)
            row.outcome = answer.outcome
            row.reply = answer.reply
            row.answered = now
            if row.state is WindowState.REFUSED:
                agreement.refusals += 1
                if agreement.refusals >= MAX_REFUSALS:
                    agreement.state = AgreementState.STOPPED
            return row

    async def results(
        self, user: str | None = None
    ) -> Sequence[Row[tuple[WindowRow, str, PlanRow]]]:
        """Return each answered window with its household's name and its plan."""
        query = (
            select(WindowRow, HouseholdRow.user, PlanRow)
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .join(HouseholdRow, AgreementRow.household_id == HouseholdRow.id)
            .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
            .where(WindowRow.state != WindowState.CLAIMED)
            .order_by(WindowRow.start, HouseholdRow.user)
        )
        if user is not None:
            query = query.where(HouseholdRow.user == user)
        async with self._database.read() as session:
            return (await session.execute(query)).all()


async def end_agreements(
    session: AsyncSession, household_id: int, *states: AgreementState
) -> None:
    """End a household's agreements of some states, the live ones if none is named."""
    ending = states or (AgreementState.OFFERED, AgreementState.RUNNING)
    await session.execute(
        update(AgreementRow)
        .where(
            AgreementRow.household_id == household_id, AgreementRow.state.in_(ending)
        )
        .values(state=AgreementState.ENDED)
    )


async def _spend_password(session: AsyncSession, household_id: int) -> None:
    await session.execute(
        update(HouseholdRow)
        .where(HouseholdRow.id == household_id)
        .values(password_hash=None)
    )


def _window_key(claim: Report | Missing) -> tuple[bytes, int, int]:
    return claim.agreement_id, int(claim.window.kind), claim.window.start


def _state(claim: Report | Missing, answer: Answer) -> WindowState:
    if isinstance(claim, Missing):
        return WindowState.MISSING
    return WindowState.REFUSED if answer.outcome is None else WindowState.BUCKET
