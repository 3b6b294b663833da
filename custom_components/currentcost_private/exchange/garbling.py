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
from struct import unpack
from typing import Final, NamedTuple

from .circuit import Circuit
from .hashing import tmmo

BLOCK_BYTES: Final = 16
_BLOCK_BITS: Final = 8 * BLOCK_BYTES


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
        size, bits, ones, ones_both, mask, mask_both, tweaks, _ = _lanes(gate, count)
        # Lanes of A0 and, below them, of B0; then of both labels of each.
        zero = _gather(wires, firsts + seconds)
        blocks = zero << 2 * bits | zero ^ delta * ones_both
        hashed = hash_lanes(blocks, 4 * size, tweaks)
        hash_zero = hashed >> 2 * bits
        difference = hash_zero ^ hashed & mask_both
        colours = _spread(zero & ones_both)
        generator = difference >> bits ^ colours & mask & delta * ones
        difference &= mask
        evaluator = difference ^ zero >> bits
        halves = hash_zero ^ colours & (generator << bits | difference)
        _scatter(wires, outs, halves >> bits ^ halves & mask)
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
        size, bits, _, ones_both, mask, _, _, tweaks = _lanes(gate, count)
        labels = _gather(wires, firsts + seconds)
        hashed = hash_lanes(labels, 2 * size, tweaks)
        start = 2 * BLOCK_BYTES * gate
        table = int.from_bytes(tables[start : start + 2 * size])
        halves = hashed ^ _spread(labels & ones_both) & (table ^ labels >> bits)
        _scatter(wires, outs, halves >> bits ^ halves & mask)
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


def _scatter(wires: list[int], numbers: tuple[int, ...], lanes: int) -> None:
    """Set these wires from lanes."""
    data = lanes.to_bytes(BLOCK_BYTES * len(numbers))
    for number, label in zip(numbers, labels_of(data), strict=True):
        wires[number] = label


def labels_of(data: bytes) -> list[int]:
    """Return the labels that a byte string holds, 16 bytes each."""
    blocks = unpack("16s" * (len(data) // BLOCK_BYTES), data)
    return list(map(int.from_bytes, blocks))


def _spread(lanes: int) -> int:
    """Return lanes of ones where a lane is one, zeros where it is zero."""
    return (lanes << _BLOCK_BITS) - lanes


class _Lanes(NamedTuple):
    """What working on a layer's gates takes, beside the labels.

    Attributes:
        size: length of a lane a gate, in bytes.
        bits: the same, in bits.
        ones: a lane a gate that holds a one.
        ones_both: two lanes a gate, alike.
        mask: a lane a gate, full of ones.
        mask_both: two lanes a gate, alike.
        tweaks_of_pairs: for both labels of both inputs of each gate.
        tweaks: for the active labels of both inputs of each gate.
    """

    size: int
    bits: int
    ones: int
    ones_both: int
    mask: int
    mask_both: int
    tweaks_of_pairs: int
    tweaks: int


@lru_cache(maxsize=4096)
def _lanes(gate: int, count: int) -> _Lanes:
    """Return what a layer of `count` gates takes that begins with AND gate `gate`."""
    size = BLOCK_BYTES * count
    bits = 8 * size
    ones = sum(1 << _BLOCK_BITS * lane for lane in range(count))
    # Gate j hashes its first input under the tweak 2j, its second one under 2j + 1.
    first = sum(
        2 * (gate + lane) << _BLOCK_BITS * (count - 1 - lane) for lane in range(count)
    )
    tweaks = first << bits | first + ones
    return _Lanes(
        size=size,
        bits=bits,
        ones=ones,
        ones_both=ones << bits | ones,
        mask=(1 << bits) - 1,
        mask_both=(1 << 2 * bits) - 1,
        tweaks_of_pairs=tweaks << 2 * bits | tweaks,
        tweaks=tweaks,
    )
