"""What the integration adds to Home Assistant: start-up, memory, event-loop delay.

Three real servers, started in turn in one run: one alone, one with a core integration
that reads the same simulated display, and one with ours. The core integration is Raw
Serial: the only one that reads a serial line as it comes without a device of its own,
on the same library (serialx). It shows the line and knows nothing of it; ours parses,
judges, integrates and has eleven entities, so Raw Serial is the floor, not a rival.

A small component in each of them tells when Home Assistant had started, by the age of
its process, and by how much a task that sleeps 10 ms comes too late from then on.

    python -m benchmarks.home_assistant [--repeat TIMES] [--seconds SECONDS]
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import json
from pathlib import Path
import statistics
import tempfile
from typing import Any, Final

from aiohttp import ClientSession

from demo.api import Api
from demo.home_assistant import HomeAssistant
from demo.household import set_up_meter
from demo.meter import COMMAND
from demo.processes import Processes

from .results import Result, table
from .running import TEN_SENSORS
from .timing import machine

ALONE: Final = "Home Assistant alone"
RAW_SERIAL: Final = "with Raw Serial"
OURS: Final = "with CurrentCost Private"

PROBE: Final = """
import asyncio, json, os, time
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED

async def async_setup(hass, config):
    wanted = config["loop_probe"]

    def age():
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")

    async def watch():
        delays, end = [], time.perf_counter() + wanted["seconds"]
        while (before := time.perf_counter()) < end:
            await asyncio.sleep(0.01)
            delays.append(time.perf_counter() - before - 0.01)
        return delays

    async def started(_event):
        up = age()
        await asyncio.sleep(wanted["settling"])
        found = {"up": up, "delays": await watch()}
        with open("/proc/self/status") as file:
            found["memory"] = next(
                int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS")
            )
        with open(wanted["file"] + ".new", "w") as file:
            json.dump(found, file)
        os.replace(wanted["file"] + ".new", wanted["file"])

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, started)
    return True
"""


@dataclass
class Arm:
    """One of the servers, and what was measured of it."""

    home_assistant: HomeAssistant
    found: Path
    runs: list[dict[str, Any]] = field(default_factory=list)

    async def run(self) -> None:
        """Start it, wait until the probe has told, and stop it."""
        self.found.unlink(missing_ok=True)
        await self.home_assistant.start()
        while not self.found.exists():
            self.home_assistant.process.check()
            await asyncio.sleep(0.2)
        self.runs.append(json.loads(self.found.read_text()))
        await self.home_assistant.stop()


async def prepare(
    stack: AsyncExitStack, name: str, folder: Path, *, seconds: float, settling: float
) -> Arm:
    """Set a server up as a person would, and stop it."""
    folder.mkdir()  # noqa: ASYNC240  # nothing runs yet
    processes = await stack.enter_async_context(Processes(folder))
    session = await stack.enter_async_context(ClientSession())
    link = folder / "meter"
    meter = await processes.start(
        "Meter", [COMMAND, "simulate", *TEN_SENSORS, "--link", link]
    )
    await meter.ready("meter", timeout=20)
    home_assistant = HomeAssistant(processes)
    arm = Arm(home_assistant=home_assistant, found=folder / "found.json")
    probe = home_assistant.folder / "custom_components" / "loop_probe"
    probe.mkdir()
    (probe / "__init__.py").write_text(PROBE)
    manifest = {"domain": "loop_probe", "name": "Loop probe", "version": "1.0.0"}
    (probe / "manifest.json").write_text(json.dumps(manifest))
    configuration = home_assistant.folder / "configuration.yaml"
    added = (
        f"loop_probe:\n  seconds: {seconds}\n  settling: {settling}\n"
        f"  file: {arm.found}\n"
    )
    if name == RAW_SERIAL:
        added += f"sensor:\n  - platform: serial\n    serial_port: {link}\n    baudrate: 57600\n"
    configuration.write_text(configuration.read_text() + added)
    await home_assistant.start()
    api = Api(session, home_assistant.url)
    await api.onboard(name="Benchmark", username="benchmark", password="benchmark")  # noqa: S106
    await api.running()
    if name == OURS:
        await set_up_meter(api, link)
    await home_assistant.stop()
    return arm


async def compare(
    folder: Path, *, repeat: int, seconds: float, settling: float
) -> dict[str, Arm]:
    """Run the servers one after the other, `repeat` times."""
    async with AsyncExitStack() as stack:
        arms = {
            name: await prepare(
                stack, name, folder / str(number), seconds=seconds, settling=settling
            )
            for number, name in enumerate((ALONE, RAW_SERIAL, OURS))
        }
        for _ in range(repeat):
            for arm in arms.values():
                await arm.run()
        return arms


def results(*, quick: bool) -> Iterator[Result]:
    """Yield start-up, memory and delays of the three servers."""
    yield from _results(
        repeat=1 if quick else 3,
        seconds=5.0 if quick else 20.0,
        settling=2.0 if quick else 15.0,
    )


def _results(*, repeat: int, seconds: float, settling: float) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        arms = asyncio.run(
            compare(Path(folder), repeat=repeat, seconds=seconds, settling=settling)
        )
    for what, unit, of in _FIGURES:
        alone: float | None = None
        for name, arm in arms.items():
            values = sorted(of(run) for run in arm.runs)
            yield Result(
                name=f"{what}, {name}",
                value=statistics.median(values),
                unit=unit,
                low=values[0],
                high=values[-1],
                beside="" if alone is None else "Home Assistant alone",
                reference=alone,
            )
            alone = alone or statistics.median(values)


def _delay(share: float) -> Callable[[dict[str, Any]], float]:
    """Return what finds how late this share of the wake-ups was at most, in ms."""

    def of(run: dict[str, Any]) -> float:
        delays: list[float] = sorted(run["delays"])
        return delays[min(int(share * len(delays)), len(delays) - 1)] * 1e3

    return of


_FIGURES: Final[tuple[tuple[str, str, Callable[[dict[str, Any]], float]], ...]] = (
    ("started after", "s", lambda run: float(run["up"])),
    ("memory", "MiB", lambda run: float(run["memory"])),
    ("delay of the event loop, 99 %", "ms", _delay(0.99)),
    ("delay of the event loop, longest", "ms", _delay(1.0)),
)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settling", type=float, default=20.0)
    options = parser.parse_args()
    print(f"{machine()}; {options.repeat} runs of {options.seconds:g} s\n")
    print(table(_results(**vars(options))))


if __name__ == "__main__":
    main()
