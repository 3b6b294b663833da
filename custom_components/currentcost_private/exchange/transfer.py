"""Oblivious transfer of random 32-byte seeds, one of two for each choice bit.

Naor and Pinkas, "Efficient Oblivious Transfer Protocols" (SODA 2001, protocol 4.1),
in the form of Aiello, Ishai and Reingold (Eurocrypt 2001): the receiver shows a
Diffie-Hellman tuple for its choice and a random one for the other, the sender
rerandomises both. Of the seed not chosen the receiver learns nothing at all,
whatever it does and whatever it can compute (for z that is not y^a the pair
(r, s) -> (w, key) is a bijection), so a recorded transcript opens no reading to a
quantum computer. What the receiver chose is hidden under DDH.

Written multiplicatively, for choice bit sigma:
    receiver   y = g^b once, with a Schnorr proof of b; for each bit x = g^a,
               z_sigma = y^a, the other z random
    sender     for j = 0, 1 fresh r, s: w_j = x^s g^r, key_j = z_j^s y^r
    receiver   key_sigma = w_sigma^b

b is kept: at the period's end it opens the choice bits, which the first message
binds perfectly (z_0 != z_1). The proof of b stops nobody from replaying, it only
ties the message to its session; no reading rests on it.
"""

from dataclasses import dataclass, field
from typing import Final

from .errors import Violation
from .group import (
    POINT_BYTES,
    SCALAR_BYTES,
    add,
    check_point,
    check_scalar,
    multiply,
    multiply_add,
    multiply_generator,
    scalar_of,
)
from .hashing import Use, digest, expand

SEED_BYTES: Final = 32
_BLOCK_BYTES: Final = 64

type SeedPair = tuple[bytes, bytes]


def choice_bytes(count: int) -> int:
    """Length of the receiver's message for `count` choice bits."""
    return POINT_BYTES + POINT_BYTES + SCALAR_BYTES + 3 * POINT_BYTES * count


def response_bytes(count: int) -> int:
    """Length of the sender's message for `count` choice bits."""
    return 2 * (POINT_BYTES + SEED_BYTES) * count


@dataclass(frozen=True, slots=True)
class Receiver:
    """The provider's side, between its message and the answer.

    Attributes:
        session: what the transfer is bound to.
        choices: a byte of 0 or 1 for each bit.
        exponent: b, as a scalar.
        message: what was sent.
    """

    session: bytes
    choices: bytes = field(repr=False)
    exponent: bytes = field(repr=False)
    message: bytes = field(repr=False)

    @classmethod
    def choose(cls, session: bytes, choices: bytes, seed: bytes) -> Receiver:
        """Make the first message out of a seed of its own."""
        draw = _Randomness(seed, 2 + 2 * len(choices))
        exponent, nonce = draw.scalar(), draw.scalar()
        y = multiply_generator(exponent)
        points = []
        for choice in choices:
            a = draw.scalar()
            z = [multiply(a, y), multiply_generator(draw.scalar())]
            points += [multiply_generator(a), z[choice], z[1 - choice]]
        body = b"".join(points)
        commitment = multiply_generator(nonce)
        challenge = _challenge(session, y, commitment, body)
        proof = commitment + multiply_add(challenge, exponent, nonce)
        return cls(session, choices, exponent, y + proof + body)

    def seeds(self, response: bytes) -> list[bytes]:
        """Return the chosen seed of each bit.

        All points are checked, those of the seeds not chosen too, before anything
        depends on a choice.

        Raises:
            Violation: a bad point or a wrong length; the same for every bit.
        """
        if len(response) != response_bytes(len(self.choices)):
            raise Violation("a transfer of the wrong length")
        blocks = _chunks(response, 2 * (POINT_BYTES + SEED_BYTES))
        pairs = [_chunks(block, POINT_BYTES) for block in blocks]
        for w_0, w_1, _, _ in pairs:
            check_point(w_0)
            check_point(w_1)
        seeds = []
        choices = _Choices(self.message)
        for index, (choice, pair) in enumerate(zip(self.choices, pairs, strict=True)):
            w, masked = pair[choice], pair[2 + choice]
            key = multiply(self.exponent, w)
            pad = _pad(self.session, index, choice, choices, w, key)
            seeds.append(_xor(masked, pad))
        return seeds


def opens(message: bytes, exponent: bytes, choices: bytes) -> bool:
    """Return whether a receiver's message is of these choice bits.

    Args:
        message: the receiver's, as a sender has taken it.
        exponent: b, a scalar.
        choices: a byte of 0 or 1 for each bit.
    """
    read = _Choices(message)
    if read.y != multiply_generator(exponent):
        return False
    return all(
        z[choice] == multiply(exponent, check_point(x))
        for choice, (x, *z) in zip(choices, read.triples, strict=True)
    )


def send(
    session: bytes, count: int, message: bytes, seed: bytes
) -> tuple[bytes, list[SeedPair]]:
    """Answer a receiver's message: the sender's message and both seeds of each bit.

    All that is random comes out of a seed of its own.

    Raises:
        Violation: a message that an honest receiver would not send.
    """
    if len(message) != choice_bytes(count):
        raise Violation("a transfer of the wrong length")
    choices = _Choices(message)
    y = check_point(choices.y)
    for triple in choices.triples:
        for point in triple:
            check_point(point)
    points = [y, *(point for triple in choices.triples for point in triple)]
    # z_0 != z_1 is what security rests on; any repetition is refused with it.
    if len(set(points)) != len(points):
        raise Violation("a point stands twice in a transfer")
    commitment = check_point(choices.commitment)
    challenge = _challenge(session, y, commitment, choices.body)
    expected = add(commitment, multiply(challenge, y))
    if multiply_generator(check_scalar(choices.answer)) != expected:
        raise Violation("the proof of the exponent is false")

    draw = _Randomness(seed, 5 * count)
    response, pairs = [], []
    for index, (x, *z) in enumerate(choices.triples):
        seeds = draw.seeds()
        pairs.append(seeds)
        elements, masked = [], []
        for j in (0, 1):
            r, s = draw.scalar(), draw.scalar()
            w = add(multiply(s, x), multiply_generator(r))
            key = add(multiply(s, z[j]), multiply(r, y))
            pad = _pad(session, index, j, choices, w, key)
            elements.append(w)
            masked.append(_xor(seeds[j], pad))
        response += [*elements, *masked]
    return b"".join(response), pairs


class _Choices:
    """A receiver's message, cut into its parts."""

    def __init__(self, message: bytes) -> None:
        self.y, self.commitment, self.answer = _chunks(message[:96], POINT_BYTES)
        self.body = message[96:]
        self.triples = [
            _chunks(triple, POINT_BYTES) for triple in _chunks(self.body, 96)
        ]


class _Randomness:
    """A seed, expanded to so many blocks of 64 bytes, each used once."""

    def __init__(self, seed: bytes, blocks: int) -> None:
        data = expand(Use.TRANSFER, seed, _BLOCK_BYTES * blocks)
        self._blocks = iter(_chunks(data, _BLOCK_BYTES))

    def scalar(self) -> bytes:
        return scalar_of(next(self._blocks))

    def seeds(self) -> SeedPair:
        block = next(self._blocks)
        return block[:SEED_BYTES], block[SEED_BYTES:]


def _pad(  # noqa: PLR0917  # the six things that a pad is bound to
    session: bytes, index: int, j: int, choices: _Choices, w: bytes, key: bytes
) -> bytes:
    """Return the one-time pad of a seed, bound to all that led to it."""
    position = index.to_bytes(2) + bytes((j,))
    triple = choices.triples[index]
    return digest(Use.TRANSFER, session, position, choices.y, *triple, w, key)


def _challenge(session: bytes, y: bytes, commitment: bytes, body: bytes) -> bytes:
    return scalar_of(digest(Use.PROOF, session, y, commitment, body, size=64))


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(map(int.__xor__, a, b, strict=True))


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
