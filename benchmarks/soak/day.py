"""Runs one day, from a schedule to what was found."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
import json
from pathlib import Path
import time
from typing import Any, Final

from demo.provider import THRESHOLDS

from .account import Account, account, read_seen
from .clock import Clock
from .home import Home, run_home
from .plan import HOUR, Fault, schedule
from .report import Day, Found, write_report
from .strike import Striker
from .truth import Truth
from .watch import Look, watch

LATENESS: Final = 0.1
"""Real seconds that a line may take to Home Assistant on a busy machine."""


def run_day(day: Day, parent: Path) -> Found:
    """Run a day, telling what happens; write a report into a new folder in `parent`.

    Raises:
        ExceptionGroup: of DemoError, what did not come back by itself.
        DemoError: it could not begin.
    """
    folder = parent.resolve() / f"seed-{day.seed}-{int(time.time())}"
    folder.mkdir(parents=True)
    faults = schedule(day.seed, day.hours)
    print(f"Seed {day.seed}, files in {folder}", *faults, sep="\n", flush=True)
    found = asyncio.run(_run(day, folder, faults))
    looks = [asdict(look) for look in found.looks]
    (folder / "looks.json").write_text(json.dumps(looks))
    (folder / "report.md").write_text(write_report(found))
    return found


async def _run(day: Day, folder: Path, faults: list[Fault]) -> Found:
    clock, began = Clock(folder), time.monotonic()
    async with run_home(folder, clock, window=day.window, seed=day.seed) as home:
        looks: list[Look] = []
        sizes: list[tuple[float, int]] = []
        start, log_before = clock.now(), home.home_assistant.process.output()
        striker = Striker(
            home=home,
            start=start,
            rate=day.speed,
            told=lambda words: print(
                f"{(clock.now() - start) / HOUR:6.2f} h  {words}", flush=True
            ),
        )
        clock.run(day.speed)
        watching = asyncio.create_task(watch(home, looks, sizes))
        await striker.strike_all(faults)
        end = start + day.hours * HOUR
        await clock.sleep_until(end)
        await _settled(home)
        watching.cancel()
        clock.run(1)
        rows = await home.provider.results()
        issues = await _issues(home)
        await home.home_assistant.stop()
        window = day.window
        return Found(
            day=day,
            faults=faults,
            real_seconds=time.monotonic() - began,
            account=_account(home, striker, rows, end, day),
            looks=looks,
            sizes=sizes,
            tasks=read_seen(home.seen, window).tasks,
            second_half=start + day.hours * HOUR / 2,
            issues=issues,
            lived_twice=striker.log.lived_twice(),
            log_before=log_before,
            logs=folder,
        )


async def _settled(home: Home) -> None:
    """Wait until nothing waits to be sent, in the middle of a window."""
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            pending = home.report.pending
            while (await home.api.get(f"states/{pending}"))["state"] != "0":
                await home.clock.sleep(20)


async def _issues(home: Home) -> list[str]:
    """Return what Home Assistant still asks a person to repair."""
    async with home.api.websocket() as websocket:
        listed = await websocket.call("repairs/list_issues")
    return [
        issue["issue_id"]
        for issue in listed["issues"]
        if issue["domain"] == "currentcost_private"
    ]


def _account(
    home: Home,
    striker: Striker,
    rows: list[dict[str, Any]],
    end: float,
    day: Day,
) -> Account:
    window = day.window
    name = "currentcost_private.outbox.*"
    (outbox,) = home.storage.glob(name)
    return account(
        since=-int(-home.report.since // window) * window,
        until=int(end // window) * window,
        length=window,
        rows=rows,
        seen=read_seen(home.seen, window),
        outbox=json.loads(outbox.read_text())["data"],
        requests=home.tap.requests,
        truth=Truth(
            home.meter.samples(),
            striker.log,
            THRESHOLDS,
            lateness=0.5 + LATENESS * day.speed,
        ),
    )
