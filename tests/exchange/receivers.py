"""First messages of the transfer as a cheating receiver makes them.

The proof of the exponent is always right for what the message says, so that a
refusal is due to the rest.
"""

import secrets

from currentcost_exchange import group, transfer
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.transfer import Receiver, SeedPair

from .edwards import TORSION
from .holes import with_torsion


def chunks(data: bytes, size: int = 32) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def random_scalar() -> bytes:
    return group.scalar_of(secrets.token_bytes(64))


def choose(session: bytes, choices: bytes) -> Receiver:
    """Return an honest receiver from a fresh seed."""
    return Receiver.choose(session, choices, secrets.token_bytes(32))


def send(session: bytes, count: int, message: bytes) -> tuple[bytes, list[SeedPair]]:
    """Answer as an honest sender, from a fresh seed."""
    return transfer.send(session, count, message, secrets.token_bytes(32))


def prove(
    points: list[bytes], exponent: bytes, *, session: bytes, torsion: int = 0
) -> bytes:
    """Return a first message of y and all triples, with a proof of y's exponent."""
    y, body = points[0], b"".join(points[1:])
    nonce = random_scalar()
    commitment = group.multiply_generator(nonce)
    if torsion:
        commitment = with_torsion(commitment, TORSION[torsion - 1])
    challenge = group.scalar_of(
        digest(Use.PROOF, session, y, commitment, body, size=64)
    )
    answer = group.multiply_add(challenge, exponent, nonce)
    return y + commitment + answer + body


def points_of(message: bytes) -> list[bytes]:
    """Return y and the points of all triples."""
    y, _commitment, _answer, *points = chunks(message)
    return [y, *points]
