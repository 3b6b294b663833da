"""Does a report cost the provider more where it has more households? And how big is all?

One household sets up for real. The others are copies of it with seeds, keys and access of
their own, written straight into the database: their seeds come from an ideal transfer (a
trusted party that hands them out), which spares 60 ms each of public-key operations and is
otherwise the same. Every report is real, over HTTP with durable commits (SQLite).

    python -m benchmarks.agreements
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import secrets
import sqlite3
import tempfile
from time import time
from typing import Any, Final
from urllib.parse import urlsplit

from currentcost_exchange import HouseholdAgreement

from currentcost_provider.credentials import hash_token
from currentcost_provider.storage.sealed import open_agreement, seal_agreement
from currentcost_provider.storage.vault import KeyFile, Vault

from .provider_load import Round, agree, measure, post
from .results import Result, table
from .service import WINDOW, Service, create
from .timing import machine

SIZES: Final = (1, 100, 1000, 10_000, 100_000)
ROUNDS: Final = 5
_REPORTS: Final = 50
"""In a round; one household may send 300 requests at once."""

type Home = tuple[str, HouseholdAgreement]
"""A household's token and agreement."""


class Fleet:
    """A provider's database, and some of the households in it."""

    def __init__(self, folder: Path) -> None:
        """Create it with one household, which sets up as always."""
        self.config = create(folder, None, 1)
        service = Service(self.config, 1)
        try:
            (home,) = asyncio.run(agree(service, folder))
        finally:
            service.stop()
        self.first: Home = (home.token, home.agreement)
        self.file = folder / "provider.db"
        self._vault = Vault(KeyFile(folder / "provider.keys"))
        self._count = 1
        with sqlite3.connect(self.file) as connection:
            connection.row_factory = sqlite3.Row
            self._rows = {
                name: dict(connection.execute(f"SELECT * FROM {name}").fetchone())  # noqa: S608  # two names
                for name in ("household", "agreement")
            }
        sealed = self._rows["agreement"]["agreement"]
        self._agreement = open_agreement(self._vault, home.agreement.id, sealed)

    def grow(self, size: int) -> list[Home]:
        """Add households until there are so many; return some of the new ones."""
        added = range(self._count, size)
        wanted = set(added[:: max(1, len(added) // _REPORTS)])
        homes = []
        with sqlite3.connect(self.file) as connection:
            for number in added:
                home = self._add(connection, number)
                if number in wanted:
                    homes.append(home)
        self._count = size
        return homes or [self.first]

    def _add(self, connection: sqlite3.Connection, number: int) -> Home:
        token, real = secrets.token_urlsafe(32), self.first[1]
        pairs = [(secrets.token_bytes(32), secrets.token_bytes(32)) for _ in real.pairs]
        session, key = secrets.token_bytes(32), secrets.token_bytes(32)
        choices = self._agreement.choices
        seeds = [pair[bit] for pair, bit in zip(pairs, choices, strict=True)]
        held = replace(self._agreement, session=session, key=key, seeds=seeds)
        _insert(
            connection,
            "household",
            self._rows["household"]
            | {
                "id": 1000 + number,
                "user": f"copy-{number}",
                "token_hash": hash_token(token),
            },
        )
        _insert(
            connection,
            "agreement",
            self._rows["agreement"]
            | {
                "id": held.id,
                "household_id": 1000 + number,
                "agreement": seal_agreement(self._vault, held),
            },
        )
        return token, replace(real, session=session, key=key, pairs=pairs)


def _insert(connection: sqlite3.Connection, name: str, row: dict[str, Any]) -> None:
    connection.execute(
        f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608  # our own names
        tuple(row.values()),
    )


def results(*, quick: bool) -> Iterator[Result]:
    """Yield CPU and time of a report at each size, beside those of one household."""
    with tempfile.TemporaryDirectory() as name:
        fleet = Fleet(Path(name))
        first: Result | None = None
        for size in SIZES[:3] if quick else SIZES:
            found, memory = _report(fleet, fleet.grow(size))
            values = sorted(each.cpu for each in found)
            result = Result(
                name=f"{size} household(s): CPU a report at the provider",
                value=values[len(values) // 2],
                unit="ms",
                low=values[0],
                high=values[-1],
            )
            if first is not None:
                result = replace(
                    result,
                    beside="one household",
                    reference=first.value,
                    most_ratio=1.25,
                )
            yield result
            first = first or result
            files = fleet.file.parent.glob("provider.db*")
            kilobytes = sum(file.stat().st_size for file in files) / size / 1000
            if size > 1:
                yield Result(
                    name=f"{size} households: database, each",
                    value=kilobytes,
                    unit="kB",
                )
            yield Result(
                name=f"{size} household(s): memory of the service",
                value=round(memory),
                unit="MiB",
            )


def _report(fleet: Fleet, homes: list[Home]) -> tuple[list[Round], float]:
    """Let homes report, some windows each; return the rounds and the memory (MiB)."""
    service = Service(fleet.config, 1)
    try:
        host = urlsplit(service.address).netloc
        before = int(time()) // WINDOW * WINDOW
        found = []
        # A round before those that count fills caches.
        for number in range(ROUNDS + 1):
            messages = []
            for report in range(_REPORTS):
                token, agreement = homes[report % len(homes)]
                plan = agreement.statement.plan
                start = before - (number * _REPORTS + report + 2) * WINDOW
                message = agreement.report(
                    plan.schedule.window_at(start), plan.encode([[97 * report % 4000]])
                )
                path = f"/v1/agreements/{agreement.id.hex()}/windows"
                messages.append(post(host, path, token, message))
            found.append(asyncio.run(measure(service, messages, [])))
        return found[1:], service.memory()
    finally:
        service.stop()


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
