"""Garbling and evaluation with half gates.

Zahur, Rosulek and Evans, "Two Halves Make a Whole" (Eurocrypt 2015, figure 2), with
free XOR (Kolesnikov, Schneider 2008) and point-and-permute (Beaver, Micali,
Rogaway 1990), kappa = 128. The one-ciphertext gates of the policy circuit, whose
inputs all belong to the evaluator, are the privacy-free ones of section 5 there
(first by Frederiksen, Nielsen, Orlandi 2015).

A wire label is an integer of 16 bytes; its lowest bit is the permute bit (the
colour). Delta is odd, the label of a one is the label of a zero xor Delta. AND
gates are numbered in the order of the circuit; gate j hashes under the tweaks 2j
and 2j + 1, one for each half. All AND gates of one layer are hashed in one call.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .circuit import Circuit
from .hashing import tmmo

BLOCK_BYTES: Final = 16

# The tweak of each block that a gate hashes: of A0, A1, B0, B1 where both labels of
# a wire share one; of the two active labels; and of a privacy-free gate's blocks.
_GARBLER: Final = (0, 0, 1, 1)
_EVALUATOR: Final = (0, 1)
_PRIVACY_FREE_GARBLER: Final = (0, 0)
_PRIVACY_FREE_EVALUATOR: Final = (0,)


@dataclass(frozen=True, slots=True)
class Garbled:
    """What garbling gives: two labels' worth for each output, and the tables."""

    outputs: list[int]
    """Zero labels of the output bits."""
    tables: list[int]
    """Ciphertexts in the order of the AND gates."""


def garble(circuit: Circuit, key: bytes, delta: int, zeros: list[int]) -> Garbled:
    """Garble a circuit with half gates; two ciphertexts an AND gate.

    Args:
        circuit: what to garble.
        key: 16 bytes, for the hash; fresh for each garbling.
        delta: the global offset, odd; fresh for each garbling.
        zeros: zero labels of the input wires.
    """
    hashes = tmmo(key)
    wires = zeros + [0] * (circuit.wires - len(zeros))
    tables = [0] * (2 * circuit.and_gates)
    for free, ands, numbers in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] ^ (delta if b is None else wires[b])
        if not ands:
            continue
        blocks: list[int] = []
        for a, b, _ in ands:
            zero_a, zero_b = wires[a], wires[b]
            blocks += (zero_a, zero_a ^ delta, zero_b, zero_b ^ delta)
        hashed = iter(hashes(blocks, _tweaks(numbers, _GARBLER)))
        for (a, b, out), number, a0, a1, b0, b1 in zip(
            ands, numbers, hashed, hashed, hashed, hashed, strict=True
        ):
            zero_a, zero_b = wires[a], wires[b]
            generator = a0 ^ a1 ^ (-(zero_b & 1) & delta)
            evaluator = b0 ^ b1 ^ zero_a
            wires[out] = (
                a0 ^ (-(zero_a & 1) & generator) ^ b0 ^ (-(zero_b & 1) & (b0 ^ b1))
            )
            tables[2 * number] = generator
            tables[2 * number + 1] = evaluator
    return Garbled([wires[wire] for wire in circuit.output_wires], tables)


def evaluate(
    circuit: Circuit, key: bytes, active: list[int], tables: list[int]
) -> list[int]:
    """Return the active labels of the outputs from those of the inputs."""
    hashes = tmmo(key)
    wires = active + [0] * (circuit.wires - len(active))
    for free, ands, numbers in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] if b is None else wires[a] ^ wires[b]
        if not ands:
            continue
        blocks: list[int] = []
        for a, b, _ in ands:
            blocks += (wires[a], wires[b])
        hashed = iter(hashes(blocks, _tweaks(numbers, _EVALUATOR)))
        for (a, b, out), number, hash_a, hash_b in zip(
            ands, numbers, hashed, hashed, strict=True
        ):
            label_a, label_b = wires[a], wires[b]
            generator, evaluator = tables[2 * number], tables[2 * number + 1]
            wires[out] = (
                hash_a
                ^ (-(label_a & 1) & generator)
                ^ hash_b
                ^ (-(label_b & 1) & (evaluator ^ label_a))
            )
    return [wires[wire] for wire in circuit.output_wires]


def garble_privacy_free(
    circuit: Circuit, key: bytes, delta: int, zeros: list[int]
) -> Garbled:
    """Garble for an evaluator that knows every input; one ciphertext an AND gate.

    It learns all wires; what the garbling gives is that no output label but the
    one computed can be found. Never with the Delta of a garbling that hides.
    """
    hashes = tmmo(key)
    wires = zeros + [0] * (circuit.wires - len(zeros))
    tables = [0] * circuit.and_gates
    for free, ands, numbers in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] ^ (delta if b is None else wires[b])
        if not ands:
            continue
        blocks: list[int] = []
        for a, _, _ in ands:
            blocks += (wires[a], wires[a] ^ delta)
        hashed = iter(hashes(blocks, _tweaks(numbers, _PRIVACY_FREE_GARBLER)))
        for (_, b, out), number, a0, a1 in zip(
            ands, numbers, hashed, hashed, strict=True
        ):
            wires[out] = a0
            tables[number] = a0 ^ a1 ^ wires[b]
    return Garbled([wires[wire] for wire in circuit.output_wires], tables)


def evaluate_privacy_free(
    circuit: Circuit, key: bytes, bits: bytes, active: list[int], tables: list[int]
) -> list[int]:
    """Return the active labels of the outputs; `bits` are the inputs in the clear."""
    hashes = tmmo(key)
    wires = active + [0] * (circuit.wires - len(active))
    clear = bytearray(bits) + bytearray(circuit.wires - len(bits))
    for free, ands, numbers in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] if b is None else wires[a] ^ wires[b]
            clear[out] = clear[a] ^ (1 if b is None else clear[b])
        if not ands:
            continue
        tweaks = _tweaks(numbers, _PRIVACY_FREE_EVALUATOR)
        hashed = hashes([wires[a] for a, _, _ in ands], tweaks)
        for (a, b, out), number, hash_a in zip(ands, numbers, hashed, strict=True):
            wires[out] = hash_a ^ (-clear[a] & (tables[number] ^ wires[b]))
            clear[out] = clear[a] & clear[b]
    return [wires[wire] for wire in circuit.output_wires]


@lru_cache(maxsize=4096)
def _tweaks(numbers: tuple[int, ...], pattern: tuple[int, ...]) -> int:
    """Join tweaks into one integer of 16 bytes each.

    A gate hashes a block for each item of the pattern; the item says under which
    of the gate's tweaks.
    """
    halves = max(pattern) + 1
    tweaks = [halves * number + half for number in numbers for half in pattern]
    return int.from_bytes(b"".join([tweak.to_bytes(BLOCK_BYTES) for tweak in tweaks]))
