"""Expressions of C, evaluated on bits instead of numbers."""

from collections.abc import Callable
from typing import Protocol

from pycparser import c_ast

from ..builder import ONE, ZERO, Signal
from .kinds import Names, kind_of, together
from .literals import literal
from .memory import Place, merge
from .numbers import Number
from .operators import UNDEFINED, Operand, Operators, boolean, integer_kind
from .source import refuse
from .state import State
from .types import INT, Array, Integer, Struct


class Machine(Names, Protocol):
    """What expressions need of the program that they stand in."""

    state: State

    def place_named(self, node: c_ast.ID) -> Place:
        """Return where a variable stands."""

    def call(self, node: c_ast.FuncCall) -> Operand:
        """Call a function and return its value."""

    def nested[T](self, node: c_ast.Node, action: Callable[[c_ast.Node], T]) -> T:
        """Do something with a node, one level deeper."""


class Expressions:
    """Evaluates expressions for a machine."""

    def __init__(self, machine: Machine, operators: Operators) -> None:
        """Take what holds the variables, and what computes."""
        self._machine = machine
        self._state = machine.state
        self._operators = operators
        self._builder = operators.arithmetic.builder

    # Values

    def evaluate(self, node: c_ast.Node) -> Operand:
        """Return the value of an expression, its side effects done."""
        self._machine.step(node)
        return self._machine.nested(node, self._value)

    def _value(self, node: c_ast.Node) -> Operand:  # one a form
        match node:
            case c_ast.Constant():
                return literal(node)
            case c_ast.ID(name=name) if (
                found := self._machine.constant_named(name)
            ) is not None:
                if isinstance(found, int):
                    return Operand(INT, Number.of(found))
                return self.evaluate(found)
            case c_ast.ID() | c_ast.ArrayRef() | c_ast.StructRef():
                place = self.place(node)
                return Operand(place.kind, self._state.load(place, node))
            case c_ast.UnaryOp():
                return self._unary(node)
            case c_ast.BinaryOp(op="&&" | "||"):
                return self._logical(node)
            case c_ast.BinaryOp():
                return self._operators.binary(
                    node, node.op, self.integer(node.left), self.integer(node.right)
                )
            case c_ast.Assignment():
                return self._assign(node)
            case c_ast.TernaryOp():
                return self._ternary(node)
            case c_ast.Cast():
                kind = self._machine.result_type(node.to_type)
                return self._operators.convert(self.evaluate(node.expr), kind, node)
            case c_ast.FuncCall():
                return self._machine.call(node)
            case c_ast.ExprList():
                for expression in node.exprs[:-1]:
                    self.evaluate(expression)
                return self.evaluate(node.exprs[-1])
        raise refuse(node, "this is not understood")

    def integer(self, node: c_ast.Node) -> Operand:
        """Return the value of an expression that must be an integer."""
        value = self.evaluate(node)
        integer_kind(node, value)
        return value

    def truth(self, node: c_ast.Node) -> Signal:
        """Return whether an expression isn't zero."""
        return self._operators.arithmetic.any(self.integer(node).number)

    def number(self, node: c_ast.Node) -> int | None:
        """Return the value of an integer expression if it is constant."""
        return self.integer(node).number.range.only

    # Places

    def place(self, node: c_ast.Node) -> Place:
        """Return where an expression's value stands.

        Raises:
            ProgramError: it is a value that stands nowhere.
        """
        match node:
            case c_ast.ID():
                return self._machine.place_named(node)
            case c_ast.StructRef(type="."):
                place = self.place(node.name)
                if isinstance(place.kind, Struct):
                    names = [name for name, _ in place.kind.fields]
                    if (field := node.field.name) in names:
                        position = names.index(field)
                        kind = place.kind.fields[position][1]
                        return Place(place.variable, kind, (*place.steps, position))
                raise refuse(node, f"{place.kind} has no field {node.field.name}")
            case c_ast.ArrayRef():
                return self._element(node)
            case c_ast.StructRef() | c_ast.UnaryOp(op="*" | "&"):
                raise refuse(
                    node, "pointers are not understood", "Use an array or a struct."
                )
        raise refuse(
            node,
            "this is a value and no variable",
            "Put it into a variable first.",
        )

    def _element(self, node: c_ast.ArrayRef) -> Place:
        place = self.place(node.name)
        if not isinstance(place.kind, Array):
            raise refuse(node, f"{place.kind} is not an array")
        element, length = place.kind.element, place.kind.length
        index = self.integer(node.subscript).number
        number = index.range.only
        if number is None:
            return Place(place.variable, element, (*place.steps, index))
        if not 0 <= number < length:
            raise refuse(
                node.subscript,
                f"index {number} is outside of an array of {length}",
                UNDEFINED,
            )
        return Place(place.variable, element, (*place.steps, number))

    # Operators

    def _unary(self, node: c_ast.UnaryOp) -> Operand:
        if node.op in ("++", "--", "p++", "p--"):
            return self._step(node)
        if node.op == "!":
            return boolean(self._builder.inv(self.truth(node.expr)))
        if node.op not in ("+", "-", "~"):
            raise refuse(
                node,
                f"the operator {node.op} is not understood",
                "Pointers and sizes have no place in a program.",
            )
        return self._operators.unary(node, node.op, self.integer(node.expr))

    def _step(self, node: c_ast.UnaryOp) -> Operand:
        place = self.place(node.expr)
        before = Operand(place.kind, self._state.load(place, node.expr))
        if not isinstance(place.kind, Integer):
            raise refuse(node, f"{place.kind} can't be counted")
        one = Operand(INT, Number.of(1))
        after = self._operators.convert(
            self._operators.binary(node, node.op[-1], before, one), place.kind, node
        )
        self._state.store(place, after.data, node)
        return before if node.op[0] == "p" else after

    def _assign(self, node: c_ast.Assignment) -> Operand:
        place = self.place(node.lvalue)
        if node.op == "=":
            value = self.evaluate(node.rvalue)
        else:
            right = self.integer(node.rvalue)
            before = Operand(place.kind, self._state.load(place, node.lvalue))
            value = self._operators.binary(node, node.op[:-1], before, right)
        value = self._operators.convert(value, place.kind, node)
        if isinstance(place.kind, Array):
            raise refuse(node, "an array can't be assigned as a whole")
        self._state.store(place, value.data, node)
        return value

    def _logical(self, node: c_ast.BinaryOp) -> Operand:
        """Return && or ||; the right side happens only where the left leaves it open."""
        left = self.truth(node.left)
        builder = self._builder
        # a || b is NOT (NOT a && NOT b).
        decided = left if node.op == "&&" else builder.inv(left)
        right, _ = self._state.branch(
            decided, lambda: self.truth(node.right), lambda: ZERO
        )
        if node.op == "&&":
            return boolean(ZERO if right is None else builder.and_(left, right))
        return boolean(ONE if right is None else builder.or_(left, right))

    def _ternary(self, node: c_ast.TernaryOp) -> Operand:
        choice = self.truth(node.cond)
        yes, no = self._state.branch(
            choice,
            lambda: self.evaluate(node.iftrue),
            lambda: self.evaluate(node.iffalse),
        )
        kind = together(
            node,
            kind_of(node.iftrue, self._machine) if yes is None else yes.kind,
            kind_of(node.iffalse, self._machine) if no is None else no.kind,
        )
        sides = [
            self._operators.convert(side, kind, node).data
            for side in (yes, no)
            if side is not None
        ]
        return Operand(
            kind, merge(self._operators.arithmetic, choice, sides[0], sides[-1])
        )
