"""The provider's service, for benchmarks: made, run, and what it uses."""

from collections.abc import Sequence
import contextlib
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import ssl
import subprocess
import sys
from time import clock_gettime

import trustme

from tests.provider.postgresql import Cluster

WINDOW = 60
"""Seconds."""


class Service:
    """The service's processes."""

    def __init__(self, config: Path, workers: int, *options: str) -> None:
        """Start it with so many workers."""
        command = [sys.executable, "-m", "benchmarks.plain", "--config", str(config)]
        serve = [*command, "serve", "--port", "0", "--workers", str(workers)]
        serve += options
        with config.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                serve, stdout=subprocess.PIPE, stderr=log, text=True
            )
        if self._process.stdout is None:
            raise RuntimeError("a process without its output")
        self.address = self._process.stdout.readline().split()[-1]

    @property
    def pids(self) -> list[int]:
        """The processes that answer."""
        return _children(self._process.pid) or [self._process.pid]

    def memory(self) -> float:
        """Return the resident memory of a worker at most (MiB)."""
        pages = [
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids
        ]
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU seconds that processes have used, all threads of them."""
    seconds = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended
            # The id of another process's clock, as clock_getcpuclockid(3) makes it.
            seconds += clock_gettime((~pid << 3) | 2)
    return seconds


def run(config: Path, *arguments: str) -> str:
    """Run a command of the provider's; return what it says."""
    program = Path(sys.executable).with_name("currentcost-provider")
    return subprocess.run(  # noqa: S603  # our own command
        [program, "--config", config, *arguments],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def create(folder: Path, cluster: Cluster | None, households: int) -> Path:
    """Make a provider; return its configuration."""
    config = folder / "provider.toml"
    config.touch(mode=0o600)
    if cluster is not None:
        url = cluster.new_database().render_as_string(hide_password=False)
        config.write_text(f'database = "{url}"\n')
    run(config, "init", "--name", "Acme Power")
    first = datetime.now(UTC) - timedelta(days=3)
    thresholds = [f"--threshold={value}" for value in (1000, 2000, 3000)]
    run(
        config,
        *("plan", "create", "load", "--title", "How much?", *thresholds),
        *(f"--window={WINDOW}", f"--start={first:%Y-%m-%d}", "--days=30"),
        f"--lateness={3 * 86_400}",
    )
    listed = folder / "list.csv"
    names = [f"home-{number}" for number in range(households)]
    listed.write_text("\n".join(["user", *names]))
    sheets = run(config, "household", "import", str(listed), "--plan", "load")
    (folder / "sheets.csv").write_text(sheets)
    return config


def certify(folder: Path) -> tuple[list[str], ssl.SSLContext]:
    """Make a certificate; return the options to serve with it, and whom to trust.

    The authority that issued it stands in `authority.pem`.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(key)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return ["--certificate", str(certificate), "--private-key", str(key)], trusted
