"""Households that wait for a question on demand, in this process.

A household costs one waiting task. Whether anybody was asked is looked up for all of them
at once, once a second and whenever this process itself was told to ask: so a question
that another process stored is found too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import contextlib
import logging
import math
from typing import Final

from sqlalchemy.exc import DBAPIError

from .metrics import WAITING
from .storage.database import reason

LOOK_SECONDS: Final = 1.0
MOST: Final = 20_000
"""Households that may wait in a process."""
RELEASES_A_SECOND: Final = 250
"""When many are asked at once: their answers come at this rate, not all together."""

_LOGGER: Final = logging.getLogger(__name__)

type Look = Callable[[], Awaitable[Mapping[bytes, int]]]
"""Returns the start of the latest window that each agreement is asked about."""


class Full(Exception):
    """No more households may wait."""


class Waiters:
    """Those who wait, by their agreements."""

    def __init__(self, look: Look) -> None:
        """Take what looks up who was asked."""
        self._look = look
        self._asked: Mapping[bytes, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()
        self._stopped = False
        self._waiting: dict[bytes, tuple[int, asyncio.Future[int]]] = {}

    async def wait(
        self, agreement_id: bytes, *, after: int, seconds: float
    ) -> int | None:
        """Return the start of the window that is asked about, None if nobody asks.

        Whoever waits for the same agreement already has waited long enough.

        Args:
            agreement_id: of the household.
            after: windows that start then or before don't count (UTC s).
            seconds: how long to wait.

        Raises:
            Full: too many wait.
        """
        if len(self._waiting) >= MOST:
            raise Full
        if self._stopped:
            return None
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._run())
        if (start := self._asked.get(agreement_id, 0)) > after:
            return start
        future = asyncio.get_running_loop().create_future()
        mine = after, future
        if before := self._waiting.pop(agreement_id, None):
            before[1].cancel()
        self._waiting[agreement_id] = mine
        WAITING.inc()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait([future])
        except TimeoutError:
            return None
        finally:
            WAITING.dec()
            if self._waiting.get(agreement_id) is mine:
                del self._waiting[agreement_id]
        return None if future.cancelled() else future.result()

    def ring(self) -> None:
        """Tell that somebody was asked."""
        self._rung.set()

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopped = True
        self._rung.set()
        for _, future in self._waiting.values():
            future.cancel()

    async def _run(self) -> None:
        """Look for as long as anybody waits."""
        await asyncio.sleep(0)
        while self._waiting and not self._stopped:
            self._rung.clear()
            try:
                self._asked = await self._look()
            except (DBAPIError, OSError) as err:
                _LOGGER.warning("Who was asked can't be looked up: %s", reason(err))
            self._release()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._rung.wait()
        self._asked = {}

    def _release(self) -> None:
        """Tell those who were asked, one after the other."""
        loop = asyncio.get_running_loop()
        asked = [
            (agreement_id, self._asked.get(agreement_id, 0))
            for agreement_id, (after, _) in self._waiting.items()
            if self._asked.get(agreement_id, 0) > after
        ]
        for number, (agreement_id, start) in enumerate(asked):
            _, future = self._waiting.pop(agreement_id)
            pause = math.floor(number / RELEASES_A_SECOND)
            loop.call_later(pause, _tell, future, start)


def _tell(future: asyncio.Future[int], start: int) -> None:
    if not future.done():
        future.set_result(start)
