"""The service as people run it: killed, restarted, stopped, watched, over TLS."""

import asyncio
from collections.abc import AsyncIterator, Iterator
import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
import shutil
import signal
import sqlite3
import ssl
import struct
import time

from currentcost_exchange import bucket_of, parse_claim
import httpx
import pytest
import trustme

from currentcost_provider.storage.database import Database

from .conftest import leave_claim
from .household import Household, problem
from .process import Process, done, done_json

THRESHOLDS = (1000, 2000, 3000)
WINDOW = 60


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made by the commands, with a plan since yesterday."""
    path = tmp_path_factory.mktemp("planned") / "provider.db"
    plan_by_commands(path)
    return path


def plan_by_commands(place: Path, option: str = "--database") -> None:
    """Make a provider with a plan since yesterday."""
    done(place, "init", "--name", "Acme Power", option=option)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    done(
        place,
        *("plan", "create", "evening", "--title", "How much power do you draw?"),
        *(part for value in THRESHOLDS for part in ("--threshold", str(value))),
        *("--window", str(WINDOW), "--start", f"{yesterday:%Y-%m-%d}", "--days", "9"),
        *("--lateness", str(3 * 86_400)),
        option=option,
    )


@pytest.fixture
def database(planned: Path, tmp_path: Path) -> Path:
    """A copy of it for the test alone."""
    shutil.copy(planned.with_suffix(".keys"), tmp_path / "provider.keys")
    return Path(shutil.copy(planned, tmp_path / "provider.db"))


@pytest.fixture
async def process(database: Path) -> AsyncIterator[Process]:
    process = Process(database)
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
async def anna(database: Path, process: Process) -> AsyncIterator[Household]:
    """A household with a running agreement."""
    async with httpx.AsyncClient(base_url=process.address, timeout=30) as client:
        yield await enrolled(database, client)


async def enrolled(database: Path, client: httpx.AsyncClient) -> Household:
    sheet = done_json(database, "household", "enrol", "anna", "--plan", "evening")
    return await Household(client, sheet["user"], sheet["password"]).set_up()


def last_window() -> int:
    """Return the start of the window that ended last."""
    return int(time.time()) // WINDOW * WINDOW - WINDOW


async def test_killed_between_claim_and_outcome(
    database: Path, process: Process, anna: Household
) -> None:
    report = anna.report(anna.window(last_window()), 2500)
    await process.kill()
    killed = Database(database)
    await leave_claim(killed, parse_claim(report))
    await killed.close()
    assert done_json(database, "results", "list") == []

    await process.start()
    anna.client.base_url = httpx.URL(process.address)
    other = anna.report(anna.window(last_window()), 500)
    if parse_claim(other).window == parse_claim(report).window:
        assert problem(await anna.send(other)) == (409, "window_taken")
    assert anna.outcome(report, await anna.send(report)) == 3
    [result] = done_json(database, "results", "list")
    assert result["outcome"] == 3


async def test_killed_again_and_again_under_load(
    database: Path, process: Process, anna: Household
) -> None:
    """No window is lost or counted twice, and no reply that went out changes."""
    last = last_window()
    watts = {last - number * WINDOW: 70 * number for number in range(60)}
    reports = {start: anna.report(anna.window(start), w) for start, w in watts.items()}
    replies: dict[int, httpx.Response] = {}
    at_once = asyncio.Semaphore(4)

    async def send(start: int, goal: int) -> None:
        with contextlib.suppress(httpx.TransportError):
            async with at_once:
                replies[start] = await anna.send(reports[start])
        if len(replies) >= goal:
            enough.set()

    for goal in (5, 15, 25, 40, 55):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(send(start, goal))
                for start in reports
                if start not in replies
            ]
            await enough.wait()
            await process.kill()
            for task in tasks:
                task.cancel()
        assert len(replies) < len(reports), "it was all over before the kill"
        await process.start()
        anna.client.base_url = httpx.URL(process.address)
    for start in reports:
        await send(start, len(reports))

    for start, report in reports.items():
        expected = bucket_of(watts[start], THRESHOLDS)
        assert anna.outcome(report, replies[start]) == expected
        assert (await anna.send(report)).content == replies[start].content
    results = done_json(database, "results", "list", "--household", "anna")
    assert [result["outcome"] for result in results] == [
        bucket_of(watts[start], THRESHOLDS) for start in sorted(reports)
    ]


async def test_restart_keeps_everything(
    database: Path, process: Process, anna: Household
) -> None:
    first = anna.report(anna.window(last_window() - WINDOW), 1500)
    reply = await anna.send(first)
    assert await process.stop() == 0
    await process.start(httpx.URL(process.address).port or 0)

    assert (await anna.send(first)).content == reply.content
    second = anna.report(anna.window(last_window()), 500)
    assert anna.outcome(second, await anna.send(second)) == 1
    assert len(done_json(database, "results", "list")) == 2


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
async def test_signal_stops_it_with_success(
    process: Process, with_signal: signal.Signals
) -> None:
    async with httpx.AsyncClient(base_url=process.address) as client:
        assert (await client.get("/v1/")).status_code == 200
        assert await process.stop(with_signal) == 0
        with pytest.raises(httpx.ConnectError):
            await client.get("/v1/")
    assert "Traceback" not in process.log.read_text()


async def test_commands_work_beside_the_service(
    database: Path, anna: Household
) -> None:
    done_json(database, "household", "enrol", "ben", "--plan", "evening")
    report = anna.report(anna.window(last_window()), 1500)
    await anna.send(report)
    [result] = done_json(database, "results", "list")
    assert result["label"] == "bucket 2"

    sheet = done_json(database, "household", "reset", "anna")
    assert problem(await anna.send(report)) == (401, "token")
    anna.password = sheet["password"]
    await anna.log_in()
    assert anna.outcome(report, await anna.send(report)) == 2


async def test_taken_port_is_said(process: Process, database: Path) -> None:
    port = httpx.URL(process.address).port
    second = Process(database)
    with pytest.raises(AssertionError, match="can't listen on"):
        await second.start(port or 0)


READING = 104_729
"""A reading unlike anything else that is stored."""


async def test_no_secret_and_no_reading_is_stored_or_logged(
    database: Path, process: Process, anna: Household
) -> None:
    received: list[bytes] = []

    async def keep(request: httpx.Request) -> None:
        received.append(await request.aread())

    anna.client.event_hooks["request"] = [keep]
    for number in range(5):
        report = anna.report(anna.window(last_window() - number * WINDOW), READING)
        assert anna.outcome(report, await anna.send(report)) == 0
    for path in (f"/v1/plan?token={anna.token}", f"/v1/{anna.token}"):
        await anna.client.get(path, headers={"Authorization": f"Bearer {anna.token}"})
    stranger = Household(anna.client, "anna", "zzzz-yyyy-xxxx-wwww")
    await stranger.log_in()
    del received[-1]

    await process.stop()
    files = [file.read_bytes() for file in sorted(database.parent.iterdir())]
    assert len(files) == 3, "the database, its keys and the log"
    assert not any(holds_reading(item, READING) for item in [*files, *received])
    assert not any(holds_reading(cell, READING) for cell in cells(database))
    log = process.log.read_text()
    assert log.count("POST /v1/agreements/{agreement_id}/windows 200") == 5
    for secret in (anna.token, anna.password, stranger.password):
        assert secret not in log
        assert secret.replace("-", "") not in log
        assert secret.encode() not in b"".join(files)
    assert stranger.user not in log


def cells(database: Path) -> Iterator[object]:
    """Yield every value that is stored."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # its own name
                yield from row


def holds_reading(value: object, watts: int) -> bool:
    """Return whether a value is a reading, or has it anywhere in any form."""
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        return value == watts
    bits = [watts >> position & 1 for position in range(17)]
    forms = [
        str(watts).encode(),
        *(struct.pack(f"{order}{size}", watts) for order in "<>" for size in "iqd"),
        bytes(bits),
        bytes(reversed(bits)),
        "".join(map(str, bits)).encode(),
        "".join(map(str, reversed(bits))).encode(),
    ]
    return any(form in value for form in forms)


@pytest.mark.parametrize(
    "planted",
    [
        READING,
        float(READING),
        f"{{'watts': {READING}}}",
        b"\x05" + READING.to_bytes(4) + b"\xff",
        bytes(9) + READING.to_bytes(8, "little") + b"\xff",
        struct.pack(">d", READING),
        f"{READING:017b}",
    ],
)
def test_search_for_a_reading_finds_one(planted: object, tmp_path: Path) -> None:
    database = tmp_path / "planted.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE anything (thing)")
        connection.execute("INSERT INTO anything VALUES (1), (?)", [planted])
        connection.commit()
    assert [holds_reading(cell, READING) for cell in cells(database)] == [False, True]


async def test_tls(database: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    process = Process(
        database, "--certificate", str(certificate), "--private-key", str(key)
    )
    await process.start()
    try:
        assert process.address.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(
            base_url=process.address, verify=trusted
        ) as client:
            anna = await enrolled(database, client)
            report = anna.report(anna.window(last_window()), 1500)
            assert anna.outcome(report, await anna.send(report)) == 2
        async with httpx.AsyncClient(base_url=process.address) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get("/v1/")
        plain = process.address.replace("https", "http")
        async with httpx.AsyncClient(base_url=plain) as client:
            with pytest.raises(httpx.TransportError):
                await client.get("/v1/")
    finally:
        await process.kill()
