"""Who did what: the log that is only ever added to."""

from collections.abc import Sequence

from sqlalchemy import select

from .database import Database
from .models import AuditRow


def entry(actor: str, action: str, subject: str, now: int) -> AuditRow:
    """Return what is remembered of a deed, to be stored with what it changes."""
    return AuditRow(
        time=now, actor=actor[:80], action=action[:64], subject=subject[:128]
    )


class Audit:
    """The audit log of a database."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def add(self, actor: str, action: str, subject: str, now: int) -> None:
        """Remember that somebody did something to something; never a secret."""
        async with self._database.write() as session:
            session.add(entry(actor, action, subject, now))

    async def last(self, *, before: int | None, limit: int) -> Sequence[AuditRow]:
        """Return the newest entries, of those before an id."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.id < before)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()
