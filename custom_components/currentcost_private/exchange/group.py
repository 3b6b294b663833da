"""The prime-order subgroup of edwards25519, through libsodium (PyNaCl).

Points and scalars are 32-byte encodings. Every point that comes from the other
party passes `check_point` first. libsodium's own subgroup check has had a hole
(CVE-2025-69277), and its version string does not tell whether it is closed, so the
check here does not rest on it alone, and `self_test` proves it on known bad points
before a set-up begins.
"""

from typing import Final

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
)

from .errors import ExchangeError, Violation

POINT_BYTES: Final = 32
SCALAR_BYTES: Final = 32
ORDER: Final = (1 << 252) + 27742317777372353535851937790883648493

IDENTITY: Final = (1).to_bytes(32, "little")
GENERATOR: Final = bytes([0x58] + [0x66] * 31)
_ORDER_MINUS_ONE: Final = (ORDER - 1).to_bytes(32, "little")
_PRIME: Final = (1 << 255) - 19

# (0, -1), (sqrt(-1), 0) and one of the four points of order 8 (RFC 7748's curve in
# Edwards form; the list of libsodium's own small-order check).
_ORDER_2: Final = (_PRIME - 1).to_bytes(32, "little")
_ORDER_4: Final = bytes(32)
_ORDER_8: Final = bytes.fromhex(
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
)


def scalar_of(data: bytes) -> bytes:
    """Return 64 bytes, little-endian, modulo the group's order.

    Of random bytes: uniform up to a bias of 2^-260, and zero with probability 2^-252.
    """
    reduced: bytes = crypto_core_ed25519_scalar_reduce(data)
    return reduced


def check_scalar(data: bytes) -> bytes:
    """Return a received scalar.

    Raises:
        Violation: it is zero or not the reduced encoding.
    """
    if not 0 < int.from_bytes(data, "little") < ORDER:
        raise Violation("not a scalar")
    return data


def multiply_add(a: bytes, b: bytes, c: bytes) -> bytes:
    """Return the scalar a * b + c."""
    result: bytes = crypto_core_ed25519_scalar_add(
        crypto_core_ed25519_scalar_mul(a, b), c
    )
    return result


def multiply(scalar: bytes, point: bytes) -> bytes:
    """Return scalar * point, for a checked point and a scalar that is not zero."""
    product: bytes = crypto_scalarmult_ed25519_noclamp(scalar, point)
    return product


def multiply_generator(scalar: bytes) -> bytes:
    """Return scalar * G, for a scalar that is not zero."""
    product: bytes = crypto_scalarmult_ed25519_base_noclamp(scalar)
    return product


def add(p: bytes, q: bytes) -> bytes:
    """Return p + q, both checked."""
    total: bytes = crypto_core_ed25519_add(p, q)
    return total


def check_point(data: bytes) -> bytes:
    """Return a received point of the prime-order subgroup, the identity excluded.

    Beside libsodium's check, (L - 1) P + P must be the identity: L is 5 modulo 8,
    so any torsion part of P would show.

    Raises:
        Violation: any other encoding.
    """
    if len(data) != POINT_BYTES:
        raise Violation("not a point of the group")
    try:
        valid = crypto_core_ed25519_is_valid_point(data)
        negative = multiply(_ORDER_MINUS_ONE, data) if valid else IDENTITY
    except RuntimeError:  # libsodium refuses the product of a small-order point
        valid = False
    if not valid or add(negative, data) != IDENTITY:
        raise Violation("not a point of the group")
    return data


def self_test() -> None:
    """Prove that bad points are refused here, whatever libsodium is installed.

    Raises:
        ExchangeError: the cryptographic library can't be trusted.
    """
    bad_points = (
        *(add(GENERATOR, torsion) for torsion in (_ORDER_2, _ORDER_4, _ORDER_8)),
        _ORDER_2,
        IDENTITY,
        (_PRIME + 1).to_bytes(32, "little"),
    )
    for point in bad_points:
        try:
            check_point(point)
        except Violation:
            continue
        raise ExchangeError(
            "the libsodium of this system accepts bad points; update PyNaCl"
        )
    if check_point(GENERATOR) != multiply_generator((1).to_bytes(32, "little")):
        raise ExchangeError("the libsodium of this system does not compute right")
