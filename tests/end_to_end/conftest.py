"""A running system for the tests here: meter, Home Assistant and provider.

The tests of test_whole_path_killed.py disturb it, and after each of them it has to come
back by itself; they, and those that take long, have one of their own. All others share
one, that nobody disturbs. Each system's tests, and each other file's, go to one process.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
import trustme

from demo.system import System, run_system

from .ledger import Ledger

WINDOW = 10
"""Seconds: the shortest that a plan can have."""
_HERE: Final = Path(__file__).parent

_APART: Final = {
    "test_whole_path_automations",
    "test_whole_path_clicked",
    "test_whole_path_killed",
}
"""They disturb others, or take so long that others would wait for them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Function]) -> None:
    """Name what has to run in one process, for `--dist loadgroup`."""
    for item in items:
        if item.path.parent == _HERE:
            shared = "system" in item.fixturenames and item.path.stem not in _APART
            group = "system" if shared else item.path.stem
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A private certificate authority, which Home Assistant is told to trust."""
    return trustme.CA()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(
    tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> AsyncIterator[System]:
    folder = tmp_path_factory.mktemp("system")
    certificate = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    async with run_system(
        folder,
        window=WINDOW,
        interval=0.25,
        # A household that cooks from the start, so that all buckets occur.
        seed=161,
        step=lambda _: nullcontext(),
        keep=True,
        # What Home Assistant calls the file of authorities that it trusts.
        environment={"REQUESTS_CA_BUNDLE": str(certificate)},
    ) as running:
        yield running


@pytest.fixture(scope="session")
def ledger(system: System) -> Ledger:
    return Ledger(system)


@pytest_asyncio.fixture(loop_scope="session")
async def reloading(ledger: Ledger) -> AsyncIterator[None]:
    """Let reports come and go, which reloads all: some windows may be missing."""
    async with ledger.disturbance():
        yield
