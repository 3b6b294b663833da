"""A provider with a plan, in this process or in one of its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from currentcost_exchange import Measure, ProviderIdentity
from fastapi import FastAPI
import httpx
import pytest

from currentcost_provider.api import create_app
from currentcost_provider.credentials import hash_password, new_password
from currentcost_provider.database import Database, create_file
from currentcost_provider.plans import DAY, new_plan, range_question, range_schedule
from currentcost_provider.registry import Registry
from currentcost_provider.server import create_server
from currentcost_provider.service import Service

from .household import Household
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


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    """A database of a provider with one plan."""
    path = tmp_path / "provider.db"
    create_file(path)
    database = Database(path)
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
    row = await Registry(database).provider()
    assert row is not None
    identity = ProviderIdentity(row.identity)
    service = Service(database, name=row.name, identity=identity, clock=clock)
    provider = Provider(database, clock, service)
    async with listening(create_app(service)) as address:
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


@pytest.fixture
async def anna(provider: Provider) -> Household:
    """A household with a running agreement."""
    return await (await provider.household()).set_up()
