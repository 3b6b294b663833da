"""Types and declarations of C, as far as a program may use them."""

from collections.abc import Callable
from typing import Final

from pycparser import c_ast

from .ranges import Range
from .source import refuse
from .types import INT, VOID, Array, Struct, Type, from_specifiers

MOST_ELEMENTS: Final = 4096


class Declarations:
    """The types that a program has named, and what its declarations mean."""

    def __init__(self, number: Callable[[c_ast.Node], int | None]) -> None:
        """Take what finds the value of a constant expression."""
        self._number = number
        self._structs: dict[str, Struct] = {}
        self._typedefs: dict[str, Type] = {}
        self.enumerators: dict[str, int] = {}

    def name_type(self, node: c_ast.Typedef) -> None:
        """Take a typedef."""
        kind = self.type_of(node.type)
        if self._typedefs.setdefault(node.name, kind) != kind:
            raise refuse(node, f"{node.name} is declared twice")

    def result_type(self, node: c_ast.Node) -> Type:
        """Return the type that a node names, which may be void."""
        match node:
            case c_ast.TypeDecl() | c_ast.Typename():
                return self.result_type(node.type)
            case c_ast.IdentifierType(names=["void"]):
                return VOID
        return self.type_of(node)

    def type_of(self, node: c_ast.Node) -> Type:
        """Return the type that a declarator names.

        Raises:
            ProgramError: a type that programs can't have.
        """
        match node:
            case c_ast.TypeDecl() | c_ast.Typename():
                return self.type_of(node.type)
            case c_ast.IdentifierType(names=[name]) if name in self._typedefs:
                return self._typedefs[name]
            case c_ast.IdentifierType():
                kind = from_specifiers(node.names)
                if kind is None:
                    raise refuse(
                        node,
                        f"the type {' '.join(node.names)} is not understood",
                        "Use the integer types, from _Bool to int64_t. There are no"
                        " fractions: count in smaller units, such as W instead of kW.",
                    )
                return kind
            case c_ast.ArrayDecl():
                return self._array(node)
            case c_ast.Struct():
                return self._struct(node)
            case c_ast.Enum():
                self._enum(node)
                return INT
            case c_ast.PtrDecl():
                raise refuse(
                    node, "pointers are not understood", "Use an array or a struct."
                )
            case c_ast.Union():
                raise refuse(node, "unions are not understood", "Use a struct.")
        raise refuse(node, "this type is not understood")

    def array(self, node: c_ast.Node, element: Type, length: int | None) -> Array:
        """Return an array's type.

        Raises:
            ProgramError: it is too long.
        """
        if length is None or not 0 < length <= MOST_ELEMENTS // size(element):
            raise refuse(
                node,
                "an array needs a constant length",
                f"Of integers it holds between 1 and {MOST_ELEMENTS}.",
            )
        return Array(element, length)

    def _array(self, node: c_ast.ArrayDecl) -> Array:
        length = None if node.dim is None else self._number(node.dim)
        return self.array(node, self.type_of(node.type), length)

    def _struct(self, node: c_ast.Struct) -> Struct:
        if node.decls is None:
            if node.name in self._structs:
                return self._structs[node.name]
            raise refuse(node, f"struct {node.name} is not declared")
        fields: dict[str, Type] = {}
        for field in node.decls:
            if not isinstance(field, c_ast.Decl) or field.name is None:
                raise refuse(node, "each field needs a type and a name")
            if field.bitsize is not None:
                raise refuse(
                    field, "bit-fields are not understood", "Use an integer type."
                )
            if field.name in fields:
                raise refuse(field, f"{field.name} is declared twice")
            fields[field.name] = self.type_of(field.type)
        struct = Struct(node.name or "", tuple(fields.items()))
        if not 0 < size(struct) <= MOST_ELEMENTS:
            raise refuse(node, f"a struct holds between 1 and {MOST_ELEMENTS} integers")
        if node.name and self._structs.setdefault(node.name, struct) != struct:
            raise refuse(node, f"struct {node.name} is declared twice")
        return struct

    def _enum(self, node: c_ast.Enum) -> None:
        following = 0
        for item in node.values.enumerators if node.values else ():
            if item.value is not None:
                value = self._number(item.value)
                if value is None:
                    raise refuse(item, f"{item.name} needs a constant value")
                following = value
            if Range(following, following) not in INT.range:
                raise refuse(item, f"{item.name} does not fit an int")
            if self.enumerators.setdefault(item.name, following) != following:
                raise refuse(item, f"{item.name} is declared twice")
            following += 1


def size(kind: Type) -> int:
    """Return of how many integers a value is made."""
    match kind:
        case Array(element=element, length=length):
            return length * size(element)
        case Struct(fields=fields):
            return sum(size(field) for _, field in fields)
    return 1
