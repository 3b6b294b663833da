"""What `check` looks at: each finding in words, and how bad it is."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
import time
from typing import Final

from cryptography import x509
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from .plans import DAY
from .safety import dangers
from .settings import Settings
from .storage.database import Database, UnusableDatabase, reason
from .storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    PlanRow,
    WindowRow,
)
from .storage.registry import Registry
from .storage.resealing import key_usage
from .storage.vault import UnusableKeys, Vault

OPENING_DAYS: Final = 14
"""After a period, within which households expect the opening."""

_CLOCK_SECONDS: Final = 2.0
_CERTIFICATE_DAYS: Final = 14
_SYNCHRONIZED: Final = Path("/run/systemd/timesync/synchronized")


class Grade(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    grade: Grade
    subject: str
    words: str


async def check(settings: Settings, now: int) -> AsyncIterator[Finding]:
    """Look at configuration, certificate, database, keys, clock and plans."""
    found = dangers(settings)
    for danger in found:
        yield Finding(Grade.FAIL, "configuration", danger)
    if not found:
        yield Finding(Grade.OK, "configuration", f"{settings.file} is safe to serve")
    for finding in _certificate(settings, now):
        yield finding
    try:
        vault = Vault(settings.key_source)
    except UnusableKeys:
        return
    database = Database(settings.database_url, vault)
    try:
        await database.check_revision()
        yield Finding(Grade.OK, "database", f"{database} is up to date")
        for part in (_role, _keys, _clock, _plans, _households):
            async for finding in part(database, now):
                yield finding
    except (UnusableDatabase, UnusableKeys) as err:
        yield Finding(Grade.FAIL, "database", str(err))
    except (DBAPIError, OSError) as err:
        yield Finding(Grade.FAIL, "database", reason(err))
    finally:
        await database.close()


def _certificate(settings: Settings, now: int) -> Iterator[Finding]:
    path, _ = settings.certificate_files
    if path is None:
        return
    try:
        [certificate, *_] = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError, ValueError:
        return
    until = certificate.not_valid_after_utc
    left = (until - datetime.fromtimestamp(now, UTC)).days
    grade = Grade.OK if left > _CERTIFICATE_DAYS else Grade.NOTE
    yield Finding(
        grade if left >= 0 else Grade.FAIL,
        "certificate",
        f"good until {until:%Y-%m-%d}; the service is restarted to take a new one",
    )


async def _role(database: Database, _now: int) -> AsyncIterator[Finding]:
    """Find out whether the service could do more than it needs."""
    if database.is_sqlite:
        return
    query = text(
        "SELECT current_user, has_table_privilege(current_user, 'window_claim', 'DELETE')"
    )
    async with database.read() as session:
        name, may_delete = (await session.execute(query)).one()
    words = (
        f"{name} owns the tables; let the service use a role of its own"
        " (`migrate --grant ROLE`)"
    )
    if may_delete:
        yield Finding(Grade.NOTE, "database", words)
    else:
        yield Finding(Grade.OK, "database", f"{name} can do what it needs, no more")


async def _keys(database: Database, _now: int) -> AsyncIterator[Finding]:
    keys, usage = database.vault.keys, await key_usage(database)
    for name in usage.keys() - keys.by_id.keys():
        yield Finding(
            Grade.FAIL, "keys", f"{usage[name]} values need the key {name.hex()}"
        )
    registry = Registry(database)
    if (provider := await registry.provider()) is None:
        yield Finding(Grade.FAIL, "database", "no provider: run `init`")
        return
    registry.identity(provider)
    older = len(usage.keys() - {keys.current})
    words = f"{database.vault.source} opens {sum(usage.values())} values"
    if older:
        yield Finding(Grade.NOTE, "keys", f"{words}, some with older keys")
    else:
        yield Finding(Grade.OK, "keys", words)


async def _clock(database: Database, now: int) -> AsyncIterator[Finding]:
    async with database.read() as session:
        last = await session.scalar(select(func.max(WindowRow.claimed)))
        if not database.is_sqlite:
            theirs = await session.scalar(
                text("SELECT extract(epoch FROM clock_timestamp())")
            )
            apart = abs(float(theirs) - time.time())
            if apart > _CLOCK_SECONDS:
                yield Finding(
                    Grade.FAIL,
                    "clock",
                    f"{apart:.0f} s away from the database's: windows would be taken"
                    " too early or too late",
                )
                return
    if last and last > now + _CLOCK_SECONDS:
        yield Finding(
            Grade.FAIL, "clock", "behind the last report: it ran ahead, or is wrong now"
        )
    elif _SYNCHRONIZED.exists():
        yield Finding(Grade.OK, "clock", "synchronized")
    else:
        yield Finding(Grade.NOTE, "clock", "nothing says that it is synchronized (NTP)")


async def _plans(database: Database, now: int) -> AsyncIterator[Finding]:
    """Find plans that are over, and whose households still need the opening."""
    waiting = (
        select(PlanRow, func.count(AgreementRow.id), func.count(AgreementRow.opened))
        .join(AgreementRow, AgreementRow.plan_key == PlanRow.id)
        .where(PlanRow.end <= now, AgreementRow.confirmed.is_not(None))
        .group_by(PlanRow.id)
        .order_by(PlanRow.end)
    )
    async with database.read() as session:
        running = await session.scalar(
            select(func.count()).select_from(PlanRow).where(PlanRow.end > now)
        )
        over = (await session.execute(waiting)).all()
    yield Finding(Grade.OK, "plans", f"{running} run or will")
    for plan, agreements, opened in over:
        due = datetime.fromtimestamp(plan.end + OPENING_DAYS * DAY, UTC)
        words = (
            f"{plan.plan_id} is over: {opened} of {agreements} agreements were opened"
        )
        if opened == agreements:
            yield Finding(Grade.OK, "plans", words)
        elif now < due.timestamp():
            yield Finding(
                Grade.NOTE, "plans", f"{words}; keep serving, due by {due:%Y-%m-%d}"
            )
        else:
            yield Finding(
                Grade.FAIL,
                "plans",
                f"{words}; it was due by {due:%Y-%m-%d}: the other households did not"
                " ask, and will take a late one for a false one",
            )


async def _households(database: Database, _now: int) -> AsyncIterator[Finding]:
    async with database.read() as session:
        count = await session.scalar(select(func.count()).select_from(HouseholdRow))
        blocked = await session.scalar(
            select(func.count()).select_from(HouseholdRow).where(HouseholdRow.blocked)
        )
        stopped = await session.scalar(
            select(func.count())
            .select_from(AgreementRow)
            .where(AgreementRow.state == AgreementState.STOPPED)
        )
    yield Finding(
        Grade.NOTE if blocked or stopped else Grade.OK,
        "households",
        f"{count} enrolled, {blocked} blocked, {stopped} agreements stopped",
    )
