"""A provider with a plan, in this process or in one of its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from currentcost_exchange import Measure, Missing, ProviderIdentity, Report
from fastapi import FastAPI
import httpx
import pytest
from sqlalchemy import URL

from currentcost_provider.api.application import create_app
from currentcost_provider.credentials import hash_password, new_password
from currentcost_provider.pages import create_console
from currentcost_provider.plans import DAY, new_plan, range_question, range_schedule
from currentcost_provider.server import create_server
from currentcost_provider.service import Service
from currentcost_provider.settings import read_settings
from currentcost_provider.storage.database import Database, create_file
from currentcost_provider.storage.models import Base, WindowRow, WindowState
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.vault import KeyFile, Keys, Vault

from .household import Household
from .postgresql import Cluster, running_cluster
from .shell import Shell

NOON = 1_767_268_800
"""2026-01-01, 12:00 UTC: where the clock of the tests stands."""
WINDOW = 900
LATENESS = 6 * 3600
THRESHOLDS = (1000, 2000, 3000)


class Clock:
    """The provider's clock, which stands unless it is moved."""

    def __init__(self) -> None:
        self.now: float = NOON

    def __call__(self) -> float:
        return self.now


class Provider:
    """A provider's service with what the tests need to reach around it."""

    def __init__(self, database: Database, clock: Clock, service: Service) -> None:
        self.database = database
        self.clock = clock
        self.service = service
        self.client = httpx.AsyncClient()

    async def household(
        self, user: str = "anna", *, plan_id: str = "evening"
    ) -> Household:
        """Enrol a household."""
        registry, password = Registry(self.database), new_password()
        plan = await registry.plan_named(plan_id)
        assert plan is not None
        await registry.add_household(
            user,
            plan,
            password_hash=hash_password(password),
            expires=NOON + 7 * DAY,
            now=NOON,
        )
        return Household(self.client, user, password)

    async def reset(self, household: Household) -> None:
        """Do what `household reset` does."""
        password = new_password()
        await Registry(self.database).reset_household(
            household.user,
            password_hash=hash_password(password),
            expires=NOON + 7 * DAY,
        )
        household.password = password


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data" / "provider.db")


@pytest.fixture
def shell(empty: Shell) -> Shell:
    empty.done("init", "--name", "Acme Power")
    return empty


type NewHousehold = Callable[..., Awaitable[Household]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def engine() -> str:
    """What keeps the database; tests of transactions run on both."""
    return ENGINES[0]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of this process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def shared_url(cluster: Cluster) -> URL:
    """A database on that server with its tables."""
    url = driven(cluster.new_database())

    async def migrate() -> None:
        database = Database(url)
        await database.migrate()
        await database.close()

    asyncio.run(migrate())
    return url


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Keys beside the database."""
    file = KeyFile(tmp_path / "provider.keys")
    file.write(Keys.new())
    return Vault(file)


@pytest.fixture
def url(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> URL:
    """A database of nobody yet."""
    if engine == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url: URL = request.getfixturevalue("shared_url")
        tables = ", ".join(f'"{table}"' for table in Base.metadata.tables)
        cluster.sql(f"TRUNCATE {tables} RESTART IDENTITY", str(url.database))
        return url
    create_file(tmp_path / "provider.db")
    return driven(URL.create("sqlite", database=str(tmp_path / "provider.db")))


def driven(url: URL) -> URL:
    """Return an address with the driver that the settings choose."""
    text = url.render_as_string(hide_password=False)
    return read_settings(Path("provider.toml"), database=text).database_url


@pytest.fixture
async def database(url: URL, vault: Vault) -> AsyncGenerator[Database]:
    """A database of a provider with one plan."""
    database = Database(url, vault)
    await database.migrate()
    registry, identity = Registry(database), ProviderIdentity.new()
    await registry.add_provider("Acme Power", identity, NOON)
    statement, values = new_plan(
        identity,
        provider="Acme Power",
        plan_id="evening",
        title="How much power do you draw?",
        first_day=datetime.fromtimestamp(NOON, UTC).date(),
        days=30,
        lateness=LATENESS,
        schedule=range_schedule(WINDOW),
        question=range_question(
            THRESHOLDS, measure=Measure.MEAN_POWER, minimum_width=100, labels=[]
        ),
        values=THRESHOLDS,
    )
    await registry.add_plan(statement, values, NOON)
    yield database
    await database.close()


@pytest.fixture
async def provider(database: Database, clock: Clock) -> AsyncGenerator[Provider]:
    """A provider that listens on a free port."""
    async with serving(database, clock) as provider:
        yield provider


@asynccontextmanager
async def serving(
    database: Database, clock: Clock, own: Database | None = None
) -> AsyncGenerator[Provider]:
    """Serve a database; `own` is the way that the provider's commands have to it."""
    row = await Registry(database).provider()
    assert row is not None
    identity = Registry(database).identity(row)
    service = Service(database, name=row.name, identity=identity, clock=clock)
    provider = Provider(own or database, clock, service)
    console = create_console(service)
    async with listening(create_app(service, console)) as address:
        provider.client = httpx.AsyncClient(base_url=address, timeout=30)
        async with provider.client:
            yield provider


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncGenerator[str]:
    """Serve an application on a free loopback port; yield its address."""
    address = asyncio.get_running_loop().create_future()
    server = create_server(app, host="127.0.0.1", port=0, ready=address.set_result)
    serving = asyncio.create_task(server.serve())
    yield await address
    server.should_exit = True
    await serving


async def leave_claim(database: Database, claim: Report | Missing) -> None:
    """Leave what a service leaves that could not evaluate what it had claimed."""
    async with database.write() as session:
        session.add(
            WindowRow(
                agreement_id=claim.agreement_id,
                kind=claim.window.kind,
                start=claim.window.start,
                end=claim.window.end,
                digest=claim.digest,
                state=WindowState.CLAIMED,
                claimed=NOON,
            )
        )


@pytest.fixture
async def anna(provider: Provider) -> Household:
    """A household with a running agreement."""
    return await (await provider.household()).set_up()
