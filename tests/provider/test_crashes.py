"""Whatever dies at whatever moment: one end for each window, and nothing to repair."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sqlite3

import pytest

from currentcost_provider.api.application import create_app
from currentcost_provider.credentials import hash_password, new_password
from currentcost_provider.plans import DAY
from currentcost_provider.service import MAX_SETUPS, Service as Answers
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.sealed import open_agreement
from currentcost_provider.storage.vault import Vault

from .conftest import LATENESS, NOON, THRESHOLDS, Clock
from .crashing import EXPECTED, End, Home, Point, Service, Stopped, distinct, live


@asynccontextmanager
async def started(database: Database, clock: Clock) -> AsyncGenerator[Service]:
    """Start a process of the provider on what the disk holds."""
    await database.migrate()
    row = await Registry(database).provider()
    assert row is not None
    identity = Registry(database).identity(row)
    answers = Answers(database, name=row.name, identity=identity, clock=clock)
    service = Service(database, create_app(answers), clock)
    async with service.client:
        yield service


async def enrolled(database: Database) -> Home:
    registry, password = Registry(database), new_password()
    plan = await registry.plan_named("evening")
    assert plan is not None
    await registry.add_household(
        "anna",
        plan,
        password_hash=hash_password(password),
        expires=NOON + 7 * DAY,
        now=NOON,
    )
    return Home("anna", password)


async def stopped_everywhere(database: Database, folder: Path) -> list[Point]:
    """Live a whole life; return what is left at each of its points."""
    home = await enrolled(database)
    async with started(database, Clock()) as service:
        stopped = Stopped(service, home, folder)
        await live(home, service)
    assert home.ends == EXPECTED
    return stopped.points


async def gone_on(point: Point, vault: Vault, *, home_died: bool, later: float) -> Home:
    """Start again at a point, live to the end, and check what both sides hold."""
    clock = Clock()
    clock.now = point.now + later
    home = point.home_left(died=home_died)
    database = Database(point.database, vault)
    async with started(database, clock) as service:
        await live(home, service)
        await check_same_answers(home, service)
    await database.close()
    check_provider(home, point.database, database.vault)
    assert home.opened == THRESHOLDS
    return home


async def check_same_answers(home: Home, service: Service) -> None:
    """Send everything once more: nothing changes by it."""
    ends = dict(home.ends)
    home.ends.clear()
    await live(home, service)
    assert home.ends == ends


def check_provider(home: Home, path: Path, vault: Vault) -> None:
    """Compare what the provider's file holds with what the household knows."""
    assert home.agreement is not None
    with sqlite3.connect(path) as file:
        windows: dict[int, End] = {}
        for start, state, outcome in file.execute(
            "SELECT start, state, outcome FROM window_claim"
        ):
            assert start not in windows, "a second result for a window"
            windows[start] = (state, outcome)
        agreements = dict(
            file.execute("SELECT state, count(*) FROM agreement GROUP BY 1")
        )
        ((blocked, setups, password),) = file.execute(
            "SELECT blocked, setups, password_hash FROM household"
        )
        ((kept,),) = file.execute(
            "SELECT agreement FROM agreement WHERE state = 'running'"
        )
    late = {start for start, end in home.ends.items() if end[0] == "late"}
    assert windows == {s: end for s, end in home.ends.items() if s not in late}
    assert not blocked
    assert setups == agreements.pop("ended", 0) + agreements.pop("running")
    assert setups < MAX_SETUPS
    assert not agreements
    assert password is None

    # Of each pair of seeds the provider holds the one that it chose, of one day.
    theirs = open_agreement(vault, home.agreement.id, kept)
    ours = home.agreement.advanced(max(theirs.day, home.agreement.day))
    theirs = theirs.advanced(ours.day)
    assert theirs.id == ours.id
    assert theirs.seeds == [
        pair[choice] for pair, choice in zip(ours.pairs, theirs.choices, strict=True)
    ]


@pytest.mark.parametrize("home_died", [False, True], ids=["provider", "both"])
async def test_stopped_at_every_point(
    database: Database, vault: Vault, tmp_path: Path, *, home_died: bool
) -> None:
    points = await stopped_everywhere(database, tmp_path)
    assert len(points) > 200
    for point in distinct(points, home_died=home_died):
        home = await gone_on(point, vault, home_died=home_died, later=0)
        # Only what was not written down when the home died may be missing, once.
        lost = {start for start, end in home.ends.items() if end != EXPECTED[start]}
        assert len(lost) <= home_died, point.name
        assert not lost & point.home.built.keys(), point.name
        assert all(home.ends[start] == ("missing", None) for start in lost), point.name


async def test_back_when_the_windows_are_late(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    """What was claimed gets its answer however late, what wasn't is late on both sides."""
    points = await stopped_everywhere(database, tmp_path)
    for point in distinct(points, home_died=True):
        if point.home.agreement is not None:
            await gone_on(point, vault, home_died=True, later=LATENESS)
