"""Whatever dies at whatever moment: one end for each window, and nothing to repair."""

from collections import Counter
from collections.abc import Generator
from datetime import datetime
import json
import logging
from pathlib import Path
from secrets import SystemRandom
import sqlite3

from freezegun.api import FrozenDateTimeFactory
import pytest

from currentcost_provider.service import MAX_SETUPS
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.storage import KINDS

from .crashing import (
    BEGINNING,
    DRAWN,
    END,
    LATENESS,
    LEAVING,
    RETURN,
    STEP,
    WINDOW,
    Point,
    ServedProvider,
    UnsteadyLine,
    World,
    distinct,
)
from .household import plain_bucket
from .provider import USER

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Each start has a Home Assistant of its own here, with real files."""


@pytest.fixture
def served(
    socket_enabled: None,  # noqa: ARG001  # first
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> Generator[ServedProvider]:
    for name in ("sqlalchemy", "alembic"):
        caplog.set_level(logging.WARNING, name)
    folder = tmp_path / "life" / "provider"
    folder.mkdir(parents=True)
    provider = ServedProvider(folder)
    yield provider
    provider.end()


@pytest.fixture
def world(
    served: ServedProvider, freezer: FrozenDateTimeFactory, tmp_path: Path
) -> World:
    world = World(tmp_path / "life", served, freezer)
    world.enter(tmp_path / "life", BEGINNING)
    served.create_all()
    return world


async def stopped_everywhere(world: World) -> list[Point]:
    """Live a whole life; return the points that differ in what is left at them."""
    world.points = []
    with world.watched():
        await world.async_live()
        points, world.points = world.points, None
    check(world, stopped=END, started=END)
    return points


def rows_of(folder: Path) -> dict[int, tuple[str, int | None]]:
    """Return what the provider's file holds of each window."""
    with sqlite3.connect(folder / "provider" / "provider.db") as file:
        rows = file.execute("SELECT start, state, outcome FROM window_claim").fetchall()
    windows = {start: (state, outcome) for start, state, outcome in rows}
    assert len(windows) == len(rows), "a second result for a window"
    return windows


def check(world: World, *, stopped: float, started: float) -> None:
    """Compare what both sides hold in the end; it didn't run from one to the other."""
    files = {tuple(name.split(".")): data for name, data in world.files.items()}
    (agreement_id,) = {name[1] for name in files}
    assert {name[0] for name in files} == {"agreement", "outbox", "checkpoint"}
    outbox = files["outbox", agreement_id]
    consent = files["agreement", agreement_id]["consent"]
    agreed = int(datetime.fromisoformat(consent["agreed"]).timestamp())
    first = agreed // WINDOW * WINDOW

    # Each window has one end, the same on both sides; late is what has no row.
    windows = rows_of(world.folder)
    ends = Counter(outbox["endings"])
    late = ends.pop("late", 0)
    named = {"bucket": "reported", "missing": "missing"}
    assert ends == Counter(named[state] for state, _ in windows.values())
    assert outbox["entries"] == []
    assert late + len(windows) == (END - first) // WINDOW, "a window was lost"
    for start, end in windows.items():
        watts = DRAWN.get(start, 700.0)
        known = set() if watts is None else {("bucket", plain_bucket(watts))}
        assert end in known | {("missing", None)}
        # Only what was under way when it stopped, or ended until it ran, is missing.
        running = start + WINDOW < stopped - STEP or started < start
        left = LEAVING - WINDOW <= start < RETURN
        if watts is not None and running and not left:
            assert end in known, start - BEGINNING

    with sqlite3.connect(world.provider.database) as file:
        states = Counter(file.execute("SELECT state FROM agreement"))
        household = "SELECT blocked, setups < ?, password_hash FROM household"
        assert file.execute(household, [MAX_SETUPS]).fetchall() == [(0, 1, None)]
    assert states.pop(("running",)) == 1
    assert states.keys() <= {("ended",)}
    assert world.issues == {"opened", "period_over"}
    assert not world.asks


@pytest.mark.timeout(180)
async def test_stopped_at_every_point(world: World) -> None:
    points = await stopped_everywhere(world)
    assert len(points) > 70
    for point in distinct(points):
        await gone_on(world, point, down=WINDOW + STEP)


@pytest.mark.timeout(180)
async def test_back_when_the_windows_are_late(world: World) -> None:
    """What the provider has answered is known at home, however late that is."""
    points = await stopped_everywhere(world)
    for point in distinct(points):
        if rows_of(point.folder) and point.now < LEAVING:
            await gone_on(world, point, down=LATENESS + WINDOW)


async def gone_on(world: World, point: Point, *, down: int) -> None:
    """Start again at a point, live to the end, and check what both sides hold."""
    world.enter(point.folder, point.now + down)
    try:
        with world.watched():
            await world.async_live()
        check(world, stopped=point.now, started=point.now + down)
    except Exception as err:
        err.add_note(f"stopped {point.now - BEGINNING:.0f} s on, {point.name}")
        raise


async def test_every_request_and_every_write_fails(world: World) -> None:
    """Each request is lost, its answer is, half of it is; every other write fails."""
    line = UnsteadyLine(world.address)
    await line.async_open()
    world.address = line.address
    world.unsteady = True
    with world.watched():
        await world.async_live()
    await line.async_close()
    assert min(line.tries.values()) == 4
    check(world, stopped=END, started=END)


async def test_what_a_set_up_left_is_deleted_and_nothing_else(world: World) -> None:
    names = ["agreement.0a", "outbox.0a", "checkpoint.0b", "01JMETER", "meter.0a"]
    names += ["agreement.0a.corrupt.2026-01-01T00:00:00+00:00"]
    world.storage.mkdir(parents=True)
    for name in names:
        (world.storage / f"{DOMAIN}.{name}").write_text('{"data": {}}')
    world.provider.open()
    async with world.running() as household:
        await household.async_agree()
        subentry = household.subentry
    # Nothing was asked between reports.
    kinds = [kind for kind in KINDS if kind != "asked"]
    kept = [f"{kind}.{subentry.unique_id}" for kind in kinds] + names[3:]
    assert sorted(world.files) == sorted(kept)

    # A file is written beside the one that it replaces.
    whole = (world.storage / f"{DOMAIN}.{kept[0]}").read_bytes()
    (world.storage / "tmp0123abcd").write_bytes(whole[:-1])
    (world.storage / "tmp4567abcd").write_bytes(whole.replace(DOMAIN.encode(), b"it"))
    async with world.running():
        pass
    assert [path.name for path in world.storage.glob("tmp*")] == ["tmp4567abcd"]
    assert sorted(world.files) == sorted(kept)


async def test_the_files_around_a_renewal(world: World) -> None:
    """The agreement that was renewed is kept, one that was not gone over to is not."""
    world.provider.open()
    async with world.running() as household:
        await household.async_agree()
        running = str(household.subentry.unique_id)
    path = world.storage / f"{DOMAIN}.agreement.{running}"
    written = json.loads(path.read_text())
    renewing = written | {"data": written["data"] | {"earlier": "0e"}}
    path.write_text(json.dumps(renewing))
    leftover = written["data"] | {"earlier": running}
    for name, data in ("agreement.0e", written["data"]), ("agreement.0f", leftover):
        key = f"{DOMAIN}.{name}"
        (world.storage / key).write_text(
            json.dumps(written | {"key": key, "data": data})
        )
    async with world.running():
        pass
    names = {name for name in world.files if name.startswith("agreement.")}
    assert names == {f"agreement.{running}", "agreement.0e"}


async def test_no_report_leaves_before_the_new_token_is_on_the_disk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It spends the password that the token came from."""
    monkeypatch.setattr(SystemRandom, "uniform", lambda _self, low, _high: low)
    world.provider.open()
    with world.watched():
        async with world.running() as household:
            await household.async_agree()
            password = world.provider.reset()
            while not world.writes["core.config_entries"]:
                await household.async_pass(STEP)
            flows = household.hass.config_entries.flow
            while not (asked := flows.async_progress_by_handler(DOMAIN)):
                await household.async_pass(STEP)
            world.points = []
            typed = {"username": USER, "password": password}
            await flows.async_configure(asked[0]["flow_id"], typed)
            while household.reporter.outbox.entries:
                await household.async_pass(0.25)
    names = [point.name.split("/")[-1] for point in world.points]
    assert "windows" in names[names.index("before core.config_entries is written") :]
    assert (
        "windows" not in names[: names.index("before core.config_entries is written")]
    )
