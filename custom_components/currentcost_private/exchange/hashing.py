"""The hash functions of the exchange, each bound to its use.

BLAKE2b (RFC 7693) with the use as its personalisation serves wherever a random
oracle or a keyed function is wanted; AES under a key of the report's own serves
the garbling. Uses never share a personalisation, so no value of one can stand for
a value of another.
"""

from collections.abc import Callable
from enum import Enum
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB


class Use(Enum):
    """What a hash is for; the value is the personalisation."""

    ACTIVE = b"ccp active"
    CIRCUIT = b"ccp circuit"
    CLAIM = b"ccp claim"
    COMMITMENT = b"ccp thresholds"
    CODE = b"ccp code"
    CORRECTION = b"ccp correction"
    EQUAL = b"ccp equal"
    EQUALITY = b"ccp equality"
    HEDGE = b"ccp hedge"
    IDENTITY = b"ccp identity"
    KEY = b"ccp key"
    OUTPUT = b"ccp output"
    PASS = b"ccp pass"
    POLICY = b"ccp policy"
    PROOF = b"ccp proof"
    REPLY = b"ccp reply"
    REPORT = b"ccp report"
    SEED = b"ccp seed"
    SESSION = b"ccp session"
    STATEMENT = b"ccp statement"
    TRANSFER = b"ccp transfer"


def digest(use: Use, *fields: bytes, size: int = 32) -> bytes:
    """Return BLAKE2b over fields, each preceded by its length."""
    state = hashlib.blake2b(digest_size=size, person=use.value)
    for field in fields:
        state.update(len(field).to_bytes(4))
        state.update(field)
    return state.digest()


def pads(use: Use, keys: list[bytes], context: bytes) -> bytes:
    """Return 16 pseudorandom bytes for each key at its position, joined.

    BLAKE2b over context, position and 32-byte key: unpredictable for each key and
    context, in the random-oracle model.
    """
    state = hashlib.blake2b(context, digest_size=16, person=use.value)
    result = []
    for position, key in enumerate(keys):
        pad = state.copy()
        pad.update(position.to_bytes(2) + key)
        result.append(pad.digest())
    return b"".join(result)


def expand(use: Use, seed: bytes, size: int) -> bytes:
    """Return `size` pseudorandom bytes of a seed (SHAKE256, FIPS 202)."""
    return hashlib.shake_256(use.value.ljust(16, b"\0") + seed).digest(size)


def tmmo(key: bytes) -> Callable[[int, int, int], int]:
    """Return the garbling hash H(w, i) = pi(pi(w) xor i) xor pi(w) under a key.

    TMMO of Guo, Katz, Wang and Yu, "Efficient and Secure Multiparty Computation
    from Fixed-Key Block Ciphers" (IEEE S&P 2020, section 7.4): tweakable circular
    correlation robust in the ideal-cipher model. The key is the report's own, so
    that the gates of a fleet don't add up against one permutation.

    The function takes lanes of 16-byte blocks in one integer, their length in
    bytes, and lanes of tweaks; it encrypts all blocks in one call.
    """
    permute = Cipher(AES(key), ECB()).encryptor().update  # noqa: S305  # pi itself
    from_bytes = int.from_bytes

    def hash_lanes(blocks: int, size: int, tweaks: int) -> int:
        inner = from_bytes(permute(blocks.to_bytes(size)))
        return inner ^ from_bytes(permute((inner ^ tweaks).to_bytes(size)))

    return hash_lanes
