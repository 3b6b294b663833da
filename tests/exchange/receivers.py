"""First messages of the transfer as a cheating receiver makes them.

The proof of the exponent is always right for what the message says, so that a
refusal is due to the rest.
"""

from currentcost_exchange import group
from currentcost_exchange.hashing import Use, digest

from .edwards import TORSION
from .holes import with_torsion


def chunks(data: bytes, size: int = 32) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def prove(
    points: list[bytes], exponent: bytes, *, session: bytes, torsion: int = 0
) -> bytes:
    """Return a first message of y and all triples, with a proof of y's exponent."""
    y, body = points[0], b"".join(points[1:])
    nonce = group.random_scalar()
    commitment = group.multiply_generator(nonce)
    if torsion:
        commitment = with_torsion(commitment, TORSION[torsion - 1])
    challenge = group.reduce_scalar(
        digest(Use.PROOF, session, y, commitment, body, size=64)
    )
    answer = group.multiply_add(challenge, exponent, nonce)
    return y + commitment + answer + body


def points_of(message: bytes) -> list[bytes]:
    """Return y and the points of all triples."""
    y, _commitment, _answer, *points = chunks(message)
    return [y, *points]
