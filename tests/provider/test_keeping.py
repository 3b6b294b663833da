"""Copies, moves between databases, key rotation, and the service's own role."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from pathlib import Path
import sqlite3
import stat
from typing import Any

import pytest
from sqlalchemy import URL, select
from sqlalchemy.exc import DBAPIError

from currentcost_provider.service import Service
from currentcost_provider.storage.copying import copy
from currentcost_provider.storage.database import (
    Database,
    UnusableDatabase,
    create_file,
)
from currentcost_provider.storage.grants import grant
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import Base, Role
from currentcost_provider.storage.partitions import months
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.resealing import key_usage, reseal
from currentcost_provider.storage.vault import KeyFile, UnusableKeys, Vault
from currentcost_provider.telling.delivering import Deliveries

from .conftest import (
    ENGINES,
    LATENESS,
    NOON,
    WINDOW,
    Clock,
    Provider,
    driven,
    serving,
)
from .console import PASSWORD, Person
from .household import Household
from .postgresql import Cluster
from .shell import Shell
from .test_interface import operator
from .test_operating import HOUSEHOLDS, PLANS, Desk
from .test_webhooks import receiving, registered

LAST = NOON - WINDOW


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


@pytest.fixture
async def other(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, vault: Vault
) -> AsyncIterator[Database]:
    """An empty database of the other kind, with the same keys."""
    if engine == "sqlite":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = driven(cluster.new_database())
    else:
        create_file(tmp_path / "other.db")
        url = driven(URL.create("sqlite", database=str(tmp_path / "other.db")))
    database = Database(url, vault)
    await database.migrate()
    yield database
    await database.close()


async def contents(database: Database) -> dict[str, Any]:
    """Return all rows but for the era, which each copy begins anew."""
    async with database.snapshot() as connection:
        return {
            table.name: sorted(
                [
                    tuple(row)
                    for row in await connection.execute(
                        select(*(c for c in table.columns if c.name != "era"))
                    )
                ],
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


async def test_a_household_goes_on_after_a_move(
    provider: Provider, anna: Household, other: Database, clock: Clock
) -> None:
    """From SQLite to PostgreSQL and the other way: nothing lost, nothing twice."""
    before = anna.report(anna.window(LAST - WINDOW), 2500)
    reply = await anna.send(before)
    counts = await copy(provider.database, other)
    assert counts["window_claim"] == counts["agreement"] == 1
    assert await contents(other) == await contents(provider.database)

    async with serving(other, clock) as moved:
        anna.client = moved.client
        assert (await anna.send(before)).content == reply.content
        after = anna.report(anna.window(LAST), 500)
        assert anna.outcome(after, await anna.send(after)) == 1
        # Ids are counted on from where they were.
        ben = await (await moved.household("ben")).set_up()
        report = ben.report(ben.window(LAST), 1500)
        assert ben.outcome(report, await ben.send(report)) == 2
    assert len(await Ledger(other).results()) == 3


async def test_copy_is_of_one_moment(
    provider: Provider, anna: Household, other: Database
) -> None:
    reports = [
        anna.report(anna.window(LAST - number * WINDOW), 1500) for number in range(20)
    ]
    async with asyncio.TaskGroup() as group:
        for report in reports:
            group.create_task(anna.send(report))
        group.create_task(copy(provider.database, other))
    stored = await Ledger(other).results()
    assert all(window.reply for window, _, _ in stored)
    assert len(await Ledger(provider.database).results()) == 20


async def test_copy_needs_an_empty_target_and_a_source(
    database: Database, other: Database
) -> None:
    with pytest.raises(UnusableDatabase, match="has no provider"):
        await copy(other, await _second(other))
    await copy(database, other)
    with pytest.raises(UnusableDatabase, match="belongs to a provider"):
        await copy(database, other)


async def _second(database: Database) -> Database:
    """Return another way to the same database."""
    return Database(database.url)


async def test_keys_are_rotated_under_a_running_service(
    provider: Provider, anna: Household, vault: Vault
) -> None:
    first = anna.report(anna.window(LAST - WINDOW), 2500)
    await anna.send(first)
    old = vault.keys.current
    assert await key_usage(provider.database) == {old: 3}

    # Another process rotates: the running one has the old keys in memory.
    file = vault.source
    assert isinstance(file, KeyFile)
    file.write(file.read().with_new())
    rotating = Database(provider.database.url, Vault(file))
    assert await reseal(rotating) == 3
    assert await reseal(rotating) == 0
    new = file.read().current
    assert await key_usage(rotating) == {new: 3}

    second = anna.report(anna.window(LAST), 500)
    assert anna.outcome(second, await anna.send(second)) == 1
    file.write(file.read().only({new}))
    provider.clock.now += 2 * 86_400 + LATENESS
    third = anna.report(anna.window(int(provider.clock.now) - WINDOW), 500)
    assert anna.outcome(third, await anna.send(third)) == 1
    ben = await (await provider.household("ben")).set_up()
    report = ben.report(ben.window(int(provider.clock.now) - WINDOW), 500)
    assert ben.outcome(report, await ben.send(report)) == 1
    assert set(await key_usage(rotating)) == {new}
    await rotating.close()


async def test_database_without_its_key_fails_and_takes_nothing(
    provider: Provider, anna: Household, vault: Vault, clock: Clock
) -> None:
    report = anna.report(anna.window(LAST), 2500)
    file = vault.source
    assert isinstance(file, KeyFile)
    kept = file.read()
    other = kept.with_new()
    file.write(other.only({other.current}))
    keyless = Database(provider.database.url, Vault(file))
    row = await Registry(keyless).provider()
    assert row is not None
    with pytest.raises(UnusableKeys, match=kept.current.hex()):
        Registry(keyless).identity(row)
    identity = Registry(provider.database).identity(row)
    service = Service(keyless, name="x", identity=identity, clock=clock)
    household = await Registry(keyless).household_named("anna")
    assert household is not None
    with pytest.raises(UnusableKeys):
        await service.take(household, anna.agreement.id, report)
    await keyless.close()
    # The window was not used up by it.
    assert anna.outcome(report, await anna.send(report)) == 3


async def _operate(desk: Desk) -> None:
    """Do whatever operators do that writes."""
    plan = {"plan": "night", "title": "How much?", "thresholds": [500]}
    people = "/v1/operator/operators"
    await desk.post(PLANS, {**plan, "draft": True})
    await desk.post(PLANS, {**plan, "plan": "gone", "draft": True})
    for path, body in (
        (f"{PLANS}/night/activate", None),
        (f"{PLANS}/night/renew", None),
        (HOUSEHOLDS, {"users": ["ben"], "plan": "night"}),
        (f"{HOUSEHOLDS}/ben/reset", None),
        (f"{HOUSEHOLDS}/ben/block", None),
        (f"{PLANS}/evening/retire", {"successor": "night"}),
        (people, {"name": "billing"}),
        (f"{people}/billing/tokens", None),
        ("/v1/operator/webhooks", {"url": "https://billing.example/"}),
    ):
        response = await desk.post(path, body)
        assert response.is_success, response.text
    webhook = f"/v1/operator/webhooks/{response.json()['id']}"
    assert (await desk.post(f"{webhook}/enable")).status_code == 204
    for path in (
        webhook,
        f"{HOUSEHOLDS}/anna/token",
        f"{HOUSEHOLDS}/anna",
        f"{HOUSEHOLDS}/ben",
        f"{PLANS}/gone",
        f"{people}/billing/tokens",
        f"{people}/billing",
    ):
        assert (await desk.delete(path)).status_code == 204
    assert (await desk.get(HOUSEHOLDS))["households"] == []


async def _ask(desk: Desk, home: Household) -> None:
    """Ask a home on demand; it waits for that, and answers."""
    made = await desk.post("/v1/operator/asks", {"household": home.user})
    assert made.status_code == 201, made.text
    waited = await home.get(f"/v1/agreements/{home.agreement.id.hex()}/ask?wait=1")
    window = home.agreement.read_ask(waited.content)
    sent = home.report(window, 2500)
    assert home.outcome(sent, await home.send(sent)) == 3
    came = await desk.get(f"/v1/operator/asks/{made.json()['asking']}")
    assert came["answers"][0]["state"] == "bucket"


async def _at_the_console(served: Provider) -> None:
    """Sign in, look around, change the password, and sign out."""
    zoe = await Person.of(served, Role.OPERATOR)
    for path in ("/", "/households", "/households/anna", "/results", "/plans/evening"):
        await zoe.see(path)
    new = "amber-window-lantern"
    fields = {"current": PASSWORD, "new": new, "again": new}
    assert (await zoe.post("/account/password", fields)).status_code == 303
    assert (await zoe.post("/account/sign-out-everywhere")).status_code == 303
    assert (await zoe.post("/sign-out")).status_code == 303
    assert (await zoe.get("/account")).status_code == 303


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_the_services_role_can_do_its_work_and_no_more(
    provider: Provider, cluster: Cluster, vault: Vault, clock: Clock
) -> None:
    with contextlib.suppress(RuntimeError):
        cluster.sql("CREATE ROLE service LOGIN PASSWORD 'for-the-tests'")
    async with provider.database.engine.begin() as connection:
        await grant(connection, "service")
    url = provider.database.url.set(username="service", password="for-the-tests")  # noqa: S106  # thrown away
    limited = Database(url, vault)
    await limited.check_revision()
    async with serving(limited, clock, provider.database) as served:
        anna = await (await served.household()).set_up()
        report = anna.report(anna.window(LAST), 2500)
        assert anna.outcome(report, await anna.send(report)) == 3
        clock.now += 100 * 86_400
        path = f"/v1/agreements/{anna.agreement.id.hex()}/opening"
        assert (await anna.get(path)).status_code == 200
        clock.now = NOON
        desk = Desk(served.client, await operator(served, Role.ADMIN))
        async with receiving() as receiver:
            await registered(desk, receiver)
            await _ask(desk, anna)
            later = anna.report(anna.window(LAST - WINDOW), 500)
            await anna.send(later)
            deliveries = Deliveries(limited, served.service.results, clock=clock)
            await deliveries.some()
            assert receiver.minutes == [30]
        assert len((await desk.get("/v1/operator/results"))["results"]) == 2
        assert "anna" in str(await desk.get(f"{HOUSEHOLDS}/anna/export"))
        await _at_the_console(served)
        await _operate(desk)
    for statement in (
        "SELECT rolpassword FROM pg_authid",
        "SELECT * FROM pg_largeobject",
        "COPY audit TO PROGRAM 'cat'",
        "SET ROLE owner",
        "CREATE SCHEMA mine",
        "CREATE ROLE other",
        "ALTER TABLE audit ADD COLUMN x integer",
        "CREATE INDEX mine ON audit (actor)",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM provider",
        "DROP FUNCTION add_window_partition",
        "UPDATE plan SET statement = ''",
        "UPDATE provider SET name = 'x'",
        "UPDATE window_claim SET digest = ''",
        "UPDATE household SET \"user\" = 'x'",
        "DELETE FROM plan",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'x'",
        "UPDATE operator SET name = 'x'",
        "UPDATE operator_session SET operator_id = 1",
        "UPDATE plan_draft SET document = ''",
        "UPDATE webhook SET url = 'x'",
        "TRUNCATE window_claim",
        "DROP TABLE audit",
        "CREATE TABLE x (y integer)",
        "SELECT pg_read_file('/etc/passwd')",
    ):
        with pytest.raises(DBAPIError, match="InsufficientPrivilege"):
            async with limited.engine.begin() as connection:
                await connection.exec_driver_sql(statement)
    await limited.close()


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_the_services_role_has_just_these_rights(
    database: Database, cluster: Cluster
) -> None:
    """What it may do to whole tables, and to columns where it may not to the table."""
    with contextlib.suppress(RuntimeError):
        cluster.sql("CREATE ROLE service LOGIN PASSWORD 'for-the-tests'")
    async with database.engine.begin() as connection:
        await grant(connection, "service")
    name = str(database.url.database)
    rights = cluster.sql(
        "SELECT table_name || ' ' || string_agg(lower(left(privilege_type, 1)), ''"
        " ORDER BY privilege_type) FROM information_schema.role_table_grants"
        " WHERE grantee = 'service' GROUP BY table_name ORDER BY table_name",
        name,
    )
    assert dict(line.split() for line in rights.splitlines()) == {
        "agreement": "disu",
        "alembic_version": "s",
        "ask": "dis",
        "audit": "is",
        "household": "dis",
        "operator": "dis",
        "operator_session": "dis",
        "operator_token": "dis",
        "plan": "is",
        "plan_draft": "dis",
        "provider": "s",
        "webhook": "dis",
        "window_claim": "dis",
    }
    updates = cluster.sql(
        "SELECT table_name || '.' || column_name FROM"
        " information_schema.role_column_grants WHERE grantee = 'service'"
        " AND privilege_type = 'UPDATE' AND table_name <> 'agreement' ORDER BY 1",
        name,
    )
    assert set(updates.splitlines()) == {
        "household.blocked",
        "household.household_key",
        "household.password_expires",
        "household.password_hash",
        "household.plan_key",
        "household.setups",
        "household.token_hash",
        "operator.password_hash",
        "operator.role",
        "operator_session.seen",
        "plan.retired",
        "webhook.delivered",
        "webhook.disabled",
        "webhook.due",
        "webhook.error",
        "webhook.failing_since",
        "webhook.failures",
        "webhook.position",
        "window_claim.answered",
        "window_claim.number",
        "window_claim.outcome",
        "window_claim.reply",
        "window_claim.state",
    }


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_windows_stand_in_the_partition_of_their_month(
    provider: Provider, anna: Household, cluster: Cluster
) -> None:
    await anna.send(anna.report(anna.window(LAST), 2500))
    name = str(provider.database.url.database)
    found = cluster.sql("SELECT tableoid::regclass FROM window_claim", name)
    assert found == "window_claim_2026_01"


def test_months_of_a_period() -> None:
    # 2025-12-31 23:59:59 to 2026-02-01 00:00:01, UTC.
    found = list(months(1_767_225_599, 1_769_904_001))
    assert [first for first, _ in found] == [
        1_764_547_200,
        1_767_225_600,
        1_769_904_000,
    ]
    assert [after for _, after in found[:2]] == [first for first, _ in found[1:]]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_backup_and_restore_by_command(
    shell: Shell, tmp_path: Path, engine: str
) -> None:
    assert engine
    shell.done("plan", "create", "p", "--title", "How much?", "--threshold", "1000")
    shell.done("household", "enrol", "anna", "--plan", "p")
    shown = shell.done("plan", "show", "p")
    copied = tmp_path / "backup.db"
    assert "1 plans, 1 households" in shell.done("backup", str(copied))
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert "exists already" in shell.refused("backup", str(copied))

    shell.database.unlink()
    assert "1 household" in shell.done("migrate", "--from", str(copied))
    assert shell.done("plan", "show", "p") == shown
    assert "belongs to a provider" in shell.refused("migrate", "--from", str(copied))
    assert "no database at" in shell.refused("migrate", "--from", str(tmp_path / "x"))
    assert "for PostgreSQL" in shell.refused("migrate", "--grant", "service")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_keys_by_command(shell: Shell, engine: str) -> None:
    assert engine
    assert shell.done("keys", "list").count("\n") == 2
    assert "1 values are sealed" in shell.done("keys", "rotate")
    assert [line.split()[1] for line in shell.done("keys", "list").splitlines()] == [
        *("VALUES", "1", "0"),
    ]
    assert "was removed" in shell.done("keys", "prune")
    name = shell.done("keys", "add").split()[-1].removesuffix("`.")
    assert [line.split()[1] for line in shell.done("keys", "list").splitlines()] == [
        *("VALUES", "1", "0"),
    ]
    assert name in shell.done("keys", "rotate", "--to", name)
    assert shell.done("keys", "list").splitlines()[1].split()[:2] == [name, "1"]
    assert "no key 00" in shell.refused("keys", "rotate", "--to", "00")
    shell.done("keys", "prune")
    assert shell.done("keys", "prune") == ""
    with contextlib.closing(sqlite3.connect(shell.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "p" not in shell.done("plan", "list").splitlines()[1:]
