"""What the integration costs inside a real Home Assistant: processor time and memory.

One server is measured twice: after it has started, with the integration's files there
and nothing set up, and with a simulated display of ten sensors that sends one message a
second, all entities recorded.

    python -m benchmarks.running [SECONDS]
"""

import asyncio
from dataclasses import dataclass
import os
from pathlib import Path
import sys
import tempfile
from typing import Final

from aiohttp import ClientSession

from demo.api import Api
from demo.home_assistant import HomeAssistant
from demo.household import set_up_meter
from demo.meter import COMMAND
from demo.processes import Processes

from .timing import machine

SETTLING: Final = 60.0
TEN_SENSORS: Final = ("--sensors", "9", "--interval", "10", "--seed", "1")
"""All ten transmitters send once in ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took during some time."""

    share: float
    """Of one core."""

    memory: float
    """MiB that it holds at the end."""


async def measure(pid: int, seconds: float) -> Cost:
    """Watch a process."""
    before = _processor_time(pid)
    await asyncio.sleep(seconds)
    taken = _processor_time(pid) - before
    status = Path(f"/proc/{pid}/status").read_text()  # noqa: ASYNC240  # no disk
    (memory,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return Cost(share=taken / seconds, memory=int(memory.split()[1]) / 1024)


def _processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def compare(folder: Path, seconds: float) -> tuple[Cost, Cost, int]:
    """Return the cost without and with the integration, and the messages it took."""
    async with Processes(folder) as processes, ClientSession() as session:
        home_assistant = HomeAssistant(processes)
        await home_assistant.start()
        api = Api(session, home_assistant.url)
        await api.onboard(name="Benchmark", username="benchmark", password="benchmark")  # noqa: S106
        await api.running()
        pid = home_assistant.process.pid
        await asyncio.sleep(SETTLING)
        without = await measure(pid, seconds)

        link, record = folder / "meter", folder / "record.jsonl"
        meter = await processes.start(
            "Meter",
            [COMMAND, "simulate", *TEN_SENSORS, "--link", link, "--record", record],
        )
        await meter.ready("meter", timeout=20)
        await set_up_meter(api, link)
        await asyncio.sleep(SETTLING)
        lines = len(record.read_text().splitlines())
        with_it = await measure(pid, seconds)
        return without, with_it, len(record.read_text().splitlines()) - lines


def main() -> None:
    """Measure and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 180.0
    with tempfile.TemporaryDirectory() as folder:
        without, with_it, messages = asyncio.run(compare(Path(folder), seconds))
    print(f"{machine()}; {seconds:.0f} s each, {messages} messages\n")
    print("| Home Assistant | share of a core | memory |")
    print("|---|---:|---:|")
    for name, cost in (("alone", without), ("with ten sensors", with_it)):
        print(f"| {name} | {cost.share:.2%} | {cost.memory:.0f} MiB |")
    share, memory = with_it.share - without.share, with_it.memory - without.memory
    print(f"| difference | {share:.2%} | {memory:.1f} MiB |")
    print(f"\n{share * seconds / messages * 1e3:.2f} ms of processor time a message")


if __name__ == "__main__":
    main()
