"""Waits for what other processes do."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.1
) -> None:
    """Wait until the condition holds; raise TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        # No event tells what another process has done.
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(every)
