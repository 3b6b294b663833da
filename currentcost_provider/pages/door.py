"""Passwords at the door: checked one by one, and not too often."""

import asyncio
from http import HTTPStatus

from ..credentials import is_chosen
from ..limits import RateLimit, source_key
from .errors import PageError


class Door:
    """Lets those in who know a password; only failures count against the limits."""

    def __init__(self) -> None:
        """Begin without anybody's failures."""
        self._by_name = RateLimit(burst=5, seconds_each=60)
        self._by_source = RateLimit(burst=20, seconds_each=15)
        self._verifying = asyncio.Lock()

    async def opens(
        self, *, name: str, password: str, stored: str | None, source: str
    ) -> bool:
        """Return whether a password is right.

        Raises:
            PageError: too many were not, lately.
        """
        limits = ((self._by_name, name), (self._by_source, source_key(source)))
        for limit, key in limits:
            if wait := limit.take(key):
                raise PageError(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "Too many attempts",
                    f"Wait {wait} seconds, then try again.",
                    retry_after=wait,
                )
        # One at a time: each takes 19 MiB.
        async with self._verifying:
            right = await asyncio.to_thread(is_chosen, password, stored)
        if right:
            for limit, key in limits:
                limit.give_back(key)
        return right
