"""Jobs that share a transaction."""

import asyncio
from collections.abc import Sequence

import pytest

from currentcost_provider.storage.batches import MAX_BATCH, Batches


class Work:
    """Doubles numbers; refuses odd ones; fails as a whole with one above 1000."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, jobs: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(jobs))
        await self.go.wait()
        if max(jobs) > 1000:
            raise RuntimeError("the disk is full")
        return [ValueError(f"{job}") if job % 2 else 2 * job for job in jobs]


async def test_what_waits_goes_together() -> None:
    work = Work()
    work.go.clear()
    batches = Batches[int, int](work)
    first = asyncio.create_task(batches(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(batches(2 * number)) for number in range(1, 100)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *rest) == [4 * number for number in range(100)]
    assert [len(batch) for batch in work.batches] == [1, MAX_BATCH, 99 - MAX_BATCH]
    assert await batches(500) == 1000


async def test_a_refused_job_disturbs_no_other() -> None:
    batches = Batches[int, int](Work())
    results = await asyncio.gather(*map(batches, range(5)), return_exceptions=True)
    assert results[::2] == [0, 4, 8]
    assert all(isinstance(result, ValueError) for result in results[1::2])


async def test_a_failed_batch_fails_each_of_its_jobs_and_no_later_one() -> None:
    batches = Batches[int, int](Work())
    jobs = [asyncio.create_task(batches(job)) for job in (2, 2000, 4)]
    for result in await asyncio.gather(*jobs, return_exceptions=True):
        assert isinstance(result, RuntimeError)
    assert await batches(4) == 8


async def test_somebody_who_left_is_not_waited_for() -> None:
    work = Work()
    work.go.clear()
    batches = Batches[int, int](work)
    left, stayed = asyncio.create_task(batches(2)), asyncio.create_task(batches(4))
    await asyncio.sleep(0)
    left.cancel()
    work.go.set()
    assert await stayed == 8
    with pytest.raises(asyncio.CancelledError):
        await left
