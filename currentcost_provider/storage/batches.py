"""Many requests, one transaction: what waits while a commit is on its way goes next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

MAX_BATCH: Final = 64


class Batches[Job, Result]:
    """Does jobs together: one batch at a time, of all that came meanwhile."""

    def __init__(
        self, work: Callable[[Sequence[Job]], Awaitable[Sequence[Result | Exception]]]
    ) -> None:
        """Take the work: a batch's results, in its order; an exception is raised.

        What the work itself raises, each job of its batch raises.
        """
        self._work = work
        self._waiting: deque[tuple[Job, asyncio.Future[Result]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, job: Job) -> Result:
        """Do one job, with others."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        result: Result = await future
        return result

    async def _run(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), MAX_BATCH)
            batch = [self._waiting.popleft() for _ in range(count)]
            results: Sequence[Result | Exception]
            try:
                results = await self._work([job for job, _ in batch])
            except Exception as err:  # noqa: BLE001  # each job raises it
                results = [err] * count
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
