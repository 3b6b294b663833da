"""Operators and conversions of C on values whose bits are signals."""

from dataclasses import dataclass
from typing import Final

from pycparser import c_ast

from ..builder import Signal
from .arithmetic import Arithmetic
from .memory import Data
from .numbers import Number, number
from .ranges import Range
from .source import refuse
from .types import BOOL, INT, VOID, Integer, Type, common, promoted

UNDEFINED: Final = "C leaves open what that means, so a program may not do it."


@dataclass(frozen=True, slots=True)
class Operand:
    """The value of an expression."""

    kind: Type
    data: Data

    @property
    def number(self) -> Number:
        """The value, where the type is an integer's."""
        return self.data  # type: ignore[return-value]


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
        if kind == BOOL:
            return Operand(BOOL, _truth(self.arithmetic.any(value.number)))
        return Operand(kind, self.arithmetic.wrap(value.number, kind))

    def unary(self, node: c_ast.Node, op: str, value: Operand) -> Operand:
        """Return the value of a sign or a complement."""
        kind = promoted(integer_kind(node, value))
        result = value.number
        if op == "-":
            result = self.arithmetic.negate(result, kind)
        elif op == "~":
            result = self.arithmetic.complement(result, kind)
        return Operand(kind, result)

    def binary(self, node: c_ast.Node, op: str, a: Operand, b: Operand) -> Operand:
        """Return the value of an operator that evaluates both sides."""
        left, right = integer_kind(node, a), integer_kind(node, b)
        if op in ("<<", ">>"):
            return self._shift(node, op, a, b)
        kind = common(left, right)
        x = self.convert(a, kind, node).number
        y = self.convert(b, kind, node).number
        arithmetic, builder = self.arithmetic, self.arithmetic.builder
        match op:
            case "+":
                return Operand(kind, arithmetic.add(x, y, kind))
            case "-":
                return Operand(kind, arithmetic.subtract(x, y, kind))
            case "*":
                return Operand(kind, arithmetic.multiply(x, y, kind))
            case "/" | "%":
                if y.range.only == 0:
                    raise refuse(node, "a division by zero", UNDEFINED)
                if op == "/":
                    return Operand(kind, arithmetic.divide(x, y, kind))
                return Operand(kind, arithmetic.remainder(x, y, kind))
            case "&":
                return Operand(kind, arithmetic.conjunction(x, y))
            case "|":
                return Operand(kind, arithmetic.bitwise(builder.or_, x, y))
            case "^":
                return Operand(kind, arithmetic.bitwise(builder.xor, x, y))
            case "==":
                return boolean(arithmetic.equal(x, y))
            case "!=":
                return boolean(builder.inv(arithmetic.equal(x, y)))
            case "<":
                return boolean(arithmetic.less(x, y))
            case ">":
                return boolean(arithmetic.less(y, x))
            case "<=":
                return boolean(builder.inv(arithmetic.less(y, x)))
            case ">=":
                return boolean(builder.inv(arithmetic.less(x, y)))
        raise refuse(node, f"the operator {op} is not understood")

    def _shift(self, node: c_ast.Node, op: str, a: Operand, b: Operand) -> Operand:
        kind = promoted(integer_kind(node, a))
        count = b.number.range.only
        if count is not None and not 0 <= count < kind.bits:
            raise refuse(node, f"{kind} is shifted by {count} bits", UNDEFINED)
        arithmetic = self.arithmetic
        shift = arithmetic.shift_left if op == "<<" else arithmetic.shift_right
        return Operand(kind, shift(a.number, b.number, kind))


def integer_kind(node: c_ast.Node, value: Operand) -> Integer:
    """Return the type of a value that has to be an integer."""
    if not isinstance(value.kind, Integer):
        raise refuse(node, f"an integer is needed, this is {value.kind}")
    return value.kind


def boolean(bit: Signal) -> Operand:
    """Return the int that comparisons and logical operators give."""
    return Operand(INT, _truth(bit))


def _truth(bit: Signal) -> Number:
    return number((bit,), Range(0, 1))
