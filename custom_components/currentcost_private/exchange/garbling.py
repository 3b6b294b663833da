"""Garbling and evaluation with half gates.

Zahur, Rosulek and Evans, "Two Halves Make a Whole" (Eurocrypt 2015, figure 2), with
free XOR (Kolesnikov, Schneider 2008) and point-and-permute (Beaver, Micali,
Rogaway 1990), kappa = 128.

A wire label is an integer of 16 bytes; its lowest bit is the permute bit (the
colour). Delta is odd, the label of a one is the label of a zero xor Delta.

The circuit is worked on layer by layer (see `Circuit.layers`), and AND gates are
numbered in that order; gate j hashes under the tweaks 2j and 2j + 1, one for each
half. All gates of a layer are worked on at once, as lanes of 16 bytes in one wide
integer, which makes Python fast enough. A layer's tables are the generator halves
of its gates, then their evaluator halves.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from .circuit import Circuit
from .hashing import tmmo

BLOCK_BYTES: Final = 16
_BLOCK_BITS: Final = 8 * BLOCK_BYTES
_BLOCK_MASK: Final = (1 << _BLOCK_BITS) - 1


@dataclass(frozen=True, slots=True)
class Garbled:
    """What garbling gives.

    Attributes:
        outputs: zero labels of the output bits; secret, like Delta.
        tables: 32 bytes an AND gate.
    """

    outputs: list[int] = field(repr=False)
    tables: bytes


def garble(circuit: Circuit, key: bytes, delta: int, zeros: list[int]) -> Garbled:
    """Garble a circuit with half gates; two ciphertexts an AND gate.

    Args:
        circuit: what to garble.
        key: 16 bytes, for the hash; fresh for each garbling.
        delta: the global offset, odd; fresh for each garbling.
        zeros: zero labels of the input wires.
    """
    hash_lanes = tmmo(key)
    wires = _wires(circuit, zeros, delta)
    tables = []
    gate = 0
    for free, firsts, seconds, outs in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] ^ wires[b]
        if not (count := len(outs)):
            continue
        size, bits = BLOCK_BYTES * count, _BLOCK_BITS * count
        low = (1 << bits) - 1
        # Lanes of A0 and, below them, of B0; then of both labels of each.
        zero = _gather(wires, firsts + seconds)
        blocks = zero << 2 * bits | zero ^ delta * _ones(2 * count)
        hashed = hash_lanes(blocks, 4 * size, _tweaks(gate, count, (0, 1, 0, 1)))
        hash_zero = hashed >> 2 * bits
        difference = hash_zero ^ hashed & (1 << 2 * bits) - 1
        colours = _spread(zero, 2 * count)
        generator = difference >> bits ^ colours & low & delta * _ones(count)
        difference &= low
        evaluator = difference ^ zero >> bits
        halves = hash_zero ^ colours & (generator << bits | difference)
        _scatter(wires, outs, halves >> bits ^ halves & low, size)
        tables.append((generator << bits | evaluator).to_bytes(2 * size))
        gate += count
    return Garbled([wires[wire] for wire in circuit.output_wires], b"".join(tables))


def evaluate(
    circuit: Circuit, key: bytes, active: list[int], tables: bytes
) -> list[int]:
    """Return the active labels of the outputs from those of the inputs."""
    hash_lanes = tmmo(key)
    wires = _wires(circuit, active, 0)
    gate = 0
    for free, firsts, seconds, outs in circuit.layers:
        for a, b, out in free:
            wires[out] = wires[a] ^ wires[b]
        if not (count := len(outs)):
            continue
        size, bits = BLOCK_BYTES * count, _BLOCK_BITS * count
        labels = _gather(wires, firsts + seconds)
        hashed = hash_lanes(labels, 2 * size, _tweaks(gate, count, (0, 1)))
        start = 2 * BLOCK_BYTES * gate
        table = int.from_bytes(tables[start : start + 2 * size])
        halves = hashed ^ _spread(labels, 2 * count) & (table ^ labels >> bits)
        _scatter(wires, outs, halves >> bits ^ halves & (1 << bits) - 1, size)
        gate += count
    return [wires[wire] for wire in circuit.output_wires]


def _wires(circuit: Circuit, labels: list[int], inverter: int) -> list[int]:
    """Return all wires; the one behind the last turns an XOR into an INV.

    To the garbler it is Delta, to the evaluator nothing: an inverted wire keeps its
    active label.
    """
    return [*labels, *[0] * (circuit.wires - len(labels)), inverter]


def _gather(wires: list[int], numbers: tuple[int, ...]) -> int:
    """Return lanes of these wires, the first one highest."""
    return int.from_bytes(
        b"".join([wires[number].to_bytes(BLOCK_BYTES) for number in numbers])
    )


def _scatter(wires: list[int], numbers: tuple[int, ...], lanes: int, size: int) -> None:
    """Set these wires from lanes."""
    data = lanes.to_bytes(size)
    for position, number in enumerate(numbers):
        start = BLOCK_BYTES * position
        wires[number] = int.from_bytes(data[start : start + BLOCK_BYTES])


def _spread(lanes: int, count: int) -> int:
    """Return lanes of ones where the lowest bit of a lane is set, zeros elsewhere."""
    return (lanes & _ones(count)) * _BLOCK_MASK


@lru_cache(maxsize=256)
def _ones(count: int) -> int:
    """Return lanes that hold a one each."""
    return sum(1 << _BLOCK_BITS * lane for lane in range(count))


@lru_cache(maxsize=4096)
def _tweaks(gate: int, count: int, halves: tuple[int, ...]) -> int:
    """Return lanes of tweaks for a layer that begins with AND gate `gate`.

    For each item of `halves` come `count` lanes: the tweak of that half of each gate
    (2j or 2j + 1).
    """
    lanes = [2 * (gate + lane) + half for half in halves for lane in range(count)]
    return int.from_bytes(b"".join([tweak.to_bytes(BLOCK_BYTES) for tweak in lanes]))
