"""A provider to test with: a real `currentcost-provider`, in a process of its own."""

import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Final

import trustme

PROGRAM: Final = Path(sys.executable).with_name("currentcost-provider")
PLAN: Final = "load"
USER: Final = "anna"
NAME: Final = "Example Energy"
QUESTION: Final = "How much do you draw?"
THRESHOLDS: Final = (1000, 2000, 3000)


class Provider:
    """One provider's database and the process that serves it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the database stands in, or will stand in."""
        self.folder = folder
        self.database = folder / "provider.db"
        self.log = folder / "provider.log"
        self._shift = folder / "clock"
        self.port = 0
        self._scheme = "http"
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it listens, once it was started."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> str:
        """Run the provider's command line and return what it printed."""
        return subprocess.run(  # noqa: S603  # our own program
            [PROGRAM, "--database", self.database, *arguments],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def create(self, *, start: str, **options: str) -> None:
        """Create the provider, its plan, and a household with its enrolment sheet."""
        self.command("init", "--name", NAME)
        arguments = [f"--title={QUESTION}", f"--start={start}"]
        if "program" not in options:
            arguments += [f"--threshold={threshold}" for threshold in THRESHOLDS]
        for name, value in options.items():
            arguments.append(f"--{name.replace('_', '-')}={value}")
        self.command("plan", "create", PLAN, *arguments)
        sheet = self.command("household", "enrol", USER, "--plan", PLAN, "--json")
        (self.folder / "sheet.json").write_text(sheet)

    def copy_to(self, folder: Path) -> Provider:
        """Return another provider that begins as this one is."""
        shutil.copytree(self.folder, folder)
        return Provider(folder)

    @property
    def sheet(self) -> dict[str, str]:
        """The household's enrolment sheet."""
        sheet: dict[str, str] = json.loads((self.folder / "sheet.json").read_text())
        return sheet

    def reset(self, user: str = USER) -> str:
        """Return a new one-time password for a household."""
        reset = self.command("household", "reset", user, "--json")
        password: str = json.loads(reset)["password"]
        return password

    def start(self, *, tls: trustme.LeafCert | None = None) -> None:
        """Serve, at the same port as before if there was one."""
        self._scheme = "https" if tls else "http"
        certificate = self._write_certificate(tls) if tls else []
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [
                    PROGRAM,
                    f"--database={self.database}",
                    "serve",
                    f"--port={self.port}",
                    *certificate,
                ],
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self._clock(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if self._process.stdout is None:
            raise RuntimeError("a process without its output")
        self.port = int(self._process.stdout.readline().rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it without a chance to clean up, if it runs."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def set_clock(self, now: float) -> None:
        """Let the service think that it is this late, UTC seconds."""
        # Not `time.time`, which tests freeze.
        written = self._shift.with_suffix(".new")
        written.write_text(str(now - time.clock_gettime(time.CLOCK_REALTIME)))
        written.replace(self._shift)

    def _clock(self) -> dict[str, str]:
        """Return the environment in which a clock that was set counts."""
        if not self._shift.exists():
            return {}
        shifted = Path(__file__).parents[1] / "shifted_clock"
        return {"PYTHONPATH": str(shifted), "SHIFTED_CLOCK": str(self._shift)}

    def _write_certificate(self, tls: trustme.LeafCert) -> list[str]:
        """Write a certificate with its key; return the options that name them."""
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        for blob in tls.cert_chain_pems:
            blob.write_to_path(chain, append=True)
        tls.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return [f"--certificate={chain}", f"--private-key={key}"]

    def hang(self) -> None:
        """Make it accept connections and never answer."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def results(self) -> list[dict[str, Any]]:
        """Return what the provider has learnt, by window."""
        results: list[dict[str, Any]] = json.loads(
            self.command("results", "list", "--json")
        )
        return sorted(results, key=lambda result: result["start"])
