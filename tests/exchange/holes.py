"""Points that no honest party sends, and a library that takes them.

With the hole open the library behaves as libsodium did before the repair of
CVE-2025-69277, and worse: neither its validity check nor its multiplication
notices a torsion part.
"""

import secrets

from currentcost_exchange import group
import pytest

from . import edwards


def with_torsion(point: bytes, torsion: edwards.Point) -> bytes:
    return edwards.encode(edwards.add(edwards.decode(point), torsion))


def not_on_the_curve() -> bytes:
    while True:
        data = secrets.token_bytes(32)
        try:
            edwards.decode(data)
        except ValueError:
            return data


def open_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the library accept any point on the curve, and compute with it."""

    def multiply(scalar: bytes, point: bytes) -> bytes:
        product = edwards.multiply(
            int.from_bytes(scalar, "little"), edwards.decode(point)
        )
        if product == edwards.IDENTITY:
            raise RuntimeError
        return edwards.encode(product)

    monkeypatch.setattr(group, "crypto_core_ed25519_is_valid_point", lambda _: True)
    monkeypatch.setattr(group, "crypto_scalarmult_ed25519_noclamp", multiply)
