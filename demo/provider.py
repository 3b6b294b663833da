"""An energy provider: its service, one plan and one household, by its own commands."""

import json
from pathlib import Path
import sys
from typing import Any, Final

from .processes import Process, Processes, run

COMMAND: Final = Path(sys.executable).with_name("currentcost-provider")
NAME: Final = "Example Energy"
PLAN: Final = "evening"
TITLE: Final = "How much power does your home draw?"
USER: Final = "house-7"
THRESHOLDS: Final = (1000, 2000, 3000)
"""Known to the provider alone (W)."""

START_TIMEOUT: Final = 30.0


class Provider:
    """The provider's database and the service over it."""

    def __init__(
        self,
        processes: Processes,
        *,
        window: int,
        name: str = "Provider",
        company: str = NAME,
    ) -> None:
        """Choose the length of a window in seconds, and the names of log and company."""
        self._company = company
        self._name = name
        self._processes = processes
        self._window = window
        self._process: Process | None = None
        self.database = processes.folder / f"{name.lower()}.db"
        self.port = 0
        self.enrolment: dict[str, Any] = {}
        """What the household's letter says: user, password, fingerprint."""

    async def create(self, *question: str) -> None:
        """Create the database, the plan and the household.

        Args:
            question: options that ask another question than the usual one.

        Raises:
            DemoError: a command failed.
        """
        await self.command("init", "--name", self._company)
        edges = [f"--threshold={top}" for top in THRESHOLDS]
        usual = (f"--title={TITLE}", f"--window={self._window}", *edges)
        await self.command("plan", "create", PLAN, *(question or usual))
        sheet = await self.command("household", "enrol", USER, "--plan", PLAN, "--json")
        self.enrolment = json.loads(sheet)

    async def start(self, *options: str | Path) -> None:
        """Start the service, on the port that it had before.

        Raises:
            DemoError: it ended, or was not ready in time.
        """
        self._process = await self._processes.start(
            self._name,
            [*self._command, "serve", "--port", str(self.port), *options],
        )
        ready = await self._process.ready(
            r"https?://[^\s:]+:(\d+)", timeout=START_TIMEOUT
        )
        self.port = int(ready[1])

    async def kill(self) -> None:
        """Kill the service at once."""
        await self.process.kill()

    @property
    def process(self) -> Process:
        """The service's process."""
        if self._process is None:
            raise RuntimeError("the provider was not started")
        return self._process

    @property
    def results_command(self) -> str:
        """What to type to see the results."""
        return " ".join([*map(str, self._command), "results", "list"])

    async def results(self) -> list[dict[str, Any]]:
        """Return all that the provider knows, oldest window first.

        Raises:
            DemoError: the command failed.
        """
        results: list[dict[str, Any]] = json.loads(
            await self.command("results", "list", "--json")
        )
        return results

    async def command(self, *arguments: str) -> bytes:
        """Run one of the provider's commands and return what it prints.

        Raises:
            DemoError: it failed.
        """
        return await run(
            f"currentcost-provider {arguments[0]}", [*self._command, *arguments]
        )

    @property
    def _command(self) -> list[str | Path]:
        return [COMMAND, "--database", self.database]
