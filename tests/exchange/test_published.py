"""Circuits that the field's tools test with, on published known answers.

The files lie beside the repository; without them these tests are skipped.
"""

import gzip
import json
from pathlib import Path
import secrets

from currentcost_exchange import bucket_of
from currentcost_exchange.bristol import read_bristol
from currentcost_exchange.circuit import Circuit
from currentcost_exchange.programs import range_circuit
import pytest

from .garblers import garble_and_evaluate

SHARED = Path(__file__).parents[2] / ".." / "shared" / "crypto"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the published circuits are not here"
)

KEY = 0x000102030405060708090A0B0C0D0E0F
PLAIN = 0x00112233445566778899AABBCCDDEEFF
CIPHER = 0x69C4E0D86A7B0430D8CDB78070B4C55A
"""FIPS 197, appendix C.1."""

ABC = int.from_bytes(b"abc\x80".ljust(63, b"\0") + bytes((24,)))
CHAIN = int("6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19", base=16)
ABC_DIGEST = int(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", base=16
)
"""FIPS 180-4: the example "abc", one block."""


def published(name: str) -> Circuit:
    plain = SHARED / "bristol" / f"{name}.txt"
    if plain.exists():
        return read_bristol(plain.read_text())
    with gzip.open(f"{plain}.gz", "rt") as file:
        return read_bristol(file.read())


@pytest.mark.parametrize(
    "name", ["adder64", "sub64", "neg64", "mult64", "udivide64", "zero_equal"]
)
def test_arithmetic(name: str) -> None:
    circuit = published(name)
    vectors = json.loads((SHARED / "bristol" / "arith.vectors.json").read_text())[name]
    assert len(vectors) > 10
    for vector in vectors:
        values = [int(value, 16) for value in vector["in"]]
        expected = tuple(int(value, 16) for value in vector["out"])
        assert circuit.evaluate(*values) == expected
    assert garble_and_evaluate(circuit, *values) == expected


def test_aes_in_the_clear_and_garbled() -> None:
    circuit = published("aes_128")
    assert circuit.evaluate(KEY, PLAIN) == (CIPHER,)
    assert circuit.and_gates == 6400
    assert garble_and_evaluate(circuit, KEY, PLAIN) == (CIPHER,)


def test_sha256_compression() -> None:
    assert published("sha256").evaluate(ABC, CHAIN) == (ABC_DIGEST,)


@pytest.mark.parametrize("width", [17, 32])
def test_range(width: int) -> None:
    theirs = read_bristol((SHARED / "range" / f"range_u{width}.txt").read_text())
    ours = range_circuit(3, width)
    vectors = json.loads(
        (SHARED / "range" / f"range_u{width}.vectors.json").read_text()
    )
    ordered = 0
    for x, *values, bucket in vectors:
        provider = sum(t << i * width for i, t in enumerate(values))
        assert theirs.evaluate(x, provider) == (bucket,)
        if values == sorted(values):
            ordered += 1
            assert ours.evaluate(x, provider) == (bucket,)
            assert bucket_of(x, values) == bucket
    assert ordered > 100
    assert theirs.and_gates == ours.and_gates == 3 * width


def test_range_garbled() -> None:
    circuit = read_bristol((SHARED / "range" / "range_u17.txt").read_text())
    values = (1000, 2000, 3000)
    provider = sum(t << i * 17 for i, t in enumerate(values))
    for x in (*values, *(t + 1 for t in values), secrets.randbits(17)):
        assert garble_and_evaluate(circuit, x, provider) == (bucket_of(x, values),)
