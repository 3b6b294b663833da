"""Each window's only answer: claimed, evaluated and stored before it goes out.

One transaction claims a window for these very bytes, evaluates them and stores the
answer; only when it is durable does the answer go out. Reports that wait for each
other's commit share one.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, cast

from currentcost_exchange import ExchangeError
from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from .answering import Batch, Claim, Job, Key, Opened, Standing, Stored
from .batches import Batches
from .database import Database
from .ledger import spend_passwords
from .metrics import BATCH, WINDOWS
from .models import AgreementRow, HouseholdRow, WindowRow, WindowState
from .numbering import number_of_transaction
from .sealed import open_agreement, seal_agreement
from .vault import UnusableKeys

_CACHED: Final = 4096

_agreements: Final = cast("Table", AgreementRow.__table__)
_windows: Final = cast("Table", WindowRow.__table__)
_key: Final = tuple_(_windows.c.agreement_id, _windows.c.kind, _windows.c.start)


class Windows:
    """Takes reports, and messages that a window is missing."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._clock = clock
        self._batches = Batches[Job, bytes](self._take_all)
        self._cache = _Agreements(database)
        dialect = sqlite if database.is_sqlite else postgresql
        number = number_of_transaction(database)
        self._insert = (
            dialect.insert(_windows)
            .on_conflict_do_nothing()
            .returning(*_key.clauses, _windows.c.digest)
        )
        if not database.is_sqlite:
            # With the number in it from the start, the answer changes no index.
            self._insert = self._insert.values(number=number)
        self._answer = _ANSWER.values(number=number)

    async def take(self, household: HouseholdRow, claim: Claim) -> bytes:
        """Return the reply to a claim, the one that stands for its window.

        Raises:
            ProblemError: there is none.
        """
        return await self._batches(Job.of(household, claim))

    async def _take_all(self, jobs: Sequence[Job]) -> list[bytes | Exception]:
        async with self._database.write_rows() as connection:
            standings = await self._lock(connection, jobs)
            batch = Batch(standings, self._clock())
            taken = await self._claim(
                connection, [job for job in jobs if batch.admit(job)]
            )
            others = [
                job
                for job in jobs
                if not job.malformed and taken.get(job.key) != job.digest
            ]
            stored = await _stored(connection, others)
            results = [batch.settle(job, stored.get(job.key)) for job in jobs]
            await self._write(connection, batch, taken)
        BATCH.observe(len(jobs))
        for answer in batch.answers.values():
            WINDOWS.labels(answer.state).inc()
        return results

    async def _lock(
        self, connection: AsyncConnection, jobs: Iterable[Job]
    ) -> dict[bytes, Standing]:
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
        for row in await connection.execute(query):
            agreement_id, household_id, state, refusals, sealed, has_password = row
            standing = Standing(household_id, has_password, state, refusals, None)
            standings[agreement_id] = standing
            try:
                standing.opened = sealed and self._cache.open(agreement_id, sealed)
            except (ExchangeError, UnusableKeys) as err:
                standing.failure = err
        return standings

    async def _claim(
        self, connection: AsyncConnection, jobs: Sequence[Job]
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
        claimed = await connection.execute(self._insert, rows)
        return {(row[0], row[1], row[2]): row[3] for row in claimed}

    async def _write(
        self, connection: AsyncConnection, batch: Batch, taken: dict[Key, bytes]
    ) -> None:
        """Store the answers of a batch, and what they changed."""
        if batch.answers:
            await connection.execute(
                self._answer, batch.answer_rows(int(self._clock()))
            )
        spent = {
            standing.household_id
            for agreement_id, _, _ in taken
            if (standing := batch.standings[agreement_id]).has_password
        }
        if spent:
            await spend_passwords(connection, spent)
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


class _Agreements:
    """Agreements that were opened lately, by what is stored of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: OrderedDict[bytes, tuple[bytes, Opened]] = OrderedDict()

    def open(self, agreement_id: bytes, sealed: bytes) -> Opened:
        known = self._opened.get(agreement_id)
        if known and known[0] == sealed:
            self._opened.move_to_end(agreement_id)
            return known[1]
        agreement = open_agreement(self._database.vault, agreement_id, sealed)
        opened = Opened(agreement, agreement)
        self._opened[agreement_id] = sealed, opened
        if len(self._opened) > _CACHED:
            self._opened.popitem(last=False)
        return opened


async def _stored(
    connection: AsyncConnection, jobs: Sequence[Job]
) -> dict[Key, Stored]:
    """Return what stands for the windows of some jobs."""
    if not jobs:
        return {}
    query = select(*_key.clauses, _windows.c.digest, _windows.c.reply).where(
        _key.in_({job.key for job in jobs})
    )
    return {(row[0], row[1], row[2]): row for row in await connection.execute(query)}
