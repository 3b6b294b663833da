"""Each window's only answer: claimed, evaluated and stored before it goes out.

One transaction locks the agreement, looks whether the window is free, evaluates these
very bytes and stores both that they claim it and the answer; only when that is durable
does the answer go out. Reports that wait for each other's commit share one.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

from currentcost_exchange import ExchangeError, WindowKind
from sqlalchemy import Table, bindparam, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from .answering import Batch, Claim, Job, Key, Opened, Standing, Stored
from .metrics import BATCH, WINDOWS
from .storage.batches import Batches
from .storage.database import Database
from .storage.ledger import spend_passwords
from .storage.models import AgreementRow, AskRow, HouseholdRow, WindowRow
from .storage.numbering import number_of_transaction
from .storage.sealed import open_agreement, seal_agreement
from .storage.vault import UnusableKeys

_CACHED: Final = 4096

_agreements: Final = cast("Table", AgreementRow.__table__)
_windows: Final = cast("Table", WindowRow.__table__)
_KEY: Final = (_windows.c.agreement_id, _windows.c.kind, _windows.c.start)


class Windows:
    """Takes reports, and messages that a window is missing."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._clock = clock
        self._batches = Batches[Job, bytes](self._take_all)
        self._cache = _Agreements(database)
        self._store = _storing(database)

    async def take(self, household: HouseholdRow, claim: Claim) -> bytes:
        """Return the reply to a claim, the one that stands for its window.

        Raises:
            ProblemError: there is none.
        """
        return await self._batches(Job.of(household, claim))

    async def _take_all(self, jobs: Sequence[Job]) -> list[bytes | Exception]:
        async with self._database.write_rows() as connection:
            standings = await self._lock(connection, jobs)
            stored = await _stored(connection, jobs)
            asked = await _asked(connection, jobs)
            batch = Batch(standings, stored, asked, self._clock())
            results = [batch.settle(job) for job in jobs]
            await self._write(connection, batch)
        BATCH.observe(len(jobs))
        for claimed in batch.claimed.values():
            if claimed.reply is not None:
                WINDOWS.labels(claimed.state).inc()
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

    async def _write(self, connection: AsyncConnection, batch: Batch) -> None:
        """Store what was claimed and answered, and what that changed."""
        if rows := batch.rows():
            written = (await connection.execute(self._store, rows)).all()
            if len(written) != len(rows):
                raise RuntimeError("a window was claimed in spite of the lock")
        spent = {
            standing.household_id
            for agreement_id, _, _ in batch.claimed
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


def _storing(database: Database) -> Any:
    """Return what stores windows: new ones, and answers to those claimed before.

    It returns the start of each that was stored, and overwrites no answer.
    """
    dialect = sqlite if database.is_sqlite else postgresql
    insert = dialect.insert(_windows).values(number=number_of_transaction(database))
    answered = ("state", "outcome", "reply", "answered", "number")
    return insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: insert.excluded[name] for name in answered},
        where=(_windows.c.digest == insert.excluded.digest)
        & _windows.c.reply.is_(None),
    ).returning(_windows.c.start)


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


async def _asked(connection: AsyncConnection, jobs: Iterable[Job]) -> dict[Key, int]:
    """Return until when windows may be answered that were asked on demand."""
    keys = {
        (job.key[0], job.key[2])
        for job in jobs
        if job.claim.window.kind is WindowKind.INSTANT
    }
    if not keys:
        return {}
    query = (
        select(AskRow.agreement_id, AskRow.start, func.max(AskRow.expires))
        .where(tuple_(AskRow.agreement_id, AskRow.start).in_(keys))
        .group_by(AskRow.agreement_id, AskRow.start)
    )
    rows = await connection.execute(query)
    return {(row[0], int(WindowKind.INSTANT), row[1]): row[2] for row in rows}


async def _stored(
    connection: AsyncConnection, jobs: Iterable[Job]
) -> dict[Key, Stored]:
    """Return what stands for the windows of some jobs, and may be for others."""
    query = select(*_KEY, _windows.c.digest, _windows.c.reply).where(
        *(
            column.in_(set(values))
            for column, values in zip(
                _KEY, zip(*(job.key for job in jobs), strict=True), strict=True
            )
        )
    )
    return {(row[0], row[1], row[2]): row for row in await connection.execute(query)}
