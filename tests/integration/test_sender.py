"""Many homes whose provider was away: they come back, and not all at once."""

import asyncio
from collections import Counter
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.currentcost_private import sender as sender_module
from custom_components.currentcost_private.provider_client import (
    ProviderError,
    TryLaterError,
    UnreachableError,
)
from custom_components.currentcost_private.sender import Sender
from custom_components.currentcost_private.storage import Outbox, OutboxEntry

HOMES = 1000
AWAY = 600
"""Seconds for which the provider takes nothing."""


class Home:
    """One home's sender, with a clock of its own that jumps to when it goes on."""

    def __init__(self, error: ProviderError) -> None:
        self.time = 0.0
        self.tries: list[int] = []
        self._error = error

    async def async_report(self, _agreement_id: bytes, _message: bytes) -> bytes:
        self.tries.append(int(self.time))
        if self.time < AWAY:
            raise self._error
        raise asyncio.CancelledError

    async def async_pause(self, seconds: float) -> None:
        self.time += seconds

    async def async_secure(self) -> None:
        """The disk is always there."""

    async def async_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Go on until the provider has taken the report."""
        home: Any = self
        schedule = SimpleNamespace(longest=900)
        plan: Any = SimpleNamespace(schedule=schedule, provider="Example Energy")
        sender = Sender(
            client=home,
            agreement_id=bytes(16),
            plan=plan,
            outbox=Outbox(mark=0, entries=[OutboxEntry(start=0, end=900, message=b"")]),
            verify=lambda _sent, _reply: None,
            async_secure=self.async_secure,
            changed=lambda: None,
            ended=lambda _ended: None,
        )
        monkeypatch.setattr(sender, "_async_pause", self.async_pause)
        monkeypatch.setattr(asyncio, "sleep", self.async_pause)
        with pytest.raises(asyncio.CancelledError):
            await sender.async_run()


@pytest.mark.parametrize(
    "error",
    [UnreachableError(), TryLaterError("busy", retry_after=5)],
    ids=["unreachable", "busy"],
)
async def test_no_stampede(
    monkeypatch: pytest.MonkeyPatch, error: ProviderError
) -> None:
    monkeypatch.setattr(sender_module, "_random", Random(2026))  # noqa: S311  # no secret, the same each time
    homes = [Home(error) for _ in range(HOMES)]
    with monkeypatch.context() as patched:
        for home in homes:
            await home.async_run(patched)
    # Each gives way more and more, and is back some minutes after the provider.
    assert max(len(home.tries) for home in homes) < 30
    assert max(home.time for home in homes) < 2 * AWAY
    back = Counter(home.tries[-1] for home in homes)
    assert max(back.values()) < HOMES / 20
