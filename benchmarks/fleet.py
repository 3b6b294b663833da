"""A fleet of households against the real service: what does a thousand more cost?

    python -m benchmarks.fleet [--households 20000] [--rounds 3] [--folder build/fleet]

Every household logs in, sets up and reports with the real protocol, over real HTTP, to
the real service with durable commits. Set-ups take both sides most of the time; they are
kept in the folder, and a run that was stopped goes on there. Then the first thousand
households report, the first five thousand, and all of them, with SQLite and, after
`migrate --from`, with PostgreSQL; the median round counts.
"""

import argparse
import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
import csv
import itertools
import os
from pathlib import Path
import sqlite3
from time import perf_counter, time
from urllib.parse import urlsplit

from currentcost_exchange import HouseholdAgreement
import httpx

from tests.provider.household import Household
from tests.provider.postgresql import Cluster, running_cluster

from .provider_load import Round, measure, middle, post
from .service import WINDOW, Service, cpu_seconds, create, run
from .timing import machine

_SIZES = (1000, 5000, 20_000)
_CHUNK = 50
_AT_ONCE = 4
_YEAR_OF_QUARTERS = 365 * 96


class Homes:
    """The households' side, kept in a file."""

    def __init__(self, file: Path) -> None:
        """Open or create it."""
        self._connection = sqlite3.connect(file)
        self._connection.executescript(
            "CREATE TABLE IF NOT EXISTS home (user TEXT PRIMARY KEY, token TEXT,"
            " agreement BLOB); CREATE TABLE IF NOT EXISTS used (start INTEGER)"
        )

    def users(self) -> set[str]:
        """Return who has agreed."""
        return {row[0] for row in self._connection.execute("SELECT user FROM home")}

    def add(self, agreed: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep those who have agreed."""
        with self._connection:
            self._connection.executemany("INSERT INTO home VALUES (?, ?, ?)", agreed)

    def first(self, count: int) -> list[tuple[str, bytes]]:
        """Return tokens and agreements of some."""
        query = "SELECT token, agreement FROM home ORDER BY rowid LIMIT ?"
        return self._connection.execute(query, (count,)).fetchall()

    def new_window(self) -> int:
        """Return the start of a window that nobody has reported yet."""
        used = {row[0] for row in self._connection.execute("SELECT start FROM used")}
        latest = int(time()) // WINDOW * WINDOW - WINDOW
        start = next(
            start for start in itertools.count(latest, -WINDOW) if start not in used
        )
        with self._connection:
            self._connection.execute("INSERT INTO used VALUES (?)", (start,))
        return start


def agree(address: str, lines: Sequence[list[str]]) -> list[tuple[str, str, bytes]]:
    """Let households agree; return user, token and agreement of each."""

    async def work() -> list[tuple[str, str, bytes]]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(client: httpx.AsyncClient, line: Sequence[str]) -> Household:
            async with gate:
                return await Household(client, line[1], line[2]).set_up()

        async with httpx.AsyncClient(base_url=address, timeout=120) as client:
            homes = await asyncio.gather(*(one(client, line) for line in lines))
        return [(home.user, home.token, home.agreement.to_bytes()) for home in homes]

    return asyncio.run(work())


def garble(host: str, start: int, homes: Sequence[tuple[str, bytes]]) -> list[bytes]:
    """Return the requests with which households report a window."""
    made = []
    for number, (token, stored) in enumerate(homes):
        agreement = HouseholdAgreement.from_bytes(stored)
        plan = agreement.statement.plan
        report = agreement.report(
            plan.schedule.window_at(start), plan.encode([[37 * number % 4000]])
        )
        path = f"/v1/agreements/{agreement.id.hex()}/windows"
        made.append(post(host, path, token, report))
    return made


def set_up(
    service: Service, folder: Path, homes: Homes, pool: ProcessPoolExecutor
) -> None:
    """Let all of the sheets agree that haven't yet; print what that takes."""
    known = homes.users()
    with (folder / "sheets.csv").open(newline="") as file:
        lines = list(itertools.islice(csv.reader(file), 1, None))
    missing = [line for line in lines if line[1] not in known]
    done, begun, cpu = 0, perf_counter(), cpu_seconds(service.pids)
    chunks = list(itertools.batched(missing, _CHUNK, strict=False))
    for agreed in pool.map(agree, itertools.repeat(service.address), chunks):
        homes.add(agreed)
        done += len(agreed)
        if done % 1000 == 0 or done == len(missing):
            seconds, used = perf_counter() - begun, cpu_seconds(service.pids) - cpu
            print(
                f"{len(known) + done:>6} agreed: {seconds / done * 1000:.1f} ms each,"
                f" {used / done * 1000:.1f} ms of the service's CPU",
                flush=True,
            )


def report(
    service: Service,
    homes: Homes,
    pool: ProcessPoolExecutor,
    count: int,
    database: Sequence[int],
) -> Round:
    """Let the first households report a window."""
    host, start = urlsplit(service.address).netloc, homes.new_window()
    chunks = list(itertools.batched(homes.first(count), 500, strict=False))
    hosts, starts = itertools.repeat(host), itertools.repeat(start)
    messages = [m for made in pool.map(garble, hosts, starts, chunks) for m in made]
    return asyncio.run(measure(service, messages, database))


def size(folder: Path, cluster: Cluster | None) -> int:
    """Return the bytes of the database."""
    if cluster is not None:
        query = "SELECT sum(pg_database_size(datname)) FROM pg_database"
        return int(cluster.sql(f"{query} WHERE datname LIKE 'provider%'"))
    with sqlite3.connect(folder / "provider.db") as connection:
        pages, free, page = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * page)


def reporting(
    config: Path,
    homes: Homes,
    pool: ProcessPoolExecutor,
    *,
    sizes: Sequence[int],
    rounds: int,
    cluster: Cluster | None,
) -> Iterator[str]:
    """Yield lines of the table for one database."""
    folder = config.parent
    engine = "SQLite" if cluster is None else "PostgreSQL"
    empty, reports = size(folder, cluster), 0
    service = Service(config, 1)
    try:
        for count in sizes:
            found = []
            for _ in range(rounds):
                database = cluster.processes() if cluster else []
                found.append(report(service, homes, pool, count, database))
            reports += rounds * count
            each = middle(found)
            yield (
                f"{engine:<10}  {count:>10}  {each.rate:>9.0f}  {each.p50:>6.1f}"
                f"  {each.p99:>6.1f}  {each.cpu:>6.2f}  {each.database_cpu:>15.2f}"
                f"  {service.memory():>10.0f}"
            )
    finally:
        service.stop()
    each_report = (size(folder, cluster) - empty) / reports
    yield (
        f"{engine}: {empty / sizes[-1]:.0f} bytes a household before its first report,"
        f" {each_report:.0f} a report: {each_report * _YEAR_OF_QUARTERS / 1e6:.1f} MB"
        " a year of quarters of an hour"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("build/fleet"))
    options = parser.parse_args()
    folder: Path = options.folder
    config = folder / "provider.toml"
    print(f"{machine()}; load before: {os.getloadavg()[0]:.1f}")
    if not config.exists():
        folder.mkdir(parents=True, exist_ok=True)
        create(folder, None, options.households)
    homes = Homes(folder / "homes.db")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        service = Service(config, 1)
        try:
            set_up(service, folder, homes, pool)
        finally:
            service.stop()
        everybody = len(homes.users())
        sizes = sorted({min(count, everybody) for count in _SIZES})
        print(
            "database    households  reports/s  p50 ms  p99 ms"
            "  CPU ms  database CPU ms  memory MiB"
        )
        with running_cluster(durable=True) as cluster:
            server = folder / "postgresql.toml"
            url = cluster.new_database().render_as_string(hide_password=False)
            server.touch(mode=0o600)
            server.write_text(f'database = "{url}"\nkey_file = "provider.keys"\n')
            begun = perf_counter()
            run(server, "migrate", "--from", str(folder / "provider.db"))
            moved = perf_counter() - begun
            for place, engine in ((config, None), (server, cluster)):
                for line in reporting(
                    place,
                    homes,
                    pool,
                    sizes=sizes,
                    rounds=options.rounds,
                    cluster=engine,
                ):
                    print(line, flush=True)
        print(f"migrate --from SQLite to PostgreSQL: {moved:.0f} s")


if __name__ == "__main__":
    main()
