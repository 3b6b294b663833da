"""What goes wrong around the service while households report: nothing lost or doubled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
import contextlib
import csv
from pathlib import Path
import resource

from currentcost_exchange import bucket_of
import httpx
import pytest

from .household import Household
from .postgresql import Cluster, running_cluster
from .process import Process, done_json, run
from .test_process import THRESHOLDS, WINDOW, last_window, plan_by_commands

WINDOWS = 40
SHIFTED_CLOCK = Path(__file__).parents[1] / "shifted_clock"
HOMES = ("anna", "ben", "carla")


class Reporting:
    """Households that send all their windows, again and again until each is answered."""

    def __init__(self, process: Process, client: httpx.AsyncClient) -> None:
        self.under_way = asyncio.Event()
        """A third was answered."""
        self.troubled = asyncio.Event()
        """The service has refused something."""
        self.refused: list[httpx.Response] = []
        self._process = process
        self._client = client
        self._left: dict[tuple[str, int], tuple[Household, bytes]] = {}
        self._expected: dict[tuple[str, int], int] = {}

    async def begin(self) -> None:
        """Let the households agree, and garble what they will send."""
        last = last_window()
        names = self._process.database.with_name("names.csv")
        names.write_text("\n".join(("user", *HOMES)))
        sheets = run(
            self._process.database,
            *("household", "import", str(names), "--plan", "evening"),
            option="--config",
        ).stdout
        for sheet in csv.DictReader(sheets.splitlines()):
            name = sheet["user"]
            home = Household(self._client, name, sheet["password"])
            await home.set_up()
            for number in range(WINDOWS):
                start, watts = last - number * WINDOW, 97 * number % 4000
                self._left[name, start] = home, home.report(home.window(start), watts)
                self._expected[name, start] = bucket_of(watts, THRESHOLDS)

    async def send_all(self) -> None:
        """Send until all is answered, some at a time."""
        at_once = asyncio.Semaphore(6)
        while self._left:
            async with asyncio.TaskGroup() as group:
                for key in list(self._left):
                    group.create_task(self._send(key, at_once))

    async def _send(self, key: tuple[str, int], at_once: asyncio.Semaphore) -> None:
        home, report = self._left[key]
        async with at_once:
            try:
                response = await home.send(report)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                return
            if response.status_code == httpx.codes.OK:
                assert home.outcome(report, response) == self._expected[key]
                del self._left[key]
                if len(self._left) < len(self._expected) * 2 / 3:
                    self.under_way.set()
                return
            self.refused.append(response)
            self.troubled.set()
            await asyncio.sleep(0.1)

    def check_results(self) -> None:
        """Compare what the provider has with what was sent: each window once."""
        found = done_json(self._process.database, "results", "list", option="--config")
        assert sorted(row["outcome"] for row in found) == sorted(
            self._expected.values()
        )
        windows = {(row["household"], row["start"]) for row in found}
        assert len(windows) == len(found) == len(self._expected)

    async def through(self, fault: Callable[[], Awaitable[None]]) -> None:
        """Send everything, with a fault after a third of it."""

        async def strike() -> None:
            await self.under_way.wait()
            await fault()

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(self.send_all())
            group.create_task(strike())
        self.check_results()


@contextlib.asynccontextmanager
async def serving(config: Path) -> AsyncIterator[tuple[Process, Reporting]]:
    """Start the service of a configuration, with households that can report."""
    process = Process(config, option="--config")
    await process.start()
    try:
        async with httpx.AsyncClient(base_url=process.address, timeout=30) as client:
            reporting = Reporting(process, client)
            await reporting.begin()
            yield process, reporting
    finally:
        await process.kill()


def configure(folder: Path, settings: str = "") -> Path:
    """Make a provider with a plan; return its configuration."""
    config = folder / "provider.toml"
    config.touch(mode=0o600)
    config.write_text(settings)
    plan_by_commands(config, "--config")
    return config


@pytest.fixture
def cluster_of_ones_own() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


async def test_the_database_server_crashes_and_comes_back(
    cluster_of_ones_own: Cluster, tmp_path: Path
) -> None:
    cluster = cluster_of_ones_own
    url = cluster.new_database().render_as_string(hide_password=False)
    config = configure(tmp_path, f'database = "{url}"\n')

    async def restart() -> None:
        await asyncio.to_thread(cluster.stop, "immediate")
        await reporting.troubled.wait()
        await asyncio.to_thread(cluster.start)

    async with serving(config) as (process, reporting):
        await reporting.through(restart)
        assert {answer.status_code for answer in reporting.refused} == {503}
        assert all(int(answer.headers["Retry-After"]) for answer in reporting.refused)
        assert "Traceback" not in process.log.read_text()


async def test_the_disk_is_full_for_a_while(tmp_path: Path) -> None:
    """The kernel refuses to let the database's files grow, as on a full disk."""
    config = configure(tmp_path)

    async def fill() -> None:
        unlimited = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
        await reporting.troubled.wait()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)

    async with serving(config) as (process, reporting):
        await reporting.through(fill)
        assert {answer.status_code for answer in reporting.refused} == {503}
        assert all(int(answer.headers["Retry-After"]) for answer in reporting.refused)


async def test_the_clock_is_stepped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, shift = configure(tmp_path), tmp_path / "shift"

    def show(seconds: int) -> None:
        """Let the service's clock be so far ahead."""
        written = shift.with_suffix(".new")
        written.write_text(str(seconds))
        written.replace(shift)

    async def wrong_for_a_while() -> None:
        show(7200)
        await asyncio.sleep(0.2)
        assert reporting.refused == []
        show(-7200)
        await reporting.troubled.wait()
        show(0)

    show(0)
    monkeypatch.setenv("PYTHONPATH", str(SHIFTED_CLOCK))
    monkeypatch.setenv("SHIFTED_CLOCK", str(shift))
    async with serving(config) as (_, reporting):
        await reporting.through(wrong_for_a_while)
        told = {answer.json()["type"] for answer in reporting.refused}
        assert told == {"urn:currentcost:window_early"}
        assert all(int(answer.headers["Retry-After"]) for answer in reporting.refused)
