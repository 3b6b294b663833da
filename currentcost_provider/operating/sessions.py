"""Where the provider's people are signed in to the console.

A session is a random token in a browser's cookie, of which the database has the hash:
any worker knows it, and a copy of the database signs nobody in. It ends when it was not
used for an hour, after half a day, when its owner says so, and with a new password.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from ..credentials import hash_token, new_token
from ..storage.database import Database
from ..storage.models import OperatorRow, OperatorSessionRow

IDLE_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 12 * 3600

_SEEN_SECONDS: Final = 60
"""How exactly it is remembered when a session was used last: nobody waits for a disk
at every click."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody is signed in with."""

    operator: OperatorRow
    row: OperatorSessionRow
    token: str = field(repr=False)


class Sessions:
    """The sessions of a database."""

    def __init__(self, database: Database) -> None:
        """Use a database that was brought up to date."""
        self._database = database

    async def begin(self, operator_id: int, browser: str, now: int) -> str:
        """Sign an operator in; return the new session's token.

        Sessions that are over are forgotten by the way.
        """
        token = new_token()
        async with self._database.write() as session:
            await session.execute(delete(OperatorSessionRow).where(~_is_good(now)))
            session.add(
                OperatorSessionRow(
                    operator_id=operator_id,
                    token_hash=hash_token(token),
                    browser=browser[:80],
                    created=now,
                    seen=now,
                )
            )
        return token

    async def find(self, token: str, now: int) -> Session | None:
        """Return the session of a token, if it is still good, and that it was seen."""
        query = (
            select(OperatorRow, OperatorSessionRow)
            .join(OperatorSessionRow, OperatorSessionRow.operator_id == OperatorRow.id)
            .where(OperatorSessionRow.token_hash == hash_token(token), _is_good(now))
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None
        operator, row = found
        if now - row.seen >= _SEEN_SECONDS:
            async with self._database.write() as session:
                await session.execute(
                    update(OperatorSessionRow)
                    .where(OperatorSessionRow.id == row.id)
                    .values(seen=now)
                )
        return Session(operator, row, token)

    async def of(self, operator_id: int, now: int) -> Sequence[OperatorSessionRow]:
        """Return where an operator is signed in, the latest first."""
        query = (
            select(OperatorSessionRow)
            .where(OperatorSessionRow.operator_id == operator_id, _is_good(now))
            .order_by(OperatorSessionRow.created.desc(), OperatorSessionRow.id.desc())
        )
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def end(self, token: str) -> None:
        """End the session of a token, if there is one."""
        await self._delete(OperatorSessionRow.token_hash == hash_token(token))

    async def end_one(self, operator_id: int, session_id: int) -> None:
        """End one of an operator's sessions."""
        await self._delete(
            and_(
                OperatorSessionRow.operator_id == operator_id,
                OperatorSessionRow.id == session_id,
            )
        )

    async def end_all(self, operator_id: int) -> None:
        """End all of an operator's sessions."""
        await self._delete(OperatorSessionRow.operator_id == operator_id)

    async def _delete(self, condition: ColumnElement[bool]) -> None:
        async with self._database.write() as session:
            await session.execute(delete(OperatorSessionRow).where(condition))


def _is_good(now: int) -> ColumnElement[bool]:
    """Return the condition of a session that goes on."""
    return ~or_(
        OperatorSessionRow.seen <= now - IDLE_SECONDS,
        OperatorSessionRow.created <= now - LONGEST_SECONDS,
    )
