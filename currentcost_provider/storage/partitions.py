"""PostgreSQL's partitions of the windows: one for each month (UTC).

Made ahead for the period of a plan, by a function of the database that runs as the
tables' owner: whoever else may call it can make months and nothing else. A window of
no month that was made stands in `window_claim_rest`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def add_partitions(connection: AsyncConnection, start: int, end: int) -> None:
    """Make the partitions for the windows of a period (UTC s) that are missing."""
    if connection.dialect.name != "postgresql":
        return
    for first, _ in months(start, end):
        await connection.execute(
            text("SELECT add_window_partition(:month)"),
            {"month": datetime.fromtimestamp(first, UTC).date()},
        )


def months(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield first second and end of each month (UTC) that a period touches."""
    moment = datetime.fromtimestamp(start, UTC)
    year, month = moment.year, moment.month
    while (first := _first_second(year, month)) < end:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        yield first, _first_second(year, month)


def _first_second(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())
