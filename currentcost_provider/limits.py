"""How often somebody may do something.

Kept in memory: the service is one process, a restart forgives nobody enough to
guess a password of 79 bits, and an attacker can't make it write to the disk.
"""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_network
import math
import time
from typing import Final

_MOST_KEYS: Final = 10_000


class RateLimit:
    """A token bucket for each key (a user name, an address, a household)."""

    def __init__(
        self,
        *,
        burst: int,
        seconds_each: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow `burst` at once and one more every `seconds_each`."""
        self._burst = burst
        self._seconds_each = seconds_each
        self._clock = clock
        # When a bucket will be full again, by key, the longest untouched first.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> int:
        """Take one and return 0, or return the whole seconds to wait for one."""
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + self._seconds_each
        wait = full_at - now - self._burst * self._seconds_each
        if wait > 1e-9:
            return math.ceil(wait)
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > _MOST_KEYS:
            self._full_at.popitem(last=False)
        return 0

    def give_back(self, key: str) -> None:
        """Undo one `take`."""
        if key in self._full_at:
            self._full_at[key] -= self._seconds_each


def source_key(address: str) -> str:
    """Return who an address counts as: IPv6 users have a whole /64 to themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False))
