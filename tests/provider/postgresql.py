"""A PostgreSQL server for the tests: real, thrown away afterwards."""

from collections.abc import Iterator
import contextlib
import itertools
import os
from pathlib import Path
import secrets
import shutil
import socket
import subprocess
import tempfile
from typing import Final

import pytest
from sqlalchemy import URL

INSTALL: Final = "sudo apt-get install --yes postgresql"
_USER: Final = "nobody"
"""Whose process it is where the tests run as root: PostgreSQL refuses root."""


def find_binaries() -> Path | None:
    """Return where PostgreSQL's programs are; Debian keeps them off the path."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


class Cluster:
    """A server with databases of its own, on a free port."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.folder = folder
        self._binaries = binaries
        self._user = _USER if os.geteuid() == 0 else None
        self._password = secrets.token_hex()
        self._names = (f"provider_{number}" for number in itertools.count())
        self.port = _free_port()

    def create(self) -> None:
        """Make the files of a new cluster."""
        self._run("initdb", "-D", "data", "-U", "owner", "--auth=trust", "--no-sync")
        hba = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self.folder / "data" / "pg_hba.conf").write_text(hba)

    def start(self, *, durable: bool = False) -> None:
        """Start it; what tests are told need not survive a power cut."""
        sync = "on" if durable else "off"
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -c fsync={sync} -c max_connections=60 -c shared_buffers=16MB"
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)
        self.sql(f"ALTER ROLE owner PASSWORD '{self._password}'")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; `immediate` is as after a crash."""
        self._run("pg_ctl", "stop", "-w", "-D", "data", "-m", mode)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the owner, over the local socket."""
        return self._run(
            *("psql", "-h", str(self.folder), "-p", str(self.port), "-U", "owner"),
            *("-d", database, "-v", "ON_ERROR_STOP=1", "-qAtc", statement),
        )

    def new_database(self) -> URL:
        """Create an empty database; return its address, as its owner reaches it."""
        name = next(self._names)
        self.sql(f"CREATE DATABASE {name}")
        return URL.create(
            "postgresql", "owner", self._password, "127.0.0.1", self.port, name
        )

    def processes(self) -> list[int]:
        """Return the ids of its processes."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text()
        return [leader, *map(int, children.split())]

    def _run(self, program: str, *arguments: str) -> str:
        result = subprocess.run(  # noqa: S603  # a program of PostgreSQL's
            [self._binaries / program, *arguments],
            cwd=self.folder,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            user=self._user,
        )
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stdout}")
        return result.stdout.strip()


@contextlib.contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a server of one's own; skip the test where there is no PostgreSQL."""
    binaries = find_binaries()
    if binaries is None:
        message = f"PostgreSQL is missing: {INSTALL}, or script/setup --postgresql"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        cluster = Cluster(binaries, folder)
        cluster.create()
        try:
            cluster.start(durable=durable)
            yield cluster
        finally:
            cluster.stop("immediate")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
