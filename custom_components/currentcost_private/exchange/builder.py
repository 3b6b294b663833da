"""Builds circuits out of bits and unsigned integers.

Constants never become wires: a gate with a constant input folds away, as do
repeated gates, so that a comparison with a constant costs what it must.
"""

from collections.abc import Sequence
from typing import Final, NewType

from .circuit import Circuit, Gate, GateKind
from .errors import CircuitError

Signal = NewType("Signal", int)
"""A bit in a circuit under construction: a constant or a wire."""

type Word = Sequence[Signal]
"""An unsigned integer, least significant bit first."""

ZERO: Final = Signal(-1)
ONE: Final = Signal(-2)


def constant(value: int, width: int) -> list[Signal]:
    """Return a constant as a word of `width` bits."""
    return [ONE if value >> bit & 1 else ZERO for bit in range(width)]


class CircuitBuilder:
    """Collects gates; `build` orders the wires as Bristol Fashion wants them."""

    def __init__(self, inputs: Sequence[int]) -> None:
        """Declare the widths of the input values, in bits."""
        self._widths = tuple(inputs)
        self._gates: list[tuple[GateKind, Signal, Signal]] = []
        self._known: dict[tuple[GateKind, Signal, Signal], Signal] = {}
        self._bits = sum(inputs)
        self.inputs: list[list[Signal]] = []
        position = 0
        for width in inputs:
            self.inputs.append([Signal(position + bit) for bit in range(width)])
            position += width

    def xor(self, a: Signal, b: Signal) -> Signal:
        """Return a XOR b."""
        if a == b:
            return ZERO
        if ZERO in (a, b):
            return b if a == ZERO else a
        if ONE in (a, b):
            return self.inv(b if a == ONE else a)
        return self._gate(GateKind.XOR, min(a, b), max(a, b))

    def and_(self, a: Signal, b: Signal) -> Signal:
        """Return a AND b."""
        if ZERO in (a, b):
            return ZERO
        if a in (b, ONE):
            return b
        if b == ONE:
            return a
        return self._gate(GateKind.AND, min(a, b), max(a, b))

    def inv(self, a: Signal) -> Signal:
        """Return NOT a."""
        if a in (ZERO, ONE):
            return ONE if a == ZERO else ZERO
        if a >= self._bits:
            kind, source, _ = self._gates[a - self._bits]
            if kind is GateKind.INV:
                return source
        return self._gate(GateKind.INV, a, a)

    def or_(self, a: Signal, b: Signal) -> Signal:
        """Return a OR b."""
        return self.inv(self.and_(self.inv(a), self.inv(b)))

    def mux(self, choice: Signal, a: Signal, b: Signal) -> Signal:
        """Return a where the choice is one, b elsewhere; one AND gate."""
        return self.xor(b, self.and_(choice, self.xor(a, b)))

    def add(self, x: Word, y: Word) -> list[Signal]:
        """Return x + y, one bit wider; one AND gate a bit."""
        carry = ZERO
        total = []
        for a, b in zip(x, y, strict=True):
            p, q = self.xor(a, carry), self.xor(b, carry)
            total.append(self.xor(p, b))
            carry = self.xor(carry, self.and_(p, q))
        return [*total, carry]

    def greater(self, x: Word, y: Word) -> Signal:
        """Return whether x > y; one AND gate a bit, from the lowest up.

        c' = x XOR ((x XOR c) AND (y XOR c)): where the bits agree c stays, where
        they differ it becomes x's. One AND is the least that a bit can cost
        (Boyar, Peralta, Pochuev 2000).
        """
        result = ZERO
        for a, b in zip(x, y, strict=True):
            both = self.and_(self.xor(a, result), self.xor(b, result))
            result = self.xor(a, both)
        return result

    def build(self, outputs: Sequence[Word]) -> Circuit:
        """Return the circuit with these output values, without unused gates.

        Raises:
            CircuitError: an output bit is constant and there is no wire to make
                it from.
        """
        bits = [signal for value in outputs for signal in value]
        needed = self._reachable(bits)
        # An output needs a wire of its own at the end; where a gate serves
        # another gate, another output or is an input, two free gates copy it.
        own: dict[Signal, int] = {}
        copies: list[int] = []
        used = {
            source for gate in needed for source in self._gates[gate - self._bits][1:]
        }
        for position, signal in enumerate(bits):
            if signal < self._bits or signal in used or signal in own:
                copies.append(position)
            else:
                own[signal] = position
        wires = self._bits + (len(needed) - len(own)) + len(copies) + len(bits)
        first_output = wires - len(bits)

        wire_of = {Signal(bit): bit for bit in range(self._bits)}
        gates: list[Gate] = []
        following = self._bits
        for signal in needed:
            if signal in own:
                wire_of[signal] = first_output + own[signal]
            else:
                wire_of[signal] = following
                following += 1
            kind, a, b = self._gates[signal - self._bits]
            gates.append(Gate(kind, wire_of[a], wire_of[b], wire_of[signal]))
        for position in copies:
            out = first_output + position
            gates.extend(self._copy(bits[position], wire_of, following, out))
            following += 1
        return Circuit(self._widths, tuple(map(len, outputs)), wires, tuple(gates))

    def _copy(
        self, signal: Signal, wire_of: dict[Signal, int], spare: int, out: int
    ) -> tuple[Gate, Gate]:
        """Bring a signal to the wire `out` by two free gates."""
        if signal not in (ZERO, ONE):
            wire = wire_of[signal]
            inverted = Gate(GateKind.INV, wire, wire, spare)
            return inverted, Gate(GateKind.INV, spare, spare, out)
        if not self._bits:
            raise CircuitError("a circuit needs an input")
        zero = Gate(GateKind.XOR, 0, 0, spare)
        if signal == ZERO:
            return zero, Gate(GateKind.XOR, spare, spare, out)
        return zero, Gate(GateKind.INV, spare, spare, out)

    def _gate(self, kind: GateKind, a: Signal, b: Signal) -> Signal:
        key = (kind, a, b)
        if key not in self._known:
            self._known[key] = Signal(self._bits + len(self._gates))
            self._gates.append(key)
        return self._known[key]

    def _reachable(self, outputs: Sequence[Signal]) -> list[Signal]:
        """Return the gates that the outputs depend on, in order."""
        live: set[Signal] = set()
        pending = list(outputs)
        while pending:
            signal = pending.pop()
            if signal < self._bits or signal in live:
                continue
            live.add(signal)
            pending.extend(self._gates[signal - self._bits][1:])
        return sorted(live)
