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
from sqlalchemy import Row, delete, select, update
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
        async with self._database.read() as session:
            return await _setup_of(session, household, request)

    async def add_setup(
        self,
        household: HouseholdRow,
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
            plan_key=household.plan_key,
            state=AgreementState.OFFERED,
            request=request,
            setup=setup.to_bytes(),
            refusals=0,
            created=now,
        )
        async with self._database.write() as session:
            if begun := await _setup_of(session, household, request):
                return begun
            stored = await session.get_one(HouseholdRow, household.id)
            if stored.setups >= limit:
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
        """Let an agreement run in place of the last one, and count the set-up.

        A set-up is finished once: if it was meanwhile, what stands is returned; None
        if another one took its place. The password stays good until the household
        reports: until then it may have lost the agreement, and agree anew.
        """
        async with self._database.write() as session:
            stored = await session.get(AgreementRow, row.id)
            if stored is None or stored.state is not AgreementState.OFFERED:
                return stored
            household = await session.get_one(HouseholdRow, row.household_id)
            household.setups += 1
            await _end_running(session, household.id)
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

    async def refuse_setup(
        self, row: AgreementRow, transfer: bytes
    ) -> AgreementRow | None:
        """Record a refused policy: the household is blocked until an operator acts.

        Returns what stands, as `confirm` does.
        """
        async with self._database.write() as session:
            stored = await session.get(AgreementRow, row.id)
            if stored and stored.state is AgreementState.OFFERED:
                stored.state = AgreementState.REFUSED
                stored.transfer = transfer
                household = await session.get_one(HouseholdRow, row.household_id)
                household.blocked = True
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
    await _end_running(session, household_id)


async def _drop_offers(session: AsyncSession, household_id: int) -> None:
    await session.execute(
        delete(AgreementRow).where(
            AgreementRow.household_id == household_id,
            AgreementRow.state == AgreementState.OFFERED,
        )
    )


async def _end_running(session: AsyncSession, household_id: int) -> None:
    await session.execute(
        update(AgreementRow)
        .where(
            AgreementRow.household_id == household_id,
            AgreementRow.state == AgreementState.RUNNING,
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
