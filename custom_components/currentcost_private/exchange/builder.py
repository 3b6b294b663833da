"""Builds circuits out of bits and unsigned integers, with as few ANDs as it can see.

XOR costs nothing to garble, so a bit is known by its *form*: the set of inputs and
AND gates whose XOR it is, and a constant. Bits of equal form are one bit, and a
product is looked up before an AND gate is spent on it:

- two bits span three forms (a, b, a + b); the products of any two of them, inverted
  or not, differ by XORs only, so a span has one AND gate;
- a function of the operands of an AND gate needs no other AND gate;
- a conjunction is zero if a literal stands in it with its inverse, and absorbs one
  whose literals it has;
- a product with a sum is distributed where a part of it is known.

Multiplication over GF(2) by linear forms is how minimal multiplicative complexity is
studied (Boyar, Peralta, Pochuev, "On the multiplicative complexity of Boolean
functions over the basis (AND, XOR, 1)", 2000).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NewType

from .circuit import Circuit, Gate, GateKind
from .errors import CircuitError

Signal = NewType("Signal", int)
"""A bit in a circuit under construction: a constant or a wire."""

type Word = Sequence[Signal]
"""An unsigned integer, least significant bit first."""

ZERO: Final = Signal(-1)
ONE: Final = Signal(-2)

# Bounds on how far a product is looked into.
_MOST_LITERALS: Final = 32
_MOST_FACTORS: Final = 8


def constant(value: int, width: int) -> list[Signal]:
    """Return a constant as a word of `width` bits."""
    return [ONE if value >> bit & 1 else ZERO for bit in range(width)]


@dataclass(frozen=True, slots=True)
class _Product:
    """An AND gate, and the functions of its operands.

    Attributes:
        a: the first operand, without its inversion.
        b: the second operand, without its inversion.
        out: the gate.
        tables: truth tables (bit 2b + a) of the sixteen forms over a, b and out.
    """

    a: Signal
    b: Signal
    out: Signal
    tables: dict[int, int]


class CircuitBuilder:
    """Collects gates; `build` orders the wires as Bristol Fashion wants them."""

    def __init__(self, inputs: Sequence[int]) -> None:
        """Declare the widths of the input values, in bits."""
        self._widths = tuple(inputs)
        self._bits = sum(inputs)
        self._gates: list[tuple[GateKind, Signal, Signal]] = []
        # Bit 0 of a form is the constant, the others are inputs and AND gates.
        self._forms = [2 << bit for bit in range(self._bits)]
        self._signals = {form: Signal(bit) for bit, form in enumerate(self._forms)}
        self._terms = self._bits
        self._products: dict[int, _Product] = {}
        self._spans: dict[frozenset[int], _Product] = {}
        self._literals: dict[int, frozenset[int]] = {}
        self.inputs: list[list[Signal]] = []
        position = 0
        for width in inputs:
            self.inputs.append([Signal(position + bit) for bit in range(width)])
            position += width

    def xor(self, a: Signal, b: Signal) -> Signal:
        """Return a XOR b."""
        form = self._form(a) ^ self._form(b)
        if (known := self._known(form)) is not None:
            return known
        return self._gate(GateKind.XOR, min(a, b), max(a, b), form)

    def inv(self, a: Signal) -> Signal:
        """Return NOT a."""
        return self.xor(a, ONE)

    def and_(self, a: Signal, b: Signal) -> Signal:
        """Return a AND b."""
        if (known := self._free(a, b)) is not None:
            return known
        for x, y in ((a, b), (b, a)):
            for product in self._factors(self._form(y)):
                if (part := self._free(x, product.out)) is not None:
                    rest = self.and_(x, self.xor(y, product.out))
                    return self.xor(part, rest)
        return self._multiply(a, b)

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

    def _form(self, signal: Signal) -> int:
        if signal >= 0:
            return self._forms[signal]
        return 1 if signal == ONE else 0

    def _known(self, form: int) -> Signal | None:
        """Return the signal of a form, inverting one if that is all it takes."""
        if form <= 1:
            return ONE if form else ZERO
        if (signal := self._signals.get(form)) is not None:
            return signal
        if (signal := self._signals.get(form ^ 1)) is not None:
            return self._gate(GateKind.INV, signal, signal, form)
        return None

    def _gate(self, kind: GateKind, a: Signal, b: Signal, form: int) -> Signal:
        signal = Signal(self._bits + len(self._gates))
        self._gates.append((kind, a, b))
        self._forms.append(form)
        self._signals[form] = signal
        return signal

    def _multiply(self, a: Signal, b: Signal) -> Signal:
        """Spend an AND gate on a product that is not known."""
        a_form, b_form = self._form(a), self._form(b)
        plain_a = self.xor(a, ONE) if a_form & 1 else a
        plain_b = self.xor(b, ONE) if b_form & 1 else b
        p, q = a_form & ~1, b_form & ~1
        term = 2 << self._terms
        self._terms += 1
        out = self._gate(
            GateKind.AND, min(plain_a, plain_b), max(plain_a, plain_b), term
        )
        tables = {
            (i & 1)
            ^ (p if i & 2 else 0)
            ^ (q if i & 4 else 0)
            ^ (term if i & 8 else 0): (0b1111 if i & 1 else 0)
            ^ (0b1010 if i & 2 else 0)
            ^ (0b1100 if i & 4 else 0)
            ^ (0b1000 if i & 8 else 0)
            for i in range(16)
        }
        product = _Product(plain_a, plain_b, out, tables)
        self._products[term] = product
        self._spans[frozenset((p, q, p ^ q))] = product
        self._note_literals(p, q, term)
        result = self._of_tables(product, a_form, b_form)
        self._note_literals(a_form, b_form, self._form(result))
        return result

    def _free(self, a: Signal, b: Signal) -> Signal | None:
        """Return a AND b if that takes no AND gate."""
        a_form, b_form = self._form(a), self._form(b)
        if a_form <= 1 or a_form == b_form:
            return b if a_form else ZERO
        if b_form <= 1 or a_form == b_form ^ 1:
            return a if b_form == 1 else ZERO
        p, q = a_form & ~1, b_form & ~1
        if (product := self._spans.get(frozenset((p, q, p ^ q)))) is not None:
            return self._of_tables(product, a_form, b_form)
        for product in self._factors(a_form | b_form):
            if a_form in product.tables and b_form in product.tables:
                return self._of_tables(product, a_form, b_form)
        return self._of_literals(a, b)

    def _factors(self, form: int) -> Iterator[_Product]:
        """Yield AND gates that are terms of a form, the latest first."""
        for _ in range(_MOST_FACTORS):
            if form >> self._bits <= 1:
                return
            term = 1 << form.bit_length() - 1
            yield self._products[term]
            form ^= term

    def _of_tables(self, product: _Product, a_form: int, b_form: int) -> Signal:
        """Return the product of two functions of an AND gate's operands."""
        table = product.tables[a_form] & product.tables[b_form]
        result = ONE if table & 1 else ZERO
        if (table ^ table >> 1) & 1:
            result = self.xor(result, product.a)
        if (table ^ table >> 2) & 1:
            result = self.xor(result, product.b)
        if table.bit_count() & 1:
            result = self.xor(result, product.out)
        return result

    def _of_literals(self, a: Signal, b: Signal) -> Signal | None:
        """Return a AND b where literals contradict or contain each other."""
        for invert_a in (False, True):
            for invert_b in (False, True):
                x = self._form(a) ^ invert_a
                y = self._form(b) ^ invert_b
                product = self._conjunction(x, y)
                if product is None:
                    continue
                result = product
                # (a + 1) b = ab + b, and so on.
                if invert_a:
                    result = self.xor(result, b)
                if invert_b:
                    result = self.xor(result, a)
                if invert_a and invert_b:
                    result = self.xor(result, ONE)
                return result
        return None

    def _conjunction(self, x: int, y: int) -> Signal | None:
        """Return the product of two forms, by what conjunctions they are."""
        xs = self._literals.get(x, frozenset((x,)))
        ys = self._literals.get(y, frozenset((y,)))
        if any(literal ^ 1 in xs for literal in ys):
            return ZERO
        if ys <= xs:
            return self._known(x)
        if xs <= ys:
            return self._known(y)
        return None

    def _note_literals(self, a: int, b: int, out: int) -> None:
        literals = self._literals.get(a, frozenset((a,))) | self._literals.get(
            b, frozenset((b,))
        )
        if len(literals) <= _MOST_LITERALS:
            self._literals.setdefault(out, literals)

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
