"""Everything that runs in a soak, on the soak's clock."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import ssl
from typing import Final, override

from aiohttp import ClientSession
import trustme

from demo.api import Api
from demo.home_assistant import HomeAssistant
from demo.household import Report, set_up_meter, set_up_report
from demo.meter import Meter
from demo.processes import Process, Processes, clean_environment
from demo.provider import Provider
from demo.tap import Tap

from . import probe
from .clock import Clock
from .line import Front, Line

TOKEN_AGE: Final = 7200.0
"""Seconds, more than any clock is set back by."""

INTERVAL: Final = 6.0
"""Seconds between two messages of the meter: a real one's."""


class FastProcesses(Processes):
    """Starts processes that live by the soak's clock."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Take the folder, which is kept, and the clock."""
        super().__init__(folder, keep=True)
        self._clock = clock

    @override
    async def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a command on the world's clock, Home Assistant on its own."""
        base = clean_environment() if environment is None else environment
        clock = "home" if name == "Home Assistant" else "world"
        return await super().start(
            name,
            command,
            cwd=cwd,
            environment={**base, **self._clock.environment(clock)},
        )


@dataclass(frozen=True, kw_only=True)
class Home:
    """A home and its provider, with everything set up."""

    clock: Clock
    processes: Processes
    meter: Meter
    provider: Provider
    tap: Tap
    front: Front
    line: Line
    home_assistant: HomeAssistant
    api: Api
    report: Report
    seen: Path
    """What the probe writes down."""

    @property
    def storage(self) -> Path:
        """Where Home Assistant keeps what it stores."""
        return self.home_assistant.folder / ".storage"

    def processes_watched(self) -> list[tuple[str, int]]:
        """Return the names and ids of those processes that run."""
        return [
            (process.name, process.pid)
            for process in (self.home_assistant.process, self.provider.process)
            if process.running
        ]


@asynccontextmanager
async def run_home(
    folder: Path, clock: Clock, *, window: int, seed: int
) -> AsyncIterator[Home]:
    """Start everything and go through every set-up, at the real rate.

    Raises:
        DemoError: a step failed.
    """
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(FastProcesses(folder, clock))
        session = await stack.enter_async_context(ClientSession())
        provider = Provider(processes, window=window)
        await provider.create()
        await provider.start()
        tap = await stack.enter_async_context(Tap(port=provider.port))
        authority = trustme.CA()
        certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(certificates))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(tls)
        front = await stack.enter_async_context(Front(port=tap.port, tls=tls))
        line = await stack.enter_async_context(
            Line(port=front.port, clock=clock, seed=seed)
        )
        meter = Meter(processes, seed=seed, interval=INTERVAL, clock=None)
        await meter.start()
        # What Home Assistant calls the file of authorities that it trusts.
        environment = {"REQUESTS_CA_BUNDLE": str(certificates)}
        home_assistant = HomeAssistant(processes, environment=environment)
        seen = folder / "seen.jsonl"
        _put_probe(home_assistant.folder, seen)
        # A token isn't taken before it was issued, whatever clock is set back later.
        clock.set_wrong(-TOKEN_AGE)
        await home_assistant.start()
        api = Api(session, home_assistant.url)
        await api.onboard(name="Soak", username="soak", password="soak")  # noqa: S106
        clock.set_wrong(0)
        await api.running()
        entry_id = await set_up_meter(api, meter.port)
        report = await set_up_report(
            api,
            entry_id,
            url=f"https://localhost:{line.port}",
            enrolment=provider.enrolment,
        )
        yield Home(
            clock=clock,
            processes=processes,
            meter=meter,
            provider=provider,
            tap=tap,
            front=front,
            line=line,
            home_assistant=home_assistant,
            api=api,
            report=report,
            seen=seen,
        )


def _put_probe(folder: Path, seen: Path) -> None:
    component = folder / "custom_components" / probe.DOMAIN
    component.mkdir()
    shutil.copy(probe.__file__, component / "__init__.py")
    manifest = {"domain": probe.DOMAIN, "name": "Soak probe", "version": "1.0.0"}
    (component / "manifest.json").write_text(json.dumps(manifest))
    configuration = folder / "configuration.yaml"
    configuration.write_text(
        f"{configuration.read_text()}{probe.DOMAIN}:\n  file: {seen}\n"
    )
