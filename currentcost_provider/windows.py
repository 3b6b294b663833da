"""Each window's only answer: claimed, evaluated and stored before it goes out.

In the order that keeps a cheating household from more than one answer a window: what
depends on no secret is checked, the window is claimed for these very bytes, they are
evaluated, the answer is stored, the transaction is durable, the stored answer goes
out. Reports that wait for each other's commit share one transaction.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import logging
import math
from typing import Any, Final, cast

from currentcost_exchange import (
    Answer,
    ExchangeError,
    Missing,
    ProviderAgreement,
    Report,
)
from sqlalchemy import Row, Table, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from .batches import Batches
from .database import Database
from .ledger import spend_passwords
from .metrics import BATCH, WINDOWS
from .models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    WindowRow,
    WindowState,
)
from .problems import Problem, ProblemError, malformed
from .sealed import open_agreement, seal_agreement
from .vault import UnusableKeys

MAX_REFUSALS: Final = 3
"""Refused reports after which an agreement stops."""

_CACHED: Final = 4096
_LOGGER: Final = logging.getLogger(__name__)

_agreements: Final = cast("Table", AgreementRow.__table__)
_windows: Final = cast("Table", WindowRow.__table__)
_key: Final = tuple_(_windows.c.agreement_id, _windows.c.kind, _windows.c.start)

type Claim = Report | Missing
type Key = tuple[bytes, int, int]
type Stored = Row[Any]


@dataclass(slots=True)
class _Job:
    """A claim with the household whose token it came with."""

    household_id: int
    claim: Claim
    key: Key
    digest: bytes
    malformed: Exception | None = None
    """Why it is no message of its agreement."""
    obstacle: Exception | None = None
    """Why it may not claim its window."""

    @classmethod
    def of(cls, household: HouseholdRow, claim: Claim) -> _Job:
        window = claim.window
        key = claim.agreement_id, int(window.kind), window.start
        return cls(household.id, claim, key, claim.digest)


@dataclass(slots=True)
class _Opened:
    """An agreement as it is stored, and with the seeds of the last day asked for.

    Most reports are of today, and the stored seeds of the oldest day that is open.
    """

    agreement: ProviderAgreement
    latest: ProviderAgreement

    def on_day(self, day: int) -> ProviderAgreement:
        """Return the agreement with the seeds of a day, or of one before it."""
        if day < self.latest.day:
            return self.agreement
        self.latest = self.latest.advanced(day)
        return self.latest


@dataclass(slots=True)
class _Standing:
    """An agreement, within a transaction that has its household's lock."""

    household_id: int
    has_password: bool
    state: AgreementState
    refusals: int
    opened: _Opened | None
    failure: Exception | None = None
    """Why the agreement can't be opened."""
    changed: bool = False

    @property
    def agreement(self) -> ProviderAgreement | None:
        """What was agreed, None before the set-up was finished."""
        return self.opened.agreement if self.opened else None


class Windows:
    """Takes reports, and messages that a window is missing."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._clock = clock
        self._batches = Batches[_Job, bytes](self._take_all)
        self._cache = _Agreements(database)
        dialect = sqlite if database.is_sqlite else postgresql
        self._insert = (
            dialect.insert(_windows)
            .on_conflict_do_nothing()
            .returning(*_key.clauses, _windows.c.digest)
        )

    async def take(self, household: HouseholdRow, claim: Claim) -> bytes:
        """Return the reply to a claim, the one that stands for its window.

        Raises:
            ProblemError: there is none.
        """
        return await self._batches(_Job.of(household, claim))

    async def _take_all(self, jobs: Sequence[_Job]) -> list[bytes | Exception]:
        async with self._database.write() as session:
            standings = await self._lock(session, jobs)
            batch = _Batch(standings, self._clock())
            taken = await self._claim(
                session, [job for job in jobs if batch.admit(job)]
            )
            others = [
                job
                for job in jobs
                if not job.malformed and taken.get(job.key) != job.digest
            ]
            stored = await _stored(session, others)
            results = [batch.settle(job, stored.get(job.key)) for job in jobs]
            await self._write(session, batch, taken)
        BATCH.observe(len(jobs))
        for answer in batch.answers.values():
            WINDOWS.labels(answer.state).inc()
        return results

    async def _lock(
        self, session: AsyncSession, jobs: Iterable[_Job]
    ) -> dict[bytes, _Standing]:
        """Lock the households and agreements of some jobs, in one order for all."""
        query = (
            select(
                AgreementRow.id,
                AgreementRow.household_id,
                AgreementRow.state,
                AgreementRow.refusals,
                AgreementRow.agreement,
                HouseholdRow.password_hash.is_not(None),
            )
            .join(HouseholdRow)
            .where(AgreementRow.id.in_({job.claim.agreement_id for job in jobs}))
            .order_by(HouseholdRow.id, AgreementRow.id)
            .with_for_update(key_share=True, of=(HouseholdRow, AgreementRow))
        )
        standings = {}
        for row in await session.execute(query):
            agreement_id, household_id, state, refusals, sealed, has_password = row
            standing = _Standing(household_id, has_password, state, refusals, None)
            standings[agreement_id] = standing
            try:
                standing.opened = sealed and self._cache.open(agreement_id, sealed)
            except UnusableKeys as err:
                standing.failure = err
        return standings

    async def _claim(
        self, session: AsyncSession, jobs: Sequence[_Job]
    ) -> dict[Key, bytes]:
        """Claim windows that nobody has; return those claimed with their digests."""
        if not jobs:
            return {}
        rows = [
            {
                "agreement_id": job.claim.agreement_id,
                "kind": int(job.claim.window.kind),
                "start": job.claim.window.start,
                "end": job.claim.window.end,
                "digest": job.digest,
                "state": WindowState.CLAIMED,
                "claimed": int(self._clock()),
            }
            for job in jobs
        ]
        claimed = await session.execute(self._insert, rows)
        return {(row[0], row[1], row[2]): row[3] for row in claimed}

    async def _write(
        self, session: AsyncSession, batch: _Batch, taken: dict[Key, bytes]
    ) -> None:
        """Store the answers of a batch, and what they changed."""
        connection = await session.connection()
        if batch.answers:
            await connection.execute(_ANSWER, batch.answer_rows(int(self._clock())))
        spent = {
            standing.household_id
            for agreement_id, _, _ in taken
            if (standing := batch.standings[agreement_id]).has_password
        }
        if spent:
            await spend_passwords(session, spent)
        changed = [
            {
                "the_id": agreement_id,
                "state": standing.state,
                "refusals": standing.refusals,
                "agreement": seal_agreement(self._database.vault, standing.agreement),
            }
            for agreement_id, standing in batch.standings.items()
            if standing.changed and standing.agreement
        ]
        if changed:
            await connection.execute(_CHANGE, changed)


_ANSWER: Final = (
    update(_windows)
    .where(
        _windows.c.agreement_id == bindparam("the_agreement"),
        _windows.c.kind == bindparam("the_kind"),
        _windows.c.start == bindparam("the_start"),
    )
    .values(
        {name: bindparam(name) for name in ("state", "outcome", "reply", "answered")}
    )
)
_CHANGE: Final = (
    update(_agreements)
    .where(_agreements.c.id == bindparam("the_id"))
    .values({name: bindparam(name) for name in ("state", "refusals", "agreement")})
)


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer that is about to be stored."""

    digest: bytes
    state: WindowState
    outcome: int | None
    reply: bytes


class _Batch:
    """What the jobs of one transaction come to; knows no database."""

    def __init__(self, standings: dict[bytes, _Standing], now: float) -> None:
        self.standings = standings
        self.answers: dict[Key, _Answered] = {}
        self._now = now

    def admit(self, job: _Job) -> bool:
        """Return whether a job may claim its window."""
        job.malformed = self._malformed(job)
        job.obstacle = job.malformed or self._closed(job)
        return job.obstacle is None

    def settle(self, job: _Job, stored: Stored | None) -> bytes | Exception:
        """Return the reply to a job.

        Args:
            job: went through `admit`.
            stored: what stands for its window, unless this job has just claimed it.
        """
        if job.malformed:
            return job.malformed
        known = self.answers.get(job.key)
        if known and known.digest == job.digest:
            return known.reply
        if stored is not None:
            if stored.digest != job.digest:
                return ProblemError(Problem.WINDOW_TAKEN)
            if stored.reply is not None:
                reply: bytes = stored.reply
                return reply
        elif job.obstacle:
            return job.obstacle
        return self._unanswerable(job) or self._answer(job)

    def answer_rows(self, now: int) -> list[dict[str, Any]]:
        """Return what is stored of the answers."""
        return [
            {
                "the_agreement": key[0],
                "the_kind": key[1],
                "the_start": key[2],
                "state": answer.state,
                "outcome": answer.outcome,
                "reply": answer.reply,
                "answered": now,
            }
            for key, answer in self.answers.items()
        ]

    def _malformed(self, job: _Job) -> Exception | None:
        """Return why a message is not one of its agreement's windows."""
        standing = self.standings.get(job.claim.agreement_id)
        if standing is None or standing.household_id != job.household_id:
            return ProblemError(Problem.AGREEMENT_UNKNOWN)
        if standing.agreement is None:
            return standing.failure or ProblemError(Problem.AGREEMENT_UNKNOWN)
        try:
            standing.agreement.check(job.claim)
        except ExchangeError as err:
            return malformed(err)
        if not standing.agreement.statement.plan.has_window(job.claim.window):
            return ProblemError(Problem.WINDOW_MISALIGNED)
        return None

    def _unanswerable(self, job: _Job) -> ProblemError | None:
        """Return why a claimed window of a sound message can't be answered."""
        standing, opened = self._of(job)
        if standing.state is AgreementState.STOPPED:
            return ProblemError(Problem.AGREEMENT_STOPPED)
        plan = opened.agreement.statement.plan
        if plan.day_of(job.claim.window.end - 1) < opened.agreement.day:
            # Nobody came back for its answer in time, or the clock once ran ahead.
            return ProblemError(Problem.WINDOW_LATE)
        return None

    def _closed(self, job: _Job) -> ProblemError | None:
        """Return why a sound message may not claim its window now."""
        standing, opened = self._of(job)
        lateness = opened.agreement.statement.plan.lateness
        end = job.claim.window.end
        if self._now < end:
            wait = math.ceil(end - self._now)
            return ProblemError(Problem.WINDOW_EARLY, retry_after=wait)
        if self._now >= end + lateness:
            return ProblemError(Problem.WINDOW_LATE)
        if standing.state is not AgreementState.RUNNING:
            return ProblemError(Problem.AGREEMENT_STOPPED)
        return self._unanswerable(job)

    def _answer(self, job: _Job) -> bytes | Exception:
        """Evaluate a claim.

        If that fails the claim stands all the same: the window is these bytes'.
        """
        standing, opened = self._of(job)
        agreement = opened.agreement
        day = agreement.statement.plan.day_of(job.claim.window.end - 1)
        try:
            answer = opened.on_day(day).answer(job.claim)
        except Exception as err:
            _LOGGER.exception("A report can't be evaluated")
            return err
        state = _state(job.claim, answer)
        self.answers[job.key] = _Answered(
            job.digest, state, answer.outcome, answer.reply
        )
        if state is WindowState.REFUSED:
            standing.changed = True
            standing.refusals += 1
            if standing.refusals >= MAX_REFUSALS:
                standing.state = AgreementState.STOPPED
        self._forget_seeds(standing, agreement)
        return answer.reply

    def _forget_seeds(self, standing: _Standing, agreement: ProviderAgreement) -> None:
        """Forget the seeds of days of which no window is taken any more."""
        plan = agreement.statement.plan
        oldest = plan.day_of(int(self._now) - plan.lateness)
        if oldest > agreement.day:
            standing.changed = True
            kept = agreement.advanced(oldest)
            standing.opened = _Opened(kept, kept)

    def _of(self, job: _Job) -> tuple[_Standing, _Opened]:
        standing = self.standings[job.claim.agreement_id]
        if standing.opened is None:
            raise RuntimeError("a job without an agreement was admitted")
        return standing, standing.opened


class _Agreements:
    """Agreements that were opened lately, by what is stored of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: OrderedDict[bytes, tuple[bytes, _Opened]] = OrderedDict()

    def open(self, agreement_id: bytes, sealed: bytes) -> _Opened:
        known = self._opened.get(agreement_id)
        if known and known[0] == sealed:
            self._opened.move_to_end(agreement_id)
            return known[1]
        agreement = open_agreement(self._database.vault, agreement_id, sealed)
        opened = _Opened(agreement, agreement)
        self._opened[agreement_id] = sealed, opened
        if len(self._opened) > _CACHED:
            self._opened.popitem(last=False)
        return opened


async def _stored(session: AsyncSession, jobs: Sequence[_Job]) -> dict[Key, Stored]:
    """Return what stands for the windows of some jobs."""
    if not jobs:
        return {}
    query = select(*_key.clauses, _windows.c.digest, _windows.c.reply).where(
        _key.in_({job.key for job in jobs})
    )
    return {(row[0], row[1], row[2]): row for row in await session.execute(query)}


def _state(claim: Claim, answer: Answer) -> WindowState:
    if isinstance(claim, Missing):
        return WindowState.MISSING
    return WindowState.REFUSED if answer.outcome is None else WindowState.BUCKET
