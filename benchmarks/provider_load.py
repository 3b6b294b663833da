"""The provider's service under load: real HTTP, durable commits, real reports.

    python -m benchmarks.provider_load [--households 64] [--windows 40] [--rounds 3]

For SQLite with one worker and PostgreSQL with one and two: reports a second, the time
of a reply, CPU and memory of the service; beside the same service taking the plain
reading in the same run with the same durability. Each is sent in two ways: as
households do it, one report on a TLS connection of its own, and over connections that
stay open without TLS, where privacy costs most beside the rest. Arms take turns; the
median round counts. Client, service and database share this machine's cores, so the
CPU a report is the steadier figure.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
import contextlib
from dataclasses import dataclass
import itertools
import json
import os
from pathlib import Path
import ssl
import statistics
import tempfile
from time import perf_counter, time
from urllib.parse import urlsplit

import httpx

from tests.provider.household import Household
from tests.provider.postgresql import (
    INSTALL,
    Cluster,
    find_binaries,
    running_cluster,
)

from .results import Result, UnavailableError, table
from .service import WINDOW, Service, certify, cpu_seconds, create
from .timing import machine

_CONNECTIONS = 32
KEPT_OPEN = "kept open"
TLS = "new, TLS"
WAYS = (KEPT_OPEN, TLS)
"""How reports are sent: over connections that stay, or as homes do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One arm, once."""

    rate: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a database and a way to connect.

    Attributes:
        rounds: of both arms (private: True).
        memory: of a worker (MiB).
    """

    engine: str
    workers: int
    way: str
    rounds: dict[bool, list[Round]]
    memory: float

    @property
    def price(self) -> float:
        """The CPU of a report as a multiple of the plain reading's."""
        private, plain = (
            min(each.cpu + each.database_cpu for each in self.rounds[arm])
            for arm in (True, False)
        )
        return private / plain

    def results(self) -> Iterator[Result]:
        """Yield the figures."""
        place = f"{self.engine}, {self.workers} worker{'s' * (self.workers > 1)}"
        place += f", connections {self.way}"
        middles = {arm: middle(rounds) for arm, rounds in self.rounds.items()}
        for text, value, most in (
            # What is asked of it is asked of how homes send.
            ("time a report", _time, 1.25 if self.way == TLS else None),
            ("CPU a report", _cpu, None),
            ("reply after", _reply, None),
        ):
            values = sorted(value(each) for each in self.rounds[True])
            yield Result(
                name=f"{place}: {text}",
                value=value(middles[True]),
                unit="ms",
                low=values[0],
                high=values[-1],
                beside="the plain reading",
                reference=value(middles[False]),
                most_ratio=most,
            )
        yield Result(
            name=f"{place}: reports a second",
            value=round(middles[True].rate),
            unit="",
            beside="the plain reading",
            reference=round(middles[False].rate),
        )
        yield Result(name=f"{place}: memory", value=round(self.memory), unit="MiB")


def _time(found: Round) -> float:
    return 1000 / found.rate


def _cpu(found: Round) -> float:
    return found.cpu + found.database_cpu


def _reply(found: Round) -> float:
    return found.p50


async def agree(service: Service, folder: Path) -> list[Household]:
    """Let all households agree."""
    lines = (folder / "sheets.csv").read_text().splitlines()[1:]
    made = []
    async with httpx.AsyncClient(base_url=service.address, timeout=60) as client:
        for line in lines:
            _, user, password, *_ = line.split(",")
            household = Household(client, user, password)
            made.append(await household.set_up())
    return made


def requests(
    homes: Sequence[Household],
    windows: range,
    host: str,
    *,
    private: bool,
    before: int,
) -> Iterator[bytes]:
    """Yield what households send of the windows before a time, as bytes on the wire."""
    for number in windows:
        for home in homes:
            window = home.window(before - (number + 1) * WINDOW)
            watts = 97 * number % 4000
            name = home.agreement.id.hex()
            if private:
                path, body = (
                    f"/v1/agreements/{name}/windows",
                    home.report(window, watts),
                )
            else:
                path = "/plain"
                body = json.dumps(
                    {
                        "agreement": name,
                        "start": window.start,
                        "end": window.end,
                        "watts": watts,
                    }
                ).encode()
            yield post(host, path, home.token, body)


def post(host: str, path: str, token: str, body: bytes) -> bytes:
    """Return a request as bytes on the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(
    address: str, messages: Sequence[bytes], trusted: ssl.SSLContext | None = None
) -> list[float]:
    """Send messages, some at a time; return the time of each reply (s).

    With TLS each has a connection of its own, else a few take all.
    """
    parts = urlsplit(address)
    waiting = iter(messages)
    times: list[float] = []

    async def work() -> None:
        streams = None
        for message in waiting:
            begun = perf_counter()
            if streams is None or trusted:
                streams = await asyncio.open_connection(
                    parts.hostname, parts.port, ssl=trusted
                )
            reader, writer = streams
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await reader.readexactly(size)
            times.append(perf_counter() - begun)
            if head.split()[1] != b"200":
                raise RuntimeError(body.decode(errors="replace"))
            if trusted:
                writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            group.create_task(work())
    return times


async def measure(
    service: Service,
    messages: Sequence[bytes],
    database: Sequence[int],
    trusted: ssl.SSLContext | None = None,
) -> Round:
    """Send messages; return what it took."""
    cpu, database_cpu = cpu_seconds(service.pids), cpu_seconds(database)
    begun = perf_counter()
    times = sorted(await send_all(service.address, messages, trusted))
    seconds, count = perf_counter() - begun, len(messages)
    return Round(
        rate=count / seconds,
        p50=statistics.median(times) * 1000,
        p99=times[int(0.99 * count)] * 1000,
        cpu=(cpu_seconds(service.pids) - cpu) / count * 1000,
        database_cpu=(cpu_seconds(database) - database_cpu) / count * 1000,
    )


async def compare(
    service: Service,
    homes: Sequence[Household],
    cluster: Cluster | None,
    spans: Iterator[range],
    *,
    before: int,
    trusted: ssl.SSLContext | None,
    rounds: int,
) -> dict[bool, list[Round]]:
    """Return the rounds of both arms (private: True)."""
    host = urlsplit(service.address).netloc
    found: dict[bool, list[Round]] = {True: [], False: []}
    # A round before those that count fills caches and connections.
    for number in range(rounds + 1):
        span = next(spans)
        for private in (number % 2 == 0, number % 2 == 1):
            messages = list(requests(homes, span, host, private=private, before=before))
            processes = cluster.processes() if cluster else []
            done = await measure(service, messages, processes, trusted)
            if number:
                found[private].append(done)
    return found


def middle(rounds: Sequence[Round]) -> Round:
    """Return the median round, by its rate."""
    return sorted(rounds, key=lambda each: each.rate)[len(rounds) // 2]


async def arms(
    engine: str,
    workers: int,
    cluster: Cluster | None,
    *,
    households: int,
    windows: int,
    rounds: int,
    ways: Sequence[str] = WAYS,
) -> AsyncIterator[Found]:
    """Yield what was found of a database, for each way to connect."""
    with tempfile.TemporaryDirectory() as name:
        config = create(Path(name), cluster, households)
        certificate, trusted = certify(Path(name))
        service = Service(config, workers)
        try:
            homes = await agree(service, Path(name))
            before = int(time()) // WINDOW * WINDOW
            spans = (
                range(first, first + windows) for first in itertools.count(60, windows)
            )
            for way in ways:
                if way == TLS:
                    service.stop()
                    service = Service(config, workers, *certificate)
                found = await compare(
                    service,
                    homes,
                    cluster,
                    spans,
                    before=before,
                    trusted=trusted if way == TLS else None,
                    rounds=rounds,
                )
                yield Found(
                    engine=engine,
                    workers=workers,
                    way=way,
                    rounds=found,
                    memory=service.memory(),
                )
        finally:
            service.stop()


@contextlib.contextmanager
def database(engine: str) -> Iterator[Cluster | None]:
    """Start a PostgreSQL of one's own, if that is the engine.

    Raises:
        UnavailableError: it isn't installed.
    """
    if engine == "SQLite":
        yield None
        return
    if find_binaries() is None:
        raise UnavailableError(f"PostgreSQL is missing: {INSTALL}")
    with running_cluster(durable=True) as cluster:
        yield cluster


def results(*, quick: bool) -> Iterator[Result]:
    """Yield time and CPU of a report beside those of the plain reading."""
    for engine, workers in (("SQLite", 1), ("PostgreSQL", 1)):
        with database(engine) as cluster:
            for found in asyncio.run(
                _list(
                    arms(
                        engine,
                        workers,
                        cluster,
                        households=32 if quick else 64,
                        windows=10 if quick else 40,
                        rounds=3 if quick else 5,
                    )
                )
            ):
                yield from found.results()


async def _list[Item](items: AsyncIterator[Item]) -> list[Item]:
    return [item async for item in items]


async def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=64)
    parser.add_argument("--windows", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{machine()}; load before: {os.getloadavg()[0]:.1f}")
    print(
        f"{options.households} households, {_CONNECTIONS} connections,"
        f" {options.households * options.windows} reports a round"
    )
    for engine, workers in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2)):
        with database(engine) as cluster:
            async for found in arms(engine, workers, cluster, **vars(options)):
                print(table(found.results()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
