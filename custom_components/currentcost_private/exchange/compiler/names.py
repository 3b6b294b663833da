"""What a program's names mean: functions, variables in scopes, constants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pycparser import c_ast

from .memory import Place
from .operators import Operand
from .source import refuse
from .state import Exit
from .types import Type

_STORAGE: Final = {"static", "register", "auto"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function's definition, and the type that it returns."""

    name: str
    result: Type
    parameters: tuple[c_ast.Decl, ...]
    node: c_ast.FuncDef


@dataclass(slots=True)
class Frame:
    """A call: the names that it sees, the ways out of it, and what it returns there."""

    name: str
    result: Type
    scopes: list[dict[str, Place]]
    returns: list[Exit] = field(default_factory=list)
    values: list[Operand] = field(default_factory=list)
    breaks: list[list[Exit]] = field(default_factory=list)
    continues: list[list[Exit]] = field(default_factory=list)

    def place(self, name: str) -> Place | None:
        """Return where the innermost variable of a name stands."""
        return next(
            (scope[name] for scope in reversed(self.scopes) if name in scope), None
        )


def parameters(node: c_ast.FuncDef) -> tuple[c_ast.Decl, ...]:
    """Return a function's parameters, none for `(void)`.

    Raises:
        ProgramError: parameters without a name or type, or of any number.
    """
    declared = node.decl.type.args
    given = declared.params if declared else []
    match given:
        case [c_ast.Typename(type=c_ast.TypeDecl(type=c_ast.IdentifierType(names=n)))]:
            if n == ["void"]:
                return ()
    for parameter in given:
        if not isinstance(parameter, c_ast.Decl):
            raise refuse(node.decl, "each parameter needs a type and a name")
    names = [parameter.name for parameter in given]
    for position, parameter in enumerate(given):
        if parameter.name in names[:position]:
            raise refuse(parameter, f"{parameter.name} is declared twice")
    return tuple(given)


def check_storage(node: c_ast.Decl, *, outside: bool) -> None:
    """Refuse storage classes that mean something in a program of one run.

    Raises:
        ProgramError: such as `extern`, or `static` in a function.
    """
    for storage in node.storage or ():
        if storage not in _STORAGE or (storage == "static" and not outside):
            raise refuse(
                node,
                f"{storage} is not understood here",
                "A variable lives as long as its block.",
            )


def check_macros(tree: c_ast.Node, macros: Mapping[str, c_ast.Node]) -> None:
    """Refuse a #define of a name that means something else in the program.

    A preprocessor would replace it everywhere; here it is replaced where it stands
    in an expression.

    Raises:
        ProgramError: there is one.
    """
    pending = [tree] if macros else []
    while pending:
        node = pending.pop()
        names = [node.field.name] if isinstance(node, c_ast.StructRef) else []
        if isinstance(node, c_ast.FuncCall) and isinstance(node.name, c_ast.ID):
            names.append(node.name.name)
        if not isinstance(node, c_ast.ID):
            for attribute in node.attr_names:
                value = getattr(node, attribute)
                names.extend(value if isinstance(value, list) else [value])
        for name in names:
            if isinstance(name, str) and name in macros:
                raise refuse(node, f"{name} also stands for something by #define")
        pending.extend(child for _, child in node.children())
