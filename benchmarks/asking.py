"""The question on demand: from an operator's request to the bucket, over real HTTP.

    python -m benchmarks.asking

One worker, SQLite, durable commits. All households wait; then each is asked by a request
of its own, one after the other, and answers at once (at home the answer waits until the
samples of the ten seconds are known). Then all are asked together.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
import tempfile
from time import perf_counter
from typing import Any, Final

import httpx

from tests.provider.household import Household
from tests.provider.process import Process, done, done_json
from tests.provider.test_process import plan_by_commands

from .results import Result, UnavailableError, of_times, table
from .timing import machine

HOUSEHOLDS: Final = 10
"""As many as an operator may ask without a pause."""
_WATTS: Final = 1500
_PACE: Final = 6.1
"""Seconds between two questions that an operator may ask in the long run."""


def results(*, quick: bool) -> Iterator[Result]:
    """Yield how long an answer takes, and all of them together."""
    if quick:
        raise UnavailableError("it waits for most of a minute; script/benchmark asking")
    taken, together = asyncio.run(_with_a_service(HOUSEHOLDS))
    yield of_times("one household, from the operator's request to its answer", taken)
    yield Result(
        name=f"{len(taken)} households asked together, all answers",
        value=together * 1e3,
        unit="ms",
        beside="as many, one after the other",
        reference=sum(taken) * 1e3,
    )


async def _with_a_service(households: int) -> tuple[list[float], float]:
    """Return the seconds of each answer, and of all of them together."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "provider.db"
        await asyncio.to_thread(plan_by_commands, database)
        sheets = [
            await asyncio.to_thread(
                done_json,
                database,
                "household",
                "enrol",
                f"home-{n}",
                "--plan",
                "evening",
            )
            for n in range(households)
        ]
        done(database, "operator", "add", "asker", "--role", "operator")
        token = done(database, "operator", "token", "asker").strip()
        process = Process(database)
        await process.start()
        try:
            return await _measure(process, sheets, token)
        finally:
            await process.stop()


async def _measure(
    process: Process, sheets: list[Any], token: str
) -> tuple[list[float], float]:
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(
            base_url=process.address, timeout=90, limits=limits
        ) as client,
        httpx.AsyncClient(base_url=process.address, headers=headers) as operator,
    ):
        homes = [
            await Household(client, each["user"], each["password"]).set_up()
            for each in sheets
        ]
        taken, after = [], []
        for home in homes:
            answering = asyncio.create_task(answer(home))
            await asyncio.sleep(0.5)
            begun = perf_counter()
            response = await operator.post(
                "/v1/operator/asks", json={"household": home.user}
            )
            response.raise_for_status()
            after.append(await answering)
            taken.append(perf_counter() - begun)
        # The next ten seconds.
        await asyncio.sleep(10.5)
        together = [
            asyncio.create_task(answer(home, start))
            for home, start in zip(homes, after, strict=True)
        ]
        await asyncio.sleep(0.5)
        begun = perf_counter()
        response = await operator.post("/v1/operator/asks", json={"plan": "evening"})
        while response.status_code == 429:
            await asyncio.sleep(_PACE)
            begun = perf_counter()
            response = await operator.post(
                "/v1/operator/asks", json={"plan": "evening"}
            )
        await asyncio.gather(*together)
        return taken, perf_counter() - begun


async def answer(home: Household, after: int = 0) -> int:
    """Wait for a question, and answer it; return the start of its window."""
    agreement_id = home.agreement.id.hex()
    response = await home.get(
        f"/v1/agreements/{agreement_id}/ask?wait=55&after={after}"
    )
    window = home.agreement.read_ask(response.content)
    sent = home.report(window, _WATTS)
    reply = await home.send(sent)
    if home.outcome(sent, reply) is None:
        raise RuntimeError("no bucket")
    return window.start


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
