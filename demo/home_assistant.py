"""A real Home Assistant, with the integration installed as HACS installs it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import os
from pathlib import Path
import shutil
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from .errors import DemoError
from .processes import Process, Processes, clean_environment, reserve_port

REPOSITORY: Final = Path(__file__).resolve().parent.parent
INTEGRATION: Final = Path("custom_components/currentcost_private")
BLUEPRINTS: Final = Path("blueprints/automation/currentcost_private")
ENVIRONMENT: Final = REPOSITORY / os.environ.get(
    "HOME_ASSISTANT_VENV", ".venv-home-assistant"
)
START_TIMEOUT: Final = 90.0

# Of Home Assistant's default set only what needs no network: the browser's pages.
CONFIGURATION: Final = """\
automation: !include automations.yaml
frontend:
config:
history:
energy:
input_boolean:
logger:
  default: warning
  logs:
    custom_components.currentcost_private: info
http:
  server_host: 127.0.0.1
  server_port: {port}
"""


class HomeAssistant:
    """The server, its folder and its address; it may be killed and started again."""

    def __init__(
        self,
        processes: Processes,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a configuration folder below the run's folder.

        Args:
            processes: what starts it and ends it.
            environment: variables beside those of this process.
        """
        self._processes = processes
        self._environment = dict(environment or {})
        self._reservation = reserve_port()
        self._process: Process | None = None
        port = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = processes.folder / "home-assistant"
        self.folder.mkdir()
        (self.folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
        (self.folder / "automations.yaml").write_text("[]\n")
        shutil.copytree(REPOSITORY / BLUEPRINTS, self.folder / BLUEPRINTS)
        shutil.copytree(
            REPOSITORY / INTEGRATION,
            self.folder / INTEGRATION,
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    @property
    def process(self) -> Process:
        """The process of the running server."""
        if self._process is None:
            raise DemoError("Home Assistant was not started")
        return self._process

    async def start(self) -> None:
        """Start the server and wait until it has set up everything.

        Raises:
            DemoError: it ended, or is not up in time.
        """
        if not (server := ENVIRONMENT / "bin/hass").exists():
            raise DemoError(f"{server} is missing: run script/setup")
        path = clean_environment().get("PATH", "")
        self._process = await self._processes.start(
            "Home Assistant",
            [server, "--config", self.folder, "--skip-pip", "--log-no-color"],
            cwd=self.folder,
            environment=clean_environment(
                PATH=f"{server.parent}:{path}", **self._environment
            ),
        )
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(START_TIMEOUT),
                ClientSession(timeout=ClientTimeout(total=5)) as session,
            ):
                while not await self._is_up(session):
                    self._process.check()
                    await asyncio.sleep(0.2)
                return
        raise self._process.failure(f"was not up after {START_TIMEOUT:.0f} s")

    async def stop(self) -> None:
        """Stop the server in good order."""
        await self.process.stop()

    async def kill(self) -> None:
        """Kill the server at once."""
        await self.process.kill()

    async def _is_up(self, session: ClientSession) -> bool:
        """Whether the server answers; onboarding is set up with the first pages."""
        with suppress(ClientError, TimeoutError):
            async with session.get(f"{self.url}/manifest.json") as response:
                return response.status == 200
        return False
