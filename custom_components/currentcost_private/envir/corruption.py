"""Damage as cables do it: bytes flipped, replaced, lost and added, at a given rate."""

from math import log
from random import Random
from typing import Final

_KINDS: Final = ("flip", "flip", "replace", "digit", "lose", "nul")


def damaged(data: bytes, random: Random, *, rate: float) -> bytes:
    """Return bytes each of which was damaged with the probability `rate` (below 1)."""
    if rate <= 0:
        return data
    pieces: list[bytes] = []
    start = 0
    while True:
        # How far it is to the next one that is damaged.
        place = start + int(log(1 - random.random()) / log(1 - rate))
        if place >= len(data):
            return b"".join([*pieces, data[start:]])
        pieces += [data[start:place], _damaged(data[place], random)]
        start = place + 1


def _damaged(byte: int, random: Random) -> bytes:
    match random.choice(_KINDS):
        case "flip":
            return bytes([byte ^ 1 << random.randrange(8)])
        case "replace":
            return bytes([random.randrange(256)])
        case "digit":
            return str(random.randrange(10)).encode()
        case "lose":
            return b""
        case _:
            return bytes([0, byte])
