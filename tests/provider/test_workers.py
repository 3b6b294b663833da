"""Several workers on one PostgreSQL: any may die, none keeps what another lacks."""

import asyncio
from collections.abc import AsyncIterator
import json
import os
from pathlib import Path
import signal

from currentcost_exchange import bucket_of
import httpx
import pytest
from sqlalchemy import URL

from .household import Household
from .postgresql import Cluster
from .process import Process, done, done_json, run
from .test_process import THRESHOLDS, last_window, plan_by_commands

WINDOW = 60


@pytest.fixture(scope="module")
def config(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A provider that the commands made, for two workers."""
    config = tmp_path_factory.mktemp("workers") / "provider.toml"
    url = cluster.new_database().render_as_string(hide_password=False)
    config.touch(mode=0o600)
    config.write_text(f'database = "{url}"\nworkers = 2\nlog = "json"\n')
    plan_by_commands(config, "--config")
    return config


@pytest.fixture
async def process(config: Path) -> AsyncIterator[Process]:
    """Two workers."""
    process = Process(config, option="--config")
    await process.start()
    yield process
    await process.kill()


async def workers_of(process: Process) -> list[int]:
    """Return the process ids of the workers."""
    pid = process.pid
    listed = await asyncio.create_subprocess_exec(
        "pgrep", "--parent", str(pid), stdout=asyncio.subprocess.PIPE
    )
    found, _ = await listed.communicate()
    return [int(number) for number in found.split()]


def alive(pids: list[int]) -> bool:
    return any(Path(f"/proc/{pid}").exists() for pid in pids)


async def asked_and_answered(process: Process, anna: Household) -> None:
    """Wait at both workers; a command asks, and prints the bucket."""
    path = f"/v1/agreements/{anna.agreement.id.hex()}/ask?wait=20"
    waiting = [asyncio.create_task(anna.get(path)) for _ in range(4)]
    command = asyncio.create_task(
        asyncio.to_thread(
            done, process.database, "ask", "anna", "--wait", option="--config"
        )
    )
    # A worker lets one of them wait; it tells the others at once that they needn't.
    heard = [
        response for response in await asyncio.gather(*waiting) if response.content
    ]
    assert heard
    window = anna.agreement.read_ask(heard[0].content)
    sent = anna.report(window, 2500)
    assert anna.outcome(sent, await anna.send(sent)) == 3
    assert "anna  bucket  bucket 3  2000 to 3000 W" in await command


async def test_reports_go_on_while_workers_die(process: Process) -> None:
    sheet = done_json(
        process.database,
        *("household", "enrol", "anna", "--plan", "evening"),
        option="--config",
    )
    before = await workers_of(process)
    assert len(before) == 2
    async with httpx.AsyncClient(base_url=process.address, timeout=30) as client:
        anna = await Household(client, sheet["user"], sheet["password"]).set_up()
        last = last_window()
        reports = [
            anna.report(anna.window(last - number * WINDOW), 900 * (number % 4))
            for number in range(24)
        ]

        async def send(number: int) -> None:
            for _ in range(50):
                try:
                    response = await anna.send(reports[number])
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if response.status_code == 200:
                    expected = bucket_of(900 * (number % 4), THRESHOLDS)
                    assert anna.outcome(reports[number], response) == expected
                    return
                await asyncio.sleep(0.1)
            pytest.fail("not answered")

        async def kill_one() -> None:
            await asyncio.sleep(0.05)
            os.kill(before[0], signal.SIGKILL)

        await asyncio.gather(kill_one(), *map(send, range(24)))
        results = done_json(process.database, "results", "list", option="--config")
        assert len(results) == len({result["start"] for result in results}) == 24
        await asked_and_answered(process, anna)

    for _ in range(100):
        after = await workers_of(process)
        if len(after) == 2 and before[0] not in after:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the worker was not replaced")

    done(process.database, "operator", "add", "prometheus", option="--config")
    token = done(process.database, "operator", "token", "prometheus", option="--config")
    async with httpx.AsyncClient(base_url=process.address) as client:
        for _ in range(4):
            assert (await client.get("/readyz")).json() == {"status": "ready"}
        headers = {"Authorization": f"Bearer {token.strip()}"}
        numbers = (await client.get("/metrics", headers=headers)).text
    # Of all workers, the dead one too.
    counted = [
        float(line.split()[-1])
        for line in numbers.splitlines()
        if line.startswith("currentcost_windows_total")
    ]
    assert sum(counted) >= 24

    assert await process.stop() == 0
    assert not alive(after)
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert any("ended with -9" in line["message"] for line in lines)


async def test_workers_of_a_parent_that_was_killed_end_too(process: Process) -> None:
    workers = await workers_of(process)
    await process.kill()
    for _ in range(100):
        if not alive(workers):
            return
        await asyncio.sleep(0.1)
    pytest.fail("workers were left behind")


def test_worker_that_can_not_start_is_said(cluster: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "provider.toml"
    url: URL = cluster.new_database()
    config.touch(mode=0o600)
    config.write_text(f'database = "{url.render_as_string(hide_password=False)}"\n')
    result = run(config, "serve", "--workers", "2", "--port", "0", option="--config")
    assert result.returncode == 1
    assert "restore them" in result.stderr
