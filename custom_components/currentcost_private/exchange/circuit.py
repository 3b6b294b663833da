"""Boolean circuits of XOR, AND and INV gates."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final, NamedTuple

from .errors import CircuitError

MAX_WIRES: Final = 1 << 20


class GateKind(IntEnum):
    """XOR and INV are free to garble; AND costs two ciphertexts."""

    XOR = 0
    AND = 1
    INV = 2


class Gate(NamedTuple):
    """One gate; an INV gate repeats its input as `b`."""

    kind: GateKind
    a: int
    b: int
    out: int


class Layer(NamedTuple):
    """Gates of one AND depth, to be worked on together: the free ones come first.

    Attributes:
        free: first input, second input and output of each XOR; an INV is the XOR
            with a wire of its own, numbered behind all others.
        firsts: first input of each AND.
        seconds: second input of each AND.
        outs: output of each AND.
    """

    free: tuple[tuple[int, int, int], ...]
    firsts: tuple[int, ...]
    seconds: tuple[int, ...]
    outs: tuple[int, ...]


@dataclass(frozen=True)
class Circuit:
    """A circuit in topological order, wired as Bristol Fashion does.

    Wires 0, 1, ... carry the input values one after the other, the last wires the
    output values; bits are least significant first. In the exchange the first
    input value is the household's, the second the provider's.

    Attributes:
        inputs: width of each input value, in bits.
        outputs: width of each output value, in bits.
        wires: number of wires.
        gates: each assigns one wire that no other gate assigns.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    wires: int
    gates: tuple[Gate, ...]

    def __post_init__(self) -> None:
        """Refuse what can't be evaluated.

        Raises:
            CircuitError: widths, wires or gates don't fit together.
        """
        if self.wires > MAX_WIRES or len(self.gates) > MAX_WIRES:
            raise CircuitError("circuit too large")
        if min(self.inputs + self.outputs, default=1) < 1:
            raise CircuitError("a value of no bits")
        if sum(self.inputs) + len(self.gates) != self.wires:
            raise CircuitError("each wire must be an input or the output of one gate")
        if sum(self.outputs) > self.wires:
            raise CircuitError("more output bits than wires")
        assigned = bytearray(self.wires)
        assigned[: sum(self.inputs)] = b"\1" * sum(self.inputs)
        for gate in self.gates:
            if gate.kind not in GateKind or (
                gate.kind is GateKind.INV and gate.a != gate.b
            ):
                raise CircuitError("a gate of no known kind")
            if not all(0 <= wire < self.wires for wire in gate[1:]):
                raise CircuitError("a gate names a wire that does not exist")
            if not (assigned[gate.a] and assigned[gate.b]):
                raise CircuitError("a gate reads a wire before it is assigned")
            if assigned[gate.out]:
                raise CircuitError("a wire is assigned twice")
            assigned[gate.out] = 1

    @property
    def input_bits(self) -> int:
        """Number of input wires."""
        return sum(self.inputs)

    @property
    def output_wires(self) -> range:
        """The wires that carry the outputs."""
        return range(self.wires - sum(self.outputs), self.wires)

    @cached_property
    def and_gates(self) -> int:
        """Number of AND gates, the only ones that cost anything."""
        return sum(gate.kind is GateKind.AND for gate in self.gates)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The gates by their AND depth, within a layer in the circuit's order."""
        depth = [0] * self.wires
        free: list[list[tuple[int, int, int]]] = [[]]
        ands: list[list[tuple[int, int, int]]] = [[]]
        for kind, a, b, out in self.gates:
            level = max(depth[a], depth[b])
            if kind is GateKind.AND:
                ands[level].append((a, b, out))
                level += 1
                if level == len(ands):
                    free.append([])
                    ands.append([])
            else:
                free[level].append((a, self.wires if kind is GateKind.INV else b, out))
            depth[out] = level
        return tuple(
            Layer(tuple(gates), *(tuple(gate[i] for gate in layer) for i in range(3)))
            for gates, layer in zip(free, ands, strict=True)
        )

    def evaluate(self, *values: int) -> tuple[int, ...]:
        """Evaluate in the clear: one integer an input value, one an output value.

        Raises:
            CircuitError: too few or too many values, or one that is too wide.
        """
        if len(values) != len(self.inputs):
            raise CircuitError(f"{len(self.inputs)} input values are needed")
        wires = bytearray(self.wires)
        position = 0
        for value, width in zip(values, self.inputs, strict=True):
            wires[position : position + width] = bits_of(value, width)
            position += width
        for kind, a, b, out in self.gates:
            if kind is GateKind.XOR:
                wires[out] = wires[a] ^ wires[b]
            elif kind is GateKind.AND:
                wires[out] = wires[a] & wires[b]
            else:
                wires[out] = wires[a] ^ 1
        results = []
        position = self.output_wires.start
        for width in self.outputs:
            results.append(integer_of(wires[position : position + width]))
            position += width
        return tuple(results)


def bits_of(value: int, width: int) -> bytes:
    """Return the bits of an unsigned integer, least significant first.

    Raises:
        CircuitError: the value does not fit.
    """
    if not 0 <= value < 1 << width:
        raise CircuitError(f"a value does not fit {width} bits")
    # A bit in front makes integers as long whatever the value is, and so the time.
    marked = 1 << width | value
    return bytes([marked >> bit & 1 for bit in range(width)])


def integer_of(bits: bytes | bytearray) -> int:
    """Return the unsigned integer of bits, least significant first."""
    return sum(bit << position for position, bit in enumerate(bits))
