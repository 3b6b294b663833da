"""One running system for all tests here: meter, Home Assistant and provider.

The tests of test_whole_path_killed.py disturb it, and after each of them it has to come
back by itself. They come after those that read what an undisturbed run leaves behind.
"""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest
import pytest_asyncio
import trustme

from demo.system import System, run_system

from .ledger import Ledger

WINDOW = 10
"""Seconds: the shortest that a plan can have."""


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
