"""New results as they come: none left out, whatever is committed when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

import httpx
from hypothesis import given, strategies as st
import pytest
from sqlalchemy import insert

from currentcost_provider.operating.operators import Operators
from currentcost_provider.storage.copying import copy
from currentcost_provider.storage.database import Database, create_file
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import WindowRow, WindowState
from currentcost_provider.storage.numbering import (
    Position,
    begin_era,
    newest,
    number_of_transaction,
)
from currentcost_provider.telling import following

from .conftest import ENGINES, NOON, WINDOW, Provider
from .household import Household, problem
from .test_interface import operator

LAST = NOON - WINDOW
STREAM = "/v1/operator/results/stream"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


@pytest.fixture
async def headers(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A viewer, who is told soon."""
    monkeypatch.setattr(following, "_LOOK_SECONDS", 0.02)
    return await operator(provider)


class Follower:
    """Reads events from a response."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.id = ""

    async def event(self) -> tuple[str, Any]:
        """Return the next event's name and data; a comment is named so."""
        name, data = "", None
        async for line in self._lines:
            field, _, value = line.partition(": ")
            match field:
                case "id":
                    self.id = value
                case "event":
                    name = value
                case "data":
                    data = json.loads(value)
                case "":
                    if name or line:
                        return name or "comment", data
        return "end", None

    async def starts(self, count: int) -> list[int]:
        """Return the minutes of the next results' starts."""
        found = [await self.event() for _ in range(count)]
        assert {name for name, _ in found} == {"result"}
        return [int(data["start"][14:16]) for _, data in found]


@asynccontextmanager
async def followed(
    provider: Provider, headers: dict[str, str], after: str | None = None
) -> AsyncIterator[Follower]:
    query = {"after": after} if after else {}
    async with provider.client.stream(
        "GET", STREAM, headers=headers, params=query
    ) as response:
        assert response.status_code == 200
        follower = Follower(response)
        assert await follower.event() == ("ready", {})
        yield follower


async def report(household: Household, number: int) -> None:
    start = LAST - number * WINDOW
    await household.send(household.report(household.window(start), 700))


async def test_followers_that_leave_keep_no_connection(
    provider: Provider, anna: Household, headers: dict[str, str]
) -> None:
    for _ in range(30):
        async with followed(provider, headers, "0"):
            pass
        await report(anna, 0)
    # Whoever left in the middle of a look has let it finish.
    for _ in range(200):
        if not provider.database.engine.pool.checkedout():  # type: ignore[attr-defined]
            break
        await asyncio.sleep(0.01)
    assert not provider.database.engine.pool.checkedout()  # type: ignore[attr-defined]


async def test_results_come_in_the_order_of_their_answers(
    provider: Provider, anna: Household, headers: dict[str, str]
) -> None:
    await report(anna, 0)
    async with followed(provider, headers) as follower:
        # One that is late comes all the same, though its window is older.
        await report(anna, 2)
        assert await follower.starts(1) == [15]
        await report(anna, 1)
        assert await follower.starts(1) == [30]
        seen = follower.id
    await report(anna, 3)
    async with followed(provider, headers, seen) as follower:
        assert await follower.starts(1) == [0]
    async with followed(provider, headers, "0") as follower:
        assert await follower.starts(4) == [45, 15, 30, 0]
    again = headers | {"Last-Event-ID": seen}
    async with followed(provider, again, "0") as follower:
        assert await follower.starts(1) == [0]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_what_is_committed_late_is_not_passed_over(
    provider: Provider, anna: Household, headers: dict[str, str]
) -> None:
    """A slow transaction took its number first, and is told first."""
    slow = Database(provider.database.url, provider.database.vault)
    async with followed(provider, headers) as follower:
        async with slow.engine.begin() as connection:
            await connection.execute(
                insert(WindowRow).values(
                    agreement_id=anna.agreement.id,
                    kind=1,
                    start=LAST - 3 * WINDOW,
                    end=LAST - 2 * WINDOW,
                    digest=bytes(32),
                    state=WindowState.BUCKET,
                    outcome=1,
                    claimed=NOON,
                    answered=NOON,
                    number=number_of_transaction(slow),
                )
            )
            await report(anna, 0)
            coming = asyncio.ensure_future(follower.starts(2))
            done, _ = await asyncio.wait({coming}, timeout=0.3)
            assert not done
        assert await coming == [0, 45]
    await slow.close()


async def test_many_at_once_and_none_missed(
    provider: Provider, anna: Household, headers: dict[str, str]
) -> None:
    """Two workers answer at once, a third one tells; each result comes once."""
    ben = await (await provider.household("ben")).set_up()
    other = Database(provider.database.url, provider.database.vault)
    second = type(provider.service)(
        other,
        name="x",
        identity=provider.service._identity,
        clock=provider.clock,
    )
    household = await second.households.one("ben")

    async def by_second(number: int) -> None:
        message = ben.report(ben.window(LAST - number * WINDOW), 700)
        await second.take(household, ben.agreement.id, message)

    async with followed(provider, headers) as follower:
        async with asyncio.TaskGroup() as group:
            for number in range(24):
                group.create_task(report(anna, number))
                group.create_task(by_second(number))
        events = [await follower.event() for _ in range(48)]
    keys = {(data["household"], data["start"]) for _, data in events}
    assert len(keys) == 48
    await other.close()


async def test_heartbeat_and_a_token_that_ends(
    provider: Provider, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_HEARTBEAT_SECONDS", 0.05)
    async with followed(provider, headers) as follower:
        assert await follower.event() == ("comment", None)
        await Operators(provider.database).remove("viewer")
        while (await follower.event())[0] == "comment":
            pass
        assert await follower.event() == ("end", None)


async def test_a_service_that_stops_lets_followers_go(
    provider: Provider, headers: dict[str, str]
) -> None:
    async with followed(provider, headers) as follower:
        provider.service.following.closing.set()
        assert await follower.event() == ("end", None)


async def test_followers_are_bounded(
    provider: Provider, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWERS", 1)
    async with followed(provider, headers):
        refused = await provider.client.get(STREAM, headers=headers)
        assert problem(refused) == (503, "busy")
    # Whoever left makes room.
    for _ in range(100):
        if not provider.service.following._followers:
            break
        await asyncio.sleep(0.02)
    async with followed(provider, headers):
        pass


async def test_positions_are_checked(
    provider: Provider, headers: dict[str, str]
) -> None:
    ahead = str(Position((1 << 50), bytes(16), 1, 1))
    for after, expected in (
        ("x", (400, "malformed")),
        ("1-2-3-4", (400, "malformed")),
        ("f" * 81, (400, "malformed")),
        (ahead, (409, "conflict")),
    ):
        refused = await provider.client.get(
            STREAM, headers=headers, params={"after": after}
        )
        assert problem(refused) == expected
    assert problem(await provider.client.get(STREAM)) == (401, "token")


async def test_positions_stay_good_after_a_move(
    provider: Provider, anna: Household, tmp_path: Path
) -> None:
    await report(anna, 0)
    before = await newest(provider.database)
    create_file(tmp_path / "copy.db")
    moved = Database(tmp_path / "copy.db", provider.database.vault)
    await moved.migrate()
    await copy(provider.database, moved)
    assert await Ledger(moved).new(before, 10) == []
    assert len(await Ledger(moved).new(Position.before(0), 10)) == 1
    async with moved.write() as session:
        session.add(
            WindowRow(
                agreement_id=anna.agreement.id,
                kind=1,
                start=0,
                end=900,
                digest=bytes(32),
                state=WindowState.BUCKET,
                claimed=0,
                number=(await newest(moved)).number,
            )
        )
    [(row, _, _)] = await Ledger(moved).new(before, 10)
    assert row.start == 0
    await moved.close()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_restored_server_begins_a_new_era(
    provider: Provider, anna: Household
) -> None:
    """Its own numbers begin anew, below those that were given away already."""
    await report(anna, 0)
    await begin_era(provider.database)
    before = await newest(provider.database)
    assert before.number < 1 << 40
    async with provider.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE window_claim SET number = 1 << 30")
    await begin_era(provider.database)
    after = await newest(provider.database)
    assert after.number > 1 << 40
    assert len(await Ledger(provider.database).new(Position.before(0), 10)) == 1


@given(
    st.integers(0, 10**18 - 1),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 999),
    st.integers(0, 10**15 - 1),
)
def test_positions_are_read_as_written(
    number: int, agreement_id: bytes, kind: int, start: int
) -> None:
    position = Position(number, agreement_id, kind, start)
    assert Position.parse(str(position)) == position
    assert len(str(position)) <= 120
