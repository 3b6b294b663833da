"""Accounts for every window of a run: exactly one end each, and the right one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
import time
from typing import Any, Final

from currentcost_exchange import Window

from demo.provider import THRESHOLDS
from demo.system import System
from demo.truth import HOLD, bucket, mean_power, possible_buckets

from .waiting import until

SETTLES_WITHIN: Final = 100.0
"""Seconds; after an outage the household tries again at growing intervals."""


class Ledger:
    """Compares what the provider lists with what must have happened."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._disturbed: list[tuple[float, float]] = []
        length = system.window
        self._first = -(int(-system.report.since // length) * length)

    @asynccontextmanager
    async def disturbance(self) -> AsyncIterator[None]:
        """Note that Home Assistant did not hear everything in the meantime."""
        began = time.time()
        try:
            yield
        finally:
            self._disturbed.append((began, time.time()))

    def current_window(self) -> int:
        """Return the start of the window in progress."""
        return int(time.time() // self._system.window) * self._system.window

    async def middle_of_window(self) -> int:
        """Wait for the middle of a window and return its start."""
        length = self._system.window
        to_middle = (length / 2 - time.time()) % length
        await asyncio.sleep(to_middle)
        return self.current_window()

    async def settled(self, start: int) -> dict[int, dict[str, Any]]:
        """Wait until the window at `start` has ended and all is told; check all.

        Returns what the provider lists, by the window's start.
        """
        await asyncio.sleep(max(0.0, start + self._system.window - time.time()))
        report = self._system.report
        await until(lambda: self.has(start), within=SETTLES_WITHIN, every=1)
        results = await self.listed()
        self._check(results, until=start)
        async with asyncio.timeout(SETTLES_WITHIN), self._system.api.websocket() as ws:
            await ws.wait_for_states(
                [report.pending], lambda states: states.get(report.pending) == "0"
            )
        return results

    async def listed(self) -> dict[int, dict[str, Any]]:
        """Return what the provider lists, by the window's start."""
        rows = await self._system.provider.results()
        starts = [int(datetime.fromisoformat(row["start"]).timestamp()) for row in rows]
        assert len(set(starts)) == len(starts), "a window counted twice"
        return dict(zip(starts, rows, strict=True))

    async def has(self, start: int) -> bool:
        """Return whether the provider lists the window at `start`."""
        return start in await self.listed()

    def _check(self, results: dict[int, dict[str, Any]], *, until: int) -> None:
        """Check each window up to the one at `until`."""
        length = self._system.window
        windows = range(self._first, until + length, length)
        assert set(windows) <= set(results), "a window was lost"
        self._check_messages()
        samples = self._system.meter.samples()
        for start in windows:
            row = results[start]
            assert row["state"] in {"bucket", "missing"}, row
            mean = mean_power(samples, start, length)
            if not self._is_disturbed(start):
                assert mean is not None
                assert row["outcome"] in possible_buckets(mean, THRESHOLDS), (row, mean)
            elif row["state"] == "bucket":
                # Home Assistant heard a part of these, nobody can say which.
                heard = [
                    bucket(sample.watts, THRESHOLDS)
                    for sample in samples
                    if start - HOLD <= sample.time < start + length
                ]
                # From the lowest bucket to the highest; 0 is above all others.
                ranks = sorted(rank or len(THRESHOLDS) + 1 for rank in heard)
                rank = row["outcome"] or len(THRESHOLDS) + 1
                assert ranks[0] <= rank <= ranks[-1], (row, ranks)

    def _check_messages(self) -> None:
        """Check that no window was garbled twice, however often it was sent."""
        sent: dict[Window, set[bytes]] = {}
        for request in self._system.tap.requests:
            if claim := request.claim:
                sent.setdefault(claim.window, set()).add(claim.data)
        assert all(len(messages) == 1 for messages in sent.values())

    def _is_disturbed(self, start: int) -> bool:
        end = start + self._system.window
        return any(began < end and start < ended for began, ended in self._disturbed)
