"""A fleet for the console to show: the rows that households' reports leave."""

from collections.abc import Sequence
from itertools import count
import random

from currentcost_exchange import PlanStatement
from sqlalchemy import insert

from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    WindowRow,
    WindowState,
)
from currentcost_provider.storage.registry import Registry

DAY = 86_400
# How likely each bucket of three is in the eight parts of a day, "outside" first.
_WEIGHTS = (
    (0, 90, 9, 1),
    (0, 92, 7, 1),
    (1, 60, 30, 9),
    (1, 55, 33, 11),
    (2, 50, 34, 14),
    (1, 58, 31, 10),
    (4, 30, 38, 28),
    (2, 48, 36, 14),
)


async def fill(database: Database, plan_id: str, users: Sequence[str]) -> None:
    """Let households have agreed on a plan and reported for its last day.

    Of the last ones, one is late, one's home knew too little, one has yet to agree, one
    is blocked.
    """
    chance = random.Random(20)  # noqa: S311  # a picture, not a secret
    plan = await Registry(database).plan_named(plan_id)
    assert plan is not None
    schedule = PlanStatement.from_bytes(plan.statement).plan.schedule
    now = plan.created
    households, agreements, windows = [], [], []
    for number, user in zip(count(1), users, strict=False):
        last = len(users) - number
        households.append(
            {
                "user": user,
                "plan_key": plan.id,
                "password_hash": "spent" if last < 2 else None,
                "password_expires": now + 5 * DAY,
                "token_hash": None,
                "household_key": None,
                "setups": 1,
                "blocked": last == 0,
                "created": now - 2 * DAY,
            }
        )
        if last < 2:
            continue
        agreement_id = chance.randbytes(16)
        agreements.append(
            {
                "id": agreement_id,
                "household_id": number,
                "plan_key": plan.id,
                "state": AgreementState.RUNNING,
                "request": b"",
                "setup": b"",
                "refusals": 0,
                "created": now - 2 * DAY,
                "confirmed": now - 2 * DAY,
            }
        )
        for window in schedule.windows(since=now - DAY, until=now):
            if last == 2 and window.end > now - 5400:
                continue
            part = window.start % DAY * 8 // DAY
            outcome = chance.choices(range(4), _WEIGHTS[part])[0]
            missing = last == 3 and window.end > now - 7200
            windows.append(
                {
                    "agreement_id": agreement_id,
                    "kind": int(window.kind),
                    "start": window.start,
                    "end": window.end,
                    "digest": bytes(32),
                    "state": WindowState.MISSING if missing else WindowState.BUCKET,
                    "outcome": None if missing else outcome,
                    "claimed": window.end + 4,
                    "answered": window.end + 4,
                }
            )
    async with database.write() as session:
        await session.execute(insert(HouseholdRow), households)
        await session.execute(insert(AgreementRow), agreements)
        await session.execute(insert(WindowRow), windows)
