"""Declarations of variables, and their first values."""

from collections.abc import Callable

from pycparser import c_ast

from .declarations import Declarations
from .expressions import Expressions
from .memory import Data, unassigned, zero
from .operators import Operators
from .source import refuse
from .types import Array, Struct, Type


class Initialiser:
    """Finds the types and first values of declared variables."""

    def __init__(
        self,
        expressions: Expressions,
        operators: Operators,
        declarations: Declarations,
    ) -> None:
        """Take what evaluates, what converts and what knows types."""
        self._expressions = expressions
        self._operators = operators
        self._declarations = declarations

    def variable(
        self, node: c_ast.Decl, initial: Callable[[Type], Data] = unassigned
    ) -> tuple[Type, Data]:
        """Return a declared variable's type and first value.

        Raises:
            ProgramError: they don't fit together.
        """
        kind = self._kind(node)
        if node.init is None:
            return kind, initial(kind)
        return kind, self._first(kind, node.init)

    def _kind(self, node: c_ast.Decl) -> Type:
        """Return the type; the length of `a[] = {...}` is counted."""
        match node:
            case c_ast.Decl(
                type=c_ast.ArrayDecl(dim=None, type=element),
                init=c_ast.InitList(exprs=[_, *_] as values),
            ):
                return self._declarations.array(
                    node, self._declarations.type_of(element), len(values)
                )
        return self._declarations.type_of(node.type)

    def _first(self, kind: Type, node: c_ast.Node) -> Data:
        if not isinstance(node, c_ast.InitList):
            if isinstance(kind, Array):
                raise refuse(node, "an array takes its values in braces")
            value = self._expressions.evaluate(node)
            return self._operators.convert(value, kind, node).data
        match kind:
            case Array(element=element, length=length):
                kinds = [element] * length
            case Struct(fields=fields):
                kinds = [inner for _, inner in fields]
            case _:
                raise refuse(node, f"{kind} takes a single value")
        if len(node.exprs) > len(kinds):
            raise refuse(node, f"{kind} takes {len(kinds)} values")
        return tuple(
            self._first(inner, node.exprs[position])
            if position < len(node.exprs)
            else zero(inner)
            for position, inner in enumerate(kinds)
        )
