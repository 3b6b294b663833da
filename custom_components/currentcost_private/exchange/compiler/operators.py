"""Operators and conversions of C on values whose bits are signals."""

from dataclasses import dataclass
from typing import Final

from pycparser import c_ast

from ..builder import ONE, ZERO, Signal
from .arithmetic import Arithmetic
from .memory import Bits, Data
from .source import refuse
from .types import BOOL, INT, INT_BITS, VOID, Integer, Type, common, promoted

UNDEFINED: Final = "C leaves open what that means, so a program may not do it."


@dataclass(frozen=True, slots=True)
class Operand:
    """The value of an expression."""

    kind: Type
    data: Data


class Operators:
    """Operators that build into one circuit."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        """Take the arithmetic of the circuit under construction."""
        self.arithmetic = arithmetic

    def convert(self, value: Operand, kind: Type, node: c_ast.Node) -> Operand:
        """Return a value in another type, by C's rules of conversion."""
        if value.kind == kind:
            return value
        if kind == VOID:
            return Operand(VOID, ())
        if not (isinstance(value.kind, Integer) and isinstance(kind, Integer)):
            raise refuse(node, f"{value.kind} does not become {kind}")
        word = bits(value)
        if kind == BOOL:
            return Operand(BOOL, (self.arithmetic.any(word),))
        fill = word[-1] if value.kind.signed else ZERO
        return Operand(kind, (word + (fill,) * kind.bits)[: kind.bits])

    def unary(self, node: c_ast.Node, op: str, value: Operand) -> Operand:
        """Return the value of a sign or a complement."""
        kind = promoted(integer_kind(node, value))
        word = bits(self.convert(value, kind, node))
        if op == "-":
            word = tuple(self.arithmetic.negate(word))
        elif op == "~":
            word = tuple(self.arithmetic.invert(word))
        return Operand(kind, word)

    def binary(self, node: c_ast.Node, op: str, a: Operand, b: Operand) -> Operand:
        """Return the value of an operator that evaluates both sides."""
        left, right = integer_kind(node, a), integer_kind(node, b)
        if op in ("<<", ">>"):
            return self._shift(node, op, a, b)
        kind = common(left, right)
        x = bits(self.convert(a, kind, node))
        y = bits(self.convert(b, kind, node))
        arithmetic, builder = self.arithmetic, self.arithmetic.builder
        match op:
            case "+":
                result = arithmetic.add(x, y)
            case "-":
                result = arithmetic.subtract(x, y)
            case "*":
                result = arithmetic.multiply(x, y)
            case "/" | "%":
                result = self._divide(node, op, kind, x, y)
            case "&":
                result = [builder.and_(p, q) for p, q in zip(x, y, strict=True)]
            case "|":
                result = [builder.or_(p, q) for p, q in zip(x, y, strict=True)]
            case "^":
                result = [builder.xor(p, q) for p, q in zip(x, y, strict=True)]
            case "==":
                return boolean(arithmetic.equal(x, y))
            case "!=":
                return boolean(builder.inv(arithmetic.equal(x, y)))
            case "<":
                return boolean(arithmetic.less(x, y, signed=kind.signed))
            case ">":
                return boolean(arithmetic.less(y, x, signed=kind.signed))
            case "<=":
                return boolean(builder.inv(arithmetic.less(y, x, signed=kind.signed)))
            case ">=":
                return boolean(builder.inv(arithmetic.less(x, y, signed=kind.signed)))
            case _:
                raise refuse(node, f"the operator {op} is not understood")
        return Operand(kind, tuple(result))

    def _shift(self, node: c_ast.Node, op: str, a: Operand, b: Operand) -> Operand:
        kind = promoted(integer_kind(node, a))
        word = bits(self.convert(a, kind, node))
        fill = word[-1] if kind.signed and op == ">>" else ZERO
        count = known(b)
        left = op == "<<"
        if count is None:
            shifted = self.arithmetic.shift(word, bits(b), left=left, fill=fill)
        elif 0 <= count < kind.bits:
            shifted = self.arithmetic.shift_constant(word, count, left=left, fill=fill)
        else:
            raise refuse(node, f"{kind} is shifted by {count} bits", UNDEFINED)
        return Operand(kind, tuple(shifted))

    def _divide(
        self, node: c_ast.Node, op: str, kind: Integer, x: Bits, y: Bits
    ) -> list[Signal]:
        if known(Operand(kind, y)) == 0:
            raise refuse(node, "a division by zero", UNDEFINED)
        arithmetic, builder = self.arithmetic, self.arithmetic.builder
        if not kind.signed:
            return arithmetic.divide(x, y)[op == "%"]
        x_sign, y_sign = x[-1], y[-1]
        quotient, remainder = arithmetic.divide(
            arithmetic.magnitude(x), arithmetic.magnitude(y)
        )
        result = remainder if op == "%" else quotient
        sign = x_sign if op == "%" else builder.xor(x_sign, y_sign)
        return arithmetic.mux(sign, arithmetic.negate(result), result)


def bits(value: Operand) -> Bits:
    """Return the bits of a value whose type is an integer's."""
    return value.data  # type: ignore[return-value]


def known(value: Operand) -> int | None:
    """Return an integer's value if all its bits are constant."""
    word = bits(value)
    if any(bit not in (ZERO, ONE) for bit in word):
        return None
    number = sum((bit == ONE) << position for position, bit in enumerate(word))
    if isinstance(value.kind, Integer) and value.kind.signed and word[-1] == ONE:
        number -= 1 << len(word)
    return number


def integer_kind(node: c_ast.Node, value: Operand) -> Integer:
    """Return the type of a value that has to be an integer."""
    if not isinstance(value.kind, Integer):
        raise refuse(node, f"an integer is needed, this is {value.kind}")
    return value.kind


def boolean(bit: Signal) -> Operand:
    """Return the int that comparisons and logical operators give."""
    return Operand(INT, (bit, *[ZERO] * (INT_BITS - 1)))
