"""Households that wait for a question on demand: what each costs, and who is told in time.

    python -m benchmarks.waiting 1000 5000

One worker, SQLite. So many connections wait as homes do, 40 to 50 seconds and then again;
they have a token and an agreement each, put into the database (no protocol is run for
them). Memory is what the service's process grew by; CPU is its share of one core while
nothing is asked. Then a household that really agreed waits among them and is asked,
several times: the time from the operator's request to the stored bucket.
"""

import argparse
import asyncio
from collections.abc import Sequence
import os
from pathlib import Path
import random
import secrets
import sqlite3
import statistics
import tempfile
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import httpx

from currentcost_provider.credentials import hash_token, new_token
from currentcost_provider.running import raise_limit
from tests.provider.household import Household
from tests.provider.process import Process, done, done_json
from tests.provider.test_process import plan_by_commands

from .asking import answer
from .timing import machine

PACE: Final = 0.005
"""Seconds from one household that begins to wait to the next."""
SETTLE: Final = 5.0
"""Seconds after the last household has come, before anything is measured."""
WATCHED: Final = 60.0
"""Seconds of waiting that are measured: each household comes again once."""
QUESTIONS: Final = 5

type Waiting = tuple[str, str]
"""Token and agreement, in hexadecimal."""


def put(database: Path, count: int) -> list[Waiting]:
    """Store households that wait, as copies of one that agreed."""
    made = []
    with sqlite3.connect(database) as connection:
        home = list(connection.execute("SELECT * FROM household").fetchone())
        agreement = list(connection.execute("SELECT * FROM agreement").fetchone())
        names = _columns(connection, "household"), _columns(connection, "agreement")
        for number in range(count):
            token, agreement_id = new_token(), secrets.token_bytes(16)
            values = dict(zip(names[0], home, strict=True)) | {
                "id": 1_000_000 + number,
                "user": f"waits-{number}",
                "token_hash": hash_token(token),
            }
            _insert(connection, "household", values)
            values = dict(zip(names[1], agreement, strict=True)) | {
                "id": agreement_id,
                "household_id": 1_000_000 + number,
            }
            _insert(connection, "agreement", values)
            made.append((token, agreement_id.hex()))
    connection.close()
    return made


async def wait(address: str, waiting: Waiting, later: list[int]) -> None:
    """Wait as a home does, again and again; count who is told to come later."""
    token, agreement = waiting
    parts = urlsplit(address)
    while True:
        seconds = random.randint(40, 50)  # noqa: S311  # spreads, hides nothing
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(
                f"GET /v1/agreements/{agreement}/ask?wait={seconds} HTTP/1.1\r\n"
                f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()
        if head.startswith(b"HTTP/1.1 503"):
            later[0] += 1
            await asyncio.sleep(random.uniform(5, 15))  # noqa: S311  # as above
        elif not head.startswith(b"HTTP/1.1 204"):
            raise RuntimeError(head.decode())


async def main(counts: Sequence[int]) -> None:
    """Measure, and print."""
    raise_limit()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            place = Path(folder) / str(count)
            place.mkdir()
            await _measure(place / "provider.db", count)


async def _measure(database: Path, count: int) -> None:
    await asyncio.to_thread(plan_by_commands, database)
    enrol = ("household", "enrol", "anna", "--plan", "evening")
    sheet = await asyncio.to_thread(done_json, database, *enrol)
    done(database, "operator", "add", "asker", "--role", "operator")
    token = done(database, "operator", "token", "asker").strip()
    process = Process(database)
    await process.start()
    try:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(base_url=process.address, timeout=90) as client,
            httpx.AsyncClient(
                base_url=process.address, timeout=90, headers=headers
            ) as operator,
        ):
            anna = await Household(client, sheet["user"], sheet["password"]).set_up()
            made = await asyncio.to_thread(put, database, count)
            before = _memory(process.pid)
            async with asyncio.TaskGroup() as group:
                tasks, later = [], [0]
                begun = perf_counter()
                for each in made:
                    tasks.append(group.create_task(wait(process.address, each, later)))
                    await asyncio.sleep(PACE)
                await _all_wait(operator, count)
                arrived = perf_counter() - begun
                await asyncio.sleep(SETTLE)
                grown = _memory(process.pid) - before
                cpu = _cpu(process.pid)
                await asyncio.sleep(WATCHED)
                cpu = _cpu(process.pid) - cpu
                taken, after = [], 0
                for _ in range(QUESTIONS):
                    answering = asyncio.create_task(answer(anna, after))
                    await asyncio.sleep(0.5)
                    asked = perf_counter()
                    response = await operator.post(
                        "/v1/operator/asks", json={"household": "anna"}
                    )
                    response.raise_for_status()
                    after = await answering
                    taken.append(perf_counter() - asked)
                    # The next ten seconds.
                    await asyncio.sleep(10.5)
                for task in tasks:
                    task.cancel()
    finally:
        await process.stop()
    print(
        f"{count} wait (all there after {arrived:.0f} s): {grown / count / 1024:.0f} KiB"
        f" each, {cpu / WATCHED:.1%} of a core; asked among them, answered in"
        f" {statistics.median(taken) * 1000:.0f} ms in the median,"
        f" {max(taken) * 1000:.0f} ms at most, of {QUESTIONS}; {later[0]} were told to"
        " come later",
        flush=True,
    )


async def _all_wait(operator: httpx.AsyncClient, count: int) -> None:
    """Return once so many wait, as the service counts them."""
    while True:
        response = await operator.get("/metrics")
        response.raise_for_status()
        for line in response.text.splitlines():
            name, _, number = line.partition(" ")
            if name == "currentcost_waiting_households" and float(number) >= count:
                return
        await asyncio.sleep(0.2)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _insert(
    connection: sqlite3.Connection, table: str, values: dict[str, object]
) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # own names
        list(values.values()),
    )


def _memory(pid: int) -> int:
    """Return the bytes of memory that a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no such process")


def _cpu(pid: int) -> float:
    """Return the seconds that a process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="+", help="households that wait")
    asyncio.run(main(parser.parse_args().count))
