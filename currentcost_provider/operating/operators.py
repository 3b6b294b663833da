"""The provider's people and programs: who may see and do what."""

from collections.abc import Sequence
import re
from typing import Final

from sqlalchemy import Row, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..storage.database import Database
from ..storage.models import (
    AuditRow,
    OperatorRow,
    OperatorSessionRow,
    OperatorTokenRow,
    Role,
)
from ..storage.registry import Exists

_NAME: Final = re.compile(r"[A-Za-z0-9._@+-]{1,64}")


def is_operator_name(name: str) -> bool:
    """Return whether an operator may have this name."""
    return _NAME.fullmatch(name) is not None


class Operators:
    """The operators of a database, and their tokens."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def add(
        self, name: str, role: Role, now: int, *, note: AuditRow | None = None
    ) -> None:
        """Add an operator.

        Raises:
            Exists: there is one of this name.
        """
        try:
            async with self._database.write() as session:
                session.add(OperatorRow(name=name, role=role, created=now))
                _remember(session, note)
        except IntegrityError:
            raise Exists(name) from None

    async def remove(self, name: str, *, note: AuditRow | None = None) -> bool:
        """Remove an operator and all tokens; return whether there was one."""
        async with self._database.write() as session:
            row = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            if row is None:
                return False
            for owned in (OperatorTokenRow, OperatorSessionRow):
                await session.execute(delete(owned).where(owned.operator_id == row.id))
            await session.delete(row)
            _remember(session, note)
            return True

    async def named(self, name: str) -> OperatorRow | None:
        """Return an operator by name."""
        async with self._database.read() as session:
            row: OperatorRow | None = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            return row

    async def set_password(
        self, name: str, password_hash: str, *, note: AuditRow | None = None
    ) -> bool:
        """Give an operator a password and end where it is signed in.

        Returns whether there is such an operator.
        """
        async with self._database.write() as session:
            row = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            if row is None:
                return False
            row.password_hash = password_hash
            await session.execute(
                delete(OperatorSessionRow).where(
                    OperatorSessionRow.operator_id == row.id
                )
            )
            _remember(session, note)
            return True

    async def set_role(
        self, name: str, role: Role, *, note: AuditRow | None = None
    ) -> bool:
        """Give an operator another role; return whether there is such an operator."""
        async with self._database.write() as session:
            row = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            if row is None:
                return False
            row.role = role
            _remember(session, note)
            return True

    async def add_token(
        self,
        name: str,
        token_hash: bytes,
        *,
        expires: int,
        now: int,
        note: AuditRow | None = None,
    ) -> bool:
        """Keep a token's hash; return whether there is such an operator."""
        async with self._database.write() as session:
            row = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            if row is None:
                return False
            session.add(
                OperatorTokenRow(
                    operator_id=row.id,
                    token_hash=token_hash,
                    expires=expires,
                    created=now,
                )
            )
            _remember(session, note)
            return True

    async def remove_tokens(self, name: str, *, note: AuditRow | None = None) -> bool:
        """End all tokens of an operator; return whether there is one of that name."""
        async with self._database.write() as session:
            row = await session.scalar(
                select(OperatorRow).where(OperatorRow.name == name)
            )
            if row is None:
                return False
            await session.execute(
                delete(OperatorTokenRow).where(OperatorTokenRow.operator_id == row.id)
            )
            _remember(session, note)
            return True

    async def with_token(self, token_hash: bytes, now: int) -> OperatorRow | None:
        """Return whose token it is, if it is still good."""
        query = (
            select(OperatorRow)
            .join(OperatorTokenRow)
            .where(
                OperatorTokenRow.token_hash == token_hash,
                OperatorTokenRow.expires > now,
            )
        )
        async with self._database.read() as session:
            row: OperatorRow | None = await session.scalar(query)
            return row

    async def all(self) -> Sequence[Row[tuple[OperatorRow, int, int]]]:
        """Return all operators with the number of tokens, and until when the last is."""
        query = (
            select(
                OperatorRow,
                func.count(OperatorTokenRow.id),
                func.max(OperatorTokenRow.expires),
            )
            .outerjoin(OperatorTokenRow)
            .group_by(OperatorRow.id)
            .order_by(OperatorRow.name)
        )
        async with self._database.read() as session:
            return (await session.execute(query)).all()


def _remember(session: AsyncSession, note: AuditRow | None) -> None:
    """Write a deed to the audit log in the transaction that does it."""
    if note is not None:
        session.add(note)
