"""The order of new results, in which whoever follows misses none.

Windows' starts are no such order: a report that comes late sorts before what was read
already. Nor is the time of the answer: with several workers, what was answered first
may be committed last. So each answer carries the number of its transaction, and is
shown once no transaction with a lower number can still be committed:

- SQLite: one more than the highest; transactions that write are one after the other.
- PostgreSQL: its own number of the transaction (`pg_current_xact_id`), shown when it is
  below that of the oldest one in work (`pg_snapshot_xmin`). A transaction that takes
  long, of any database of that server, delays new results; it loses none.

A copy begins a new era: its numbers go on above all that was copied, so that positions
are good for it as well.
"""

from dataclasses import astuple, dataclass
import re
from typing import Any, Final, Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    cast,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

from .database import Database
from .models import ProviderRow, WindowRow

_ERA: Final = literal(1 << 40, BigInteger)
_POSITION: Final = re.compile(r"(\d{1,18})-([0-9a-f]{32})-(\d{1,3})-(\d{1,15})")
_KEY: Final = (
    WindowRow.number,
    WindowRow.agreement_id,
    WindowRow.kind,
    WindowRow.start,
)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a result stands among all, in the order in which they are told."""

    number: int
    agreement_id: bytes
    kind: int
    start: int

    def __str__(self) -> str:
        """Return it as followers keep it."""
        return f"{self.number}-{self.agreement_id.hex()}-{self.kind}-{self.start}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` returns; raise ValueError."""
        if (found := _POSITION.fullmatch(text)) is None:
            raise ValueError("not a position")
        number, agreement_id, kind, start = found.groups()
        return cls(int(number), bytes.fromhex(agreement_id), int(kind), int(start))

    @classmethod
    def of(cls, row: WindowRow) -> Self:
        """Return a result's position."""
        return cls(row.number or 0, row.agreement_id, row.kind, row.start)

    @classmethod
    def before(cls, number: int) -> Self:
        """Return the position behind all results with lower numbers."""
        return cls(number, bytes(16), 0, 0)

    def behind(self) -> list[ColumnElement[bool]]:
        """Return what the rows behind it fulfil."""
        return [
            tuple_(*_KEY) > tuple_(*map(literal, astuple(self))),
            # Said on its own, it tells the part of the index.
            WindowRow.number >= self.number,
        ]


def in_order() -> tuple[Any, ...]:
    """Return the columns that results are told by."""
    return _KEY


def number_of_transaction(database: Database) -> ColumnElement[int]:
    """Return the number of the transaction that evaluates this."""
    era = select(ProviderRow.era * _ERA).scalar_subquery()
    if not database.is_sqlite:
        return era + _as_number(func.pg_current_xact_id())
    last = select(func.coalesce(func.max(WindowRow.number), 0)).scalar_subquery()
    return func.max(last + 1, era)


def settled(database: Database) -> ColumnElement[bool]:
    """Return what rows fulfil before which no other can still appear."""
    if database.is_sqlite:
        return true()
    return WindowRow.number < _oldest_in_work()


async def newest(database: Database) -> Position:
    """Return the position behind all that was told so far."""
    if database.is_sqlite:
        query = select(func.coalesce(func.max(WindowRow.number), 0) + 1)
    else:
        query = select(_oldest_in_work())
    async with database.read() as session:
        return Position.before(await session.scalar(query) or 0)


async def begin_era(database: Database) -> None:
    """Let numbers go on above those that a restored PostgreSQL server has forgotten."""
    if database.is_sqlite:
        return
    highest = select(func.max(WindowRow.number)).scalar_subquery()
    async with database.write() as session:
        await session.execute(
            update(ProviderRow)
            .where(highest >= number_of_transaction(database))
            .values(era=ProviderRow.era + 1)
        )


def _oldest_in_work() -> ColumnElement[int]:
    era = select(ProviderRow.era * _ERA).scalar_subquery()
    return era + _as_number(func.pg_snapshot_xmin(func.pg_current_snapshot()))


def _as_number(xid8: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(cast(xid8, Text), BigInteger)
