"""Reference arithmetic of edwards25519 (RFC 8032, section 5.1), torsion included.

Affine and slow on purpose: written from the curve's equation, so that it shares
nothing with the library under test.
"""

from functools import reduce
from typing import Final

PRIME: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, PRIME) % PRIME

type Point = tuple[int, int]

IDENTITY: Final[Point] = (0, 1)


def add(p: Point, q: Point) -> Point:
    """Return p + q by the complete addition law of the twisted Edwards curve."""
    (x1, y1), (x2, y2) = p, q
    product = _D * x1 * x2 * y1 * y2 % PRIME
    inverse = pow((1 + product) * (1 - product), -1, PRIME)
    x = (x1 * y2 + x2 * y1) * (1 - product) * inverse % PRIME
    y = (y1 * y2 + x1 * x2) * (1 + product) * inverse % PRIME
    return x, y


def multiply(scalar: int, point: Point) -> Point:
    """Return scalar * point by double-and-add."""
    return reduce(
        lambda total, bit: add(add(total, total), point if bit == "1" else IDENTITY),
        f"{scalar:b}",
        IDENTITY,
    )


def encode(point: Point) -> bytes:
    """Return the 32-byte encoding: y, and the lowest bit of x as the highest."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """Return the point of an encoding.

    Raises:
        ValueError: not on the curve.
    """
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255 % PRIME
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x * x % PRIME != square:
        raise ValueError("not on the curve")
    return (PRIME - x if x & 1 != sign else x) % PRIME, y


GENERATOR: Final = decode(bytes([0x58] + [0x66] * 31))


def _torsion() -> tuple[Point, ...]:
    """Return the seven points of small order: multiples of one of order 8."""
    y = 2
    while True:
        try:
            point = multiply(ORDER, decode(y.to_bytes(32, "little")))
        except ValueError:
            point = IDENTITY
        if multiply(4, point) != IDENTITY:
            return tuple(multiply(k, point) for k in range(1, 8))
        y += 1


TORSION: Final = _torsion()
