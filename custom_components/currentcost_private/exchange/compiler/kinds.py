"""The types of expressions, found without evaluating them."""

from typing import Final, Protocol

from pycparser import c_ast

from .literals import literal
from .source import refuse
from .types import INT, Array, Integer, Struct, Type, common, promoted

_LOGICAL: Final = {"==", "!=", "<", ">", "<=", ">=", "&&", "||"}


class Names(Protocol):
    """What names mean where an expression stands."""

    def step(self, node: c_ast.Node) -> None:
        """Count a step, and end a program that takes too many."""

    def constant_named(self, name: str) -> c_ast.Node | int | None:
        """Return what an enumerator or macro stands for."""

    def kind_named(self, node: c_ast.ID) -> Type:
        """Return a variable's type."""

    def kind_of_call(self, node: c_ast.FuncCall) -> Type:
        """Return the type of what a call returns."""

    def result_type(self, node: c_ast.Node) -> Type:
        """Return the type that a cast or declaration names."""


def kind_of(node: c_ast.Node, names: Names) -> Type:  # one a form
    """Return an expression's type.

    Raises:
        ProgramError: it has none.
    """
    names.step(node)
    match node:
        case c_ast.Constant():
            return literal(node).kind
        case c_ast.ID():
            found = names.constant_named(node.name)
            if isinstance(found, c_ast.Node):
                return kind_of(found, names)
            return names.kind_named(node) if found is None else INT
        case c_ast.ArrayRef():
            array = kind_of(node.name, names)
            if isinstance(array, Array):
                return array.element
        case c_ast.StructRef(type="."):
            struct = kind_of(node.name, names)
            if isinstance(struct, Struct) and (kind := struct.field(node.field.name)):
                return kind
        case c_ast.UnaryOp(op="!"):
            return INT
        case c_ast.BinaryOp(op=op) if op in _LOGICAL:
            return INT
        case c_ast.UnaryOp(op="++" | "--" | "p++" | "p--"):
            return kind_of(node.expr, names)
        case c_ast.UnaryOp():
            return promoted(_integer(node, kind_of(node.expr, names)))
        case c_ast.BinaryOp(op="<<" | ">>"):
            return promoted(_integer(node, kind_of(node.left, names)))
        case c_ast.BinaryOp():
            left = _integer(node, kind_of(node.left, names))
            return common(left, _integer(node, kind_of(node.right, names)))
        case c_ast.Assignment():
            return kind_of(node.lvalue, names)
        case c_ast.TernaryOp():
            yes, no = kind_of(node.iftrue, names), kind_of(node.iffalse, names)
            return together(node, yes, no)
        case c_ast.Cast():
            return names.result_type(node.to_type)
        case c_ast.FuncCall():
            return names.kind_of_call(node)
        case c_ast.ExprList():
            return kind_of(node.exprs[-1], names)
    raise refuse(node, "this is not understood")


def together(node: c_ast.Node, a: Type, b: Type) -> Type:
    """Return the type of a conditional expression with sides of these types."""
    if isinstance(a, Integer) and isinstance(b, Integer):
        return common(a, b)
    if a != b or isinstance(a, Array):
        raise refuse(node, f"one side is {a}, the other {b}")
    return a


def _integer(node: c_ast.Node, kind: Type) -> Integer:
    if not isinstance(kind, Integer):
        raise refuse(node, f"an integer is needed, this is {kind}")
    return kind
