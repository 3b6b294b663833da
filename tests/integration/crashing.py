"""A home's life with its provider, stopped at every point and gone on with.

The points are not listed: they are all that one life passes. A point is before each
file that Home Assistant writes or deletes, whoever's it is, before each request, and
after its answer arrived. At each, what both disks hold is kept: that is what a machine
without power leaves, and no code runs after it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import shutil
import threading
import time
from typing import Any, Final
from unittest.mock import patch

from aiohttp import web
from currentcost_exchange import Measure, ProviderIdentity
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from currentcost_provider.api.application import create_app
from currentcost_provider.credentials import hash_password, new_password
from currentcost_provider.plans import DAY, new_plan, range_question, range_schedule
from currentcost_provider.server import create_server
from currentcost_provider.service import Service
from currentcost_provider.storage.database import Database, create_file
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.vault import KeyFile, Keys, Vault
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.provider_client import ProviderClient
from homeassistant import loader
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import frame, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from .household import Household, Traffic, new_entry
from .line import Line
from .provider import NAME, PLAN, QUESTION, THRESHOLDS, USER, Provider

WINDOW: Final = 60
LATENESS: Final = 180
MIDNIGHT: Final = 1_767_312_000
"""2026-01-02, 0:00 UTC: between the two days of the plan."""

BEGINNING: Final = MIDNIGHT - 2 * WINDOW
LEAVING: Final = MIDNIGHT + 2 * WINDOW + 20
RETURN: Final = MIDNIGHT + DAY - WINDOW - 20
END: Final = MIDNIGHT + DAY
STEP: Final = 15

# The mean power (W) of windows while Home Assistant runs; None is not known.
DRAWN: Final = {
    BEGINNING: 518.0,
    BEGINNING + WINDOW: None,
    MIDNIGHT: 2500.0,
    MIDNIGHT + WINDOW: 99_999.0,
    MIDNIGHT + 2 * WINDOW: 700.0,
    END - WINDOW: 1000.0,
}


class ServedProvider(Provider):
    """A provider in a thread of its own, on the clock of the test.

    Another database takes the place of the last one at the same address.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._app = create_app(None)  # type: ignore[arg-type]  # until it is opened
        self._address = self._run(self._serve())
        self._open: Database | None = None
        keys = KeyFile(folder / "provider.keys")
        keys.write(Keys.new())
        self._vault = Vault(keys)

    @property
    def address(self) -> str:
        return self._address

    def create_all(self) -> None:
        """Create the provider, its plan, and a household with its enrolment sheet."""
        self._run(self._create())

    def reset(self, user: str = USER) -> str:
        """Return a new one-time password for a household."""
        assert self._open is not None
        password = new_password()
        renewed = Registry(self._open).reset_household(
            user, password_hash=hash_password(password), expires=END
        )
        self._run(renewed)
        return password

    def open(self) -> None:
        """Serve what the folder holds."""
        self.shut()
        self._open = self._run(self._start())

    def shut(self) -> None:
        """Let go of the database."""
        if self._open is not None:
            self._run(self._open.close())
        self._open = None

    def end(self) -> None:
        self.shut()
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve(self) -> str:
        address = self._loop.create_future()
        self._server = create_server(
            self._app, host="127.0.0.1", port=0, ready=address.set_result
        )
        # The clock jumps: a connection must not be closed under its next request.
        self._server.config.timeout_keep_alive = 10 * DAY
        self._serving = asyncio.create_task(self._server._serve())
        return str(await address)

    async def _stop(self) -> None:
        for server in self._server.servers:
            server.close()
        self._serving.cancel()
        with suppress(asyncio.CancelledError):
            await self._serving
        await self._loop.shutdown_default_executor()

    async def _start(self) -> Database:
        database = Database(self.database, self._vault)
        await database.migrate()
        row = await Registry(database).provider()
        assert row is not None
        self._app.state.service = Service(
            database,
            name=row.name,
            identity=Registry(database).identity(row),
            clock=lambda: time.time(),  # noqa: PLW0108  # as it is patched by then
        )
        return database

    async def _create(self) -> None:
        create_file(self.database)
        database, password = Database(self.database, self._vault), new_password()
        await database.migrate()
        registry, identity = Registry(database), ProviderIdentity.new()
        await registry.add_provider(NAME, identity, BEGINNING)
        statement, values = new_plan(
            identity,
            provider=NAME,
            plan_id=PLAN,
            title=QUESTION,
            first_day=datetime.fromtimestamp(BEGINNING, UTC).date(),
            days=2,
            lateness=LATENESS,
            schedule=range_schedule(WINDOW),
            question=range_question(
                THRESHOLDS, measure=Measure.MEAN_POWER, minimum_width=100, labels=[]
            ),
            values=THRESHOLDS,
        )
        await registry.add_plan(statement, values, BEGINNING)
        plan = await registry.plan_named(PLAN)
        assert plan is not None
        await registry.add_household(
            USER,
            plan,
            password_hash=hash_password(password),
            expires=BEGINNING + 7 * DAY,
            now=BEGINNING,
        )
        await database.close()
        sheet = {"user": USER, "password": password}
        (self.folder / "sheet.json").write_text(json.dumps(sheet))


class UnsteadyLine(Line):
    """Loses each request, then its answer, then half of its answer, then neither."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.tries = Counter[tuple[str, bytes]]()

    async def _async_pass(self, request: web.Request) -> web.StreamResponse:
        what = request.path_qs, await request.read()
        self.tries[what] += 1
        if self.tries[what] == 1:
            return self._cut(request)
        answer = await self._async_ask(request)
        if self.tries[what] == 2:
            return self._cut(request)
        if self.tries[what] == 3 and isinstance(answer.body, bytes):
            half = web.StreamResponse(status=answer.status, headers=answer.headers)
            half.content_length = len(answer.body)
            await half.prepare(request)
            await half.write(answer.body[: len(answer.body) // 2])
            return self._cut(request)
        return answer

    def _cut(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()


@dataclass
class Point:
    """Where a life was stopped, and what is left of it."""

    name: str
    folder: Path
    now: float

    def left(self) -> list[tuple[str, bytes]]:
        """Return all that what follows depends on, but for chance."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [
            (str(path.relative_to(self.folder)), path.read_bytes())
            for path in paths
            if path.name.startswith((DOMAIN, "provider.", "core.config_entries"))
        ]


class World:
    """One home and its provider, on disks that can be copied."""

    def __init__(
        self, folder: Path, provider: ServedProvider, freezer: FrozenDateTimeFactory
    ) -> None:
        self.folder = folder
        self.address = provider.address
        self.provider = provider
        self.freezer = freezer
        self.traffic = Traffic()
        self.unsteady = False
        """Whether every other write fails, and everyone has the patience for it."""
        self.writes = Counter[str]()
        self.issues: set[str] = set()
        """What Home Assistant shows in the end."""
        self.asks: Sequence[Any] = ()
        """What it asks of a person in the end."""
        self.points: list[Point] | None = None
        """Kept while it is a list."""
        self._disk = threading.RLock()

    @property
    def storage(self) -> Path:
        return self.folder / "home" / ".storage"

    def enter(self, folder: Path, now: float) -> None:
        """Go on with the disks of a folder at a time."""
        self.folder = folder
        self.provider.folder = folder / "provider"
        self.provider.database = self.provider.folder / "provider.db"
        self.freezer.move_to(datetime.fromtimestamp(now, UTC))

    def at(self, name: str) -> None:
        """Keep what the disks hold now."""
        if self.points is None:
            return
        with self._disk:
            folder = self.folder.parent / f"point {len(self.points)}"
            shutil.copytree(self.folder, folder, ignore=_not_left)
            self.points.append(Point(name, folder, time.time()))

    @contextmanager
    def watched(self) -> Generator[None]:
        """Pass every write and every request through `at`."""
        write, remove = Store._write_prepared_data, Store.async_remove
        request = ProviderClient._async_request

        def written(store: Store[Any], *arguments: Any) -> None:
            with self._disk:
                self.at(f"before {store.key} is written")
                self.writes[store.key] += 1
                fails = self.unsteady and self.writes[store.key] % 2
                if fails and store.key.startswith(DOMAIN):
                    raise WriteError("no space")
                write(store, *arguments)

        async def removed(store: Store[Any]) -> None:
            self.at(f"before {store.key} is removed")
            await remove(store)

        async def requested(
            client: ProviderClient, method: str, path: str, **options: Any
        ) -> bytes:
            self.at(f"before {method} {path}")
            self.traffic.under_way += 1
            try:
                return await request(client, method, path, **options)
            finally:
                self.at(f"after {method} {path}")
                asyncio.get_running_loop().call_soon(self._done)

        with (
            patch.object(Store, "_write_prepared_data", written),
            patch.object(Store, "async_remove", removed),
            patch.object(ProviderClient, "_async_request", requested),
        ):
            yield

    def _done(self) -> None:
        self.traffic.under_way -= 1

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Household]:
        """Start Home Assistant on what the disk holds; stop it as people do."""
        async with async_test_home_assistant(
            config_dir=str(self.folder / "home")
        ) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            await hass.config_entries.async_initialize()
            if not hass.config_entries.async_entries(DOMAIN):
                new_entry().add_to_hass(hass)
                hass.config_entries._async_schedule_save()
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            household = Household(
                hass,
                self.freezer,
                entry=entry,
                provider=self.provider,
                traffic=self.traffic,
            )
            household.address = self.address
            household.draw(drawn(household.now))
            await household.async_set_up()
            try:
                yield household
            finally:
                await hass.async_stop(force=True)

    async def async_live(self) -> None:
        """Live on from whatever the disks hold, until the values are opened."""
        self.provider.open()
        if (now := int(time.time())) < RETURN - DAY // 2:
            async with self.running() as household:
                await self._async_report(household, max(LEAVING, now + 2 * WINDOW))
        self.freezer.move_to(datetime.fromtimestamp(max(RETURN, time.time()), UTC))
        async with self.running() as household:
            await self._async_report(household, max(END, household.now) + WINDOW)
            outbox = household.reporter.outbox
            while outbox.entries and household.now < END + DAY:
                await household.async_pass(STEP)
            while not self.opened and household.now < END + DAY:
                await household.async_pass(1200)
            issues = ir.async_get(household.hass).issues
            await household.async_until(lambda: len(issues) > 1)
            self.issues = {str(issue.translation_key) for issue in issues.values()}
            flows = household.hass.config_entries.flow
            self.asks = flows.async_progress_by_handler(DOMAIN)

    async def _async_report(self, household: Household, until: int) -> None:
        """Agree if there is no report yet, and let time pass."""
        if not household.entry.subentries:
            await self._async_agree(household)
        outbox = household.reporter.outbox
        while household.now < until or (self.unsteady and outbox.entries):
            household.draw(drawn(household.now))
            await household.async_pass(5 if self.unsteady else STEP)

    async def _async_agree(self, household: Household) -> None:
        """Do what a person does who has patience."""
        flow_id = await household.async_start_flow()
        typed = household.letter()
        for _ in range(40):
            result = await household.async_submit(flow_id, typed)
            if result["type"] is not FlowResultType.FORM:
                break
            asked = result["step_id"] == "consent"
            typed = {"agreed": True} if asked else household.letter()
        assert result["type"] is FlowResultType.CREATE_ENTRY, result["errors"]

    @property
    def files(self) -> dict[str, Any]:
        """Return what the report's files hold."""
        return {
            path.name.removeprefix(f"{DOMAIN}."): json.loads(path.read_text())["data"]
            for path in self.storage.glob(f"{DOMAIN}.*")
        }

    @property
    def opened(self) -> bool:
        return any("opening" in data for data in self.files.values())


def distinct(points: list[Point]) -> list[Point]:
    """Return the points that leave something else than the one before."""
    kept: list[Point] = []
    last = None
    for point in points:
        left = point.left()
        if left != last:
            kept.append(point)
        last = left
    return kept


def _not_left(_folder: str, names: list[str]) -> set[str]:
    """Return files that mean nothing after a machine stopped."""
    return {name for name in names if name.endswith("-shm")}


def drawn(now: float) -> float | None:
    """Return what is drawn; what isn't known is so a step early, as samples last."""
    watts, soon = (
        DRAWN.get(int(time) // WINDOW * WINDOW, 700.0) for time in (now, now + STEP)
    )
    return None if soon is None else watts
