"""Builds circuits with as few ANDs as it can see.

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
from typing import Final, override

from ..builder import ONE, ZERO, CircuitBuilder, Signal
from ..circuit import GateKind
from ..errors import CircuitError

# Bounds on how far a product is looked into.
_MOST_LITERALS: Final = 32
_MOST_FACTORS: Final = 2

# Bounds on what is built: AND gates, steps of work, and bits of forms in memory,
# where forms are begun anew, and where a circuit ends that has only XORs.
MOST_ANDS: Final = 1 << 15
MOST_WORK: Final = 1 << 21
_MANY_FORM_BITS: Final = 1 << 27
_MOST_FORM_BITS: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class _Product:
    """An AND gate, and the functions of its operands.

    Attributes:
        a: the first operand, without its inversion.
        b: the second operand, without its inversion.
        out: the gate.
        forms: the forms of a, of b, and of the gate alone.
    """

    a: Signal
    b: Signal
    out: Signal
    forms: tuple[int, int, int]

    def table(self, form: int) -> int | None:
        """Return the truth table (bit 2b + a) of a form over a, b and out."""
        a, b, out = self.forms
        table = 0b1111 if form & 1 else 0
        rest = form & ~1
        if rest.bit_length() == out.bit_length():
            rest ^= out
            table ^= 0b1000
        if rest == 0:
            return table
        if rest == a:
            return table ^ 0b1010
        if rest == b:
            return table ^ 0b1100
        return table ^ 0b0110 if rest == a ^ b else None


class MinimizingBuilder(CircuitBuilder):
    """Collects gates, and looks at each bit's linear form before it adds one."""

    def __init__(self, inputs: Sequence[int]) -> None:
        """Declare the widths of the input values, in bits."""
        super().__init__(inputs)
        self._work = 0
        self._ands = 0
        self._begin_forms()
        for bit in range(self._bits):
            self._form(Signal(bit))

    def _begin_forms(self) -> None:
        """Forget what is known of the signals: each is a term of its own from here."""
        # Bit 0 of a form is the constant, the others are terms.
        self._forms: list[int | None] = [None] * (self._bits + len(self._gates))
        self._signals: dict[int, Signal] = {}
        self._terms = 0
        self._form_bits = 0
        self._products: dict[int, _Product] = {}
        self._spans: dict[tuple[int, int], _Product] = {}
        self._literals: dict[int, frozenset[int]] = {}

    def _new_term(self) -> int:
        self._terms += 1
        return 1 << self._terms

    def spend(self, work: int) -> None:
        """Count work, so that no circuit takes too long to build.

        Raises:
            CircuitError: it does.
        """
        self._work += work
        if self._work > MOST_WORK:
            raise CircuitError("the circuit takes too long to build")

    @override
    def xor(self, a: Signal, b: Signal) -> Signal:
        """Return a XOR b.

        Raises:
            CircuitError: the circuit gets too large.
        """
        self.spend(1)
        form = self._form(a) ^ self._form(b)
        if (known := self._of_form(form)) is not None:
            return known
        return self._add(GateKind.XOR, min(a, b), max(a, b), form)

    @override
    def inv(self, a: Signal) -> Signal:
        """Return NOT a."""
        return self.xor(a, ONE)

    @override
    def and_(self, a: Signal, b: Signal) -> Signal:
        """Return a AND b.

        Raises:
            CircuitError: the circuit gets too large.
        """
        if self._form_bits > _MANY_FORM_BITS:
            self._begin_forms()
        result = ZERO
        while (product := self._free(a, b)) is None:
            split = self._split(a, b) or self._split(b, a)
            if split is None:
                product = self._multiply(a, b)
                break
            # a b = a f + a (b + f), where a f is known.
            part, a, b = split
            result = self.xor(result, part)
        return self.xor(result, product)

    def _split(self, a: Signal, b: Signal) -> tuple[Signal, Signal, Signal] | None:
        """Return a known part of a product, and the factors of what is left."""
        for product in self._factors(self._form(b)):
            if (part := self._free(a, product.out)) is not None:
                return part, a, self.xor(b, product.out)
        return None

    def _form(self, signal: Signal) -> int:
        if signal < 0:
            return 1 if signal == ONE else 0
        form = self._forms[signal]
        if form is None:
            form = self._new_term()
            self._learn(signal, form)
        return form

    def _learn(self, signal: Signal, form: int) -> None:
        self._form_bits += form.bit_length()
        if self._form_bits > _MOST_FORM_BITS:
            raise CircuitError("the circuit gets too large")
        self._forms[signal] = form
        self._signals[form] = signal

    def _of_form(self, form: int) -> Signal | None:
        """Return the signal of a form, inverting one if that is all it takes."""
        if form <= 1:
            return ONE if form else ZERO
        if (signal := self._signals.get(form)) is not None:
            return signal
        if (signal := self._signals.get(form ^ 1)) is not None:
            return self._add(GateKind.INV, signal, signal, form)
        return None

    def _add(self, kind: GateKind, a: Signal, b: Signal, form: int) -> Signal:
        signal = Signal(self._bits + len(self._gates))
        self._gates.append((kind, a, b))
        self._forms.append(None)
        self._learn(signal, form)
        return signal

    def _multiply(self, a: Signal, b: Signal) -> Signal:
        """Spend an AND gate on a product that is not known."""
        a_form, b_form = self._form(a), self._form(b)
        plain_a = self.xor(a, ONE) if a_form & 1 else a
        plain_b = self.xor(b, ONE) if b_form & 1 else b
        p, q = self._form(plain_a), self._form(plain_b)
        if self._ands == MOST_ANDS:
            raise CircuitError("the circuit gets too large")
        self._ands += 1
        term = self._new_term()
        out = self._add(
            GateKind.AND, min(plain_a, plain_b), max(plain_a, plain_b), term
        )
        product = _Product(plain_a, plain_b, out, (p, q, term))
        self._products[term.bit_length()] = product
        self._spans[_span(p, q)] = product
        self._note_literals(p, q, term)
        result = self._of_product(product, a_form, b_form)
        if result is None:
            raise ValueError("an AND gate's operands are functions of themselves")
        self._note_literals(a_form, b_form, self._form(result))
        return result

    def _free(self, a: Signal, b: Signal) -> Signal | None:
        """Return a AND b if that takes no AND gate."""
        a_form, b_form = self._form(a), self._form(b)
        self.spend(4 + (b_form.bit_length() >> 9))
        if a_form <= 1 or a_form == b_form:
            return b if a_form else ZERO
        if b_form <= 1 or a_form == b_form ^ 1:
            return a if b_form == 1 else ZERO
        p, q = a_form & ~1, b_form & ~1
        if (product := self._spans.get(_span(p, q))) is not None:
            return self._of_product(product, a_form, b_form)
        # A function of an AND gate and its operands has the gate as last term.
        for form in (a_form, b_form):
            for product in self._factors(form, most=1):
                known = self._of_product(product, a_form, b_form)
                if known is not None:
                    return known
        return self._of_literals(a, b)

    def _factors(self, form: int, most: int = _MOST_FACTORS) -> Iterator[_Product]:
        """Yield AND gates that are terms of a form, the latest first."""
        for _ in range(most):
            product = self._products.get(form.bit_length())
            if product is None:
                return
            yield product
            form ^= product.forms[2]

    def _of_product(self, product: _Product, a_form: int, b_form: int) -> Signal | None:
        """Return the product of two forms that are functions of an AND gate's."""
        a_table, b_table = product.table(a_form), product.table(b_form)
        if a_table is None or b_table is None:
            return None
        table = a_table & b_table
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
        forms = [
            form ^ inverted
            for form in (self._form(a), self._form(b))
            for inverted in (0, 1)
        ]
        if self._literals.keys().isdisjoint(forms):
            return None
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
        xs, ys = self._literals.get(x), self._literals.get(y)
        if xs is None and ys is None:
            return None
        xs, ys = xs or frozenset((x,)), ys or frozenset((y,))
        if any(literal ^ 1 in xs for literal in ys):
            return ZERO
        if ys <= xs:
            return self._of_form(x)
        if xs <= ys:
            return self._of_form(y)
        return None

    def _note_literals(self, a: int, b: int, out: int) -> None:
        literals = self._literals.get(a, frozenset((a,))) | self._literals.get(
            b, frozenset((b,))
        )
        if len(literals) <= _MOST_LITERALS:
            self._literals.setdefault(out, literals)


def _span(p: int, q: int) -> tuple[int, int]:
    """Return what names the span of two forms: the lesser two of p, q and p + q."""
    first, second, _ = sorted((p, q, p ^ q))
    return first, second
