"""A day compressed: a home, its meter and its provider, and all that goes wrong.

A real Home Assistant, the simulated meter on a pseudo-terminal and the provider's
service run as processes on a clock that is faster than the real one; cables are pulled,
networks cut, processes killed, clocks set, disks filled, on a schedule that a seed
chooses. At the end every window has to be accounted for, once, the same on both sides,
and nothing may have grown.

    python -m benchmarks.soak [--hours 24] [--speed 60] [--seed 1] [--folder build/soak]

It needs a C compiler (see `fast_clock.c`) and the Home Assistant of `script/setup`.
"""

import argparse
import asyncio
from contextlib import suppress
from dataclasses import asdict
import json
from pathlib import Path
import sys
import time

from demo.errors import DemoError
from demo.provider import THRESHOLDS

from .account import Account, account, read_seen
from .clock import Clock
from .home import Home, run_home
from .plan import HOUR, Fault, schedule
from .report import Found, write_report
from .strike import Striker
from .truth import Truth
from .watch import Look, watch

LATENESS = 0.1
"""Real seconds that a line may take to Home Assistant on a busy machine."""


def main() -> int:
    """Run a day and return the exit status: 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--window", type=int, default=300, help="seconds")
    parser.add_argument("--folder", type=Path, default=Path("build/soak"))
    options = parser.parse_args()
    folder = options.folder.resolve() / f"seed-{options.seed}-{int(time.time())}"
    folder.mkdir(parents=True)
    faults = schedule(options.seed, options.hours)
    print(f"Seed {options.seed}, files in {folder}", *faults, sep="\n", flush=True)
    try:
        found = asyncio.run(_run(options, folder, faults))
    except* DemoError as errors:
        print(*errors.exceptions, sep="\n", file=sys.stderr)
        found = None
    if found is None:
        return 1
    (folder / "looks.json").write_text(
        json.dumps([asdict(look) for look in found.looks])
    )
    report = write_report(found)
    (folder / "report.md").write_text(report)
    print(report)
    return 1 if found.broken else 0


async def _run(options: argparse.Namespace, folder: Path, faults: list[Fault]) -> Found:
    clock, began = Clock(folder), time.monotonic()
    async with run_home(
        folder, clock, window=options.window, seed=options.seed
    ) as home:
        looks: list[Look] = []
        sizes: list[tuple[float, int]] = []
        start, log_before = clock.now(), home.home_assistant.process.output()
        striker = Striker(
            home=home,
            start=start,
            rate=options.speed,
            told=lambda words: print(
                f"{(clock.now() - start) / HOUR:6.2f} h  {words}", flush=True
            ),
        )
        clock.run(options.speed)
        watching = asyncio.create_task(watch(home, looks, sizes))
        await striker.strike_all(faults)
        end = start + options.hours * HOUR
        await clock.sleep_until(end)
        await _settled(home)
        watching.cancel()
        clock.run(1)
        rows = await home.provider.results()
        issues = await _issues(home)
        await home.home_assistant.stop()
        window = options.window
        return Found(
            options=options,
            faults=faults,
            real_seconds=time.monotonic() - began,
            account=_account(home, striker, rows, end, options),
            looks=looks,
            sizes=sizes,
            tasks=read_seen(home.seen, window).tasks,
            second_half=start + options.hours * HOUR / 2,
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
    rows: list[dict[str, object]],
    end: float,
    options: argparse.Namespace,
) -> Account:
    window = options.window
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
            lateness=0.5 + LATENESS * options.speed,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
