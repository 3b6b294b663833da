"""From the end of a window to the verified bucket: a real Home Assistant, over TLS.

A simulated meter, Home Assistant with the integration, and the provider's service with
durable commits (SQLite), all on this machine; each report and each plain reading has a TLS
connection of its own. `latency_probe` runs inside Home Assistant and says what is timed.

    python -m benchmarks.latency
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
import json
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any, Final

from aiohttp import ClientSession

from demo.api import Api
from demo.home_assistant import REPOSITORY, HomeAssistant
from demo.household import set_up_meter, set_up_report
from demo.meter import Meter
from demo.processes import Processes
from demo.provider import Provider

from .results import Result, of_times, table
from .service import certify
from .timing import machine

WINDOW: Final = 12
"""Seconds. Both arms have their turn, each after all connections were closed."""
_STEPS: Final = {
    "garbled": "of it, garbling",
    "written": "of it, durably into the outbox",
    "answered": "of it, connection, request and reply",
}


class PlainProvider(Provider):
    """Takes the reading itself too."""

    async def start(self, *options: str | Path) -> None:
        """Start the service of `plain`."""
        command = [sys.executable, "-m", "benchmarks.plain"]
        self._process = await self._processes.start(
            "Service",
            [*command, "--database", self.database, "serve", "--port", "0", *options],
            cwd=REPOSITORY,
        )
        ready = await self._process.ready(r"https?://[^\s:]+:(\d+)", timeout=30)
        self.port = int(ready[1])


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the time of a report, beside that of a plain reading, and its parts."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder) / "run", windows=2 if quick else 25))
    private = [line for line in found if line["arm"] == "private"]
    plain = [line for line in found if line["arm"] == "plain"]
    yield _beside("window closed to bucket verified", "all", private, plain, most=1.5)
    for step, name in _STEPS.items():
        yield _beside(name, step, private, plain)


def _beside(
    name: str,
    step: str,
    private: list[dict[str, Any]],
    plain: list[dict[str, Any]],
    most: float | None = None,
) -> Result:
    times = [line[step] for line in private]
    if step not in plain[0]:
        return of_times(name, times)
    reference = of_times("", [line[step] for line in plain]).value
    return of_times(
        name, times, beside="the plain reading", reference=reference, most_ratio=most
    )


async def measure(folder: Path, *, windows: int) -> list[dict[str, Any]]:
    """Run everything until so many windows have been measured in both arms."""
    folder.mkdir()  # noqa: ASYNC240  # nothing runs yet
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(Processes(folder))
        session = await stack.enter_async_context(ClientSession())
        options, _ = certify(folder)
        provider = PlainProvider(processes, window=WINDOW)
        await provider.create()
        await provider.start(*options)
        meter = Meter(processes, seed=161, interval=0.25)
        await meter.start()
        home_assistant = HomeAssistant(
            processes,
            environment={"REQUESTS_CA_BUNDLE": str(folder / "authority.pem")},
        )
        found = folder / "found.jsonl"
        _install_probe(home_assistant.folder, found)
        await home_assistant.start()
        api = Api(session, home_assistant.url)
        await api.onboard(name="Benchmark", username="benchmark", password="benchmark")  # noqa: S106
        await api.running()
        entry_id = await set_up_meter(api, meter.port)
        await set_up_report(
            api,
            entry_id,
            url=f"https://127.0.0.1:{provider.port}",
            enrolment=provider.enrolment,
        )
        while True:
            await asyncio.sleep(1)
            home_assistant.process.check()
            lines = found.read_text().splitlines() if found.exists() else []
            read = [json.loads(line) for line in lines]
            # The first of each fills caches.
            if len(read) >= 2 * (windows + 1):
                return read[2:]


def _install_probe(folder: Path, found: Path) -> None:
    probe = folder / "custom_components" / "latency_probe"
    probe.mkdir()
    shutil.copy(Path(__file__).with_name("latency_probe.py"), probe / "__init__.py")
    manifest = {
        "domain": "latency_probe",
        "name": "Latency probe",
        "version": "1.0.0",
        "after_dependencies": ["currentcost_private"],
    }
    (probe / "manifest.json").write_text(json.dumps(manifest))
    with (folder / "configuration.yaml").open("a") as configuration:
        configuration.write(f"latency_probe:\n  file: {found}\n")


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
