"""From the text of a program to the parser's tree.

There is no preprocessor: comments become blanks, so that places stay right, and
`#define NAME constant` becomes a constant of that name. Includes of the standard
headers whose types are built in are allowed and ignored.
"""

from dataclasses import dataclass
import re
from typing import Final

from pycparser import CParser, c_ast
from pycparser.c_parser import Coord, ParseError

from .errors import ProgramError
from .types import TYPEDEFS

MAX_SOURCE: Final = 64 * 1024

_HEADERS: Final = {"<stdbool.h>", "<stdint.h>"}
_KEYWORDS: Final = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
        "_Bool",
    ]
)
# Each alternative ends for sure where it begins, so that no text takes long to read.
_COMMENT: Final = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|'(?:\\.|[^'\\\n])'|\"[^\"\n]*\"?", re.DOTALL
)
_DIRECTIVE: Final = re.compile(r"^[ \t]*#[ \t]*(\w*)(.*)$", re.MULTILINE)
_DEFINE: Final = re.compile(r"([A-Za-z_]\w*)(?:[ \t]+(.+))?")
# What a preprocessor would join or replace, so that a comment ends elsewhere.
_SPLICE: Final = re.compile(r"\\(?=[ \t\r\f\v]*\n|\Z)|\?\?[=/'()!<>-]")
_MOST_MACROS: Final = 256
_MOST_BRACKETS: Final = 40
_PLACE: Final = re.compile(r":(\d+):(\d+)?")


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed program: its tree, and the expressions that macros stand for."""

    tree: c_ast.FileAST
    macros: dict[str, c_ast.Node]


def parse(text: str) -> Source:
    """Parse a program.

    Raises:
        ProgramError: not C, or a preprocessor's work.
    """
    if len(text) > MAX_SOURCE:
        raise ProgramError("the program is too long")
    if "\0" in text or not text.isascii():
        # The parser's own alphabet; anything else could look like what it isn't.
        raise ProgramError("a program is written in ASCII")
    if found := _SPLICE.search(text):
        raise _at(text, found.start(), "a joined line or a trigraph is not understood")
    bare = _COMMENT.sub(_blank, text)
    _check_nesting(bare)
    definitions: dict[str, tuple[str, int]] = {}
    for directive in _DIRECTIVE.finditer(bare):
        line = bare.count("\n", 0, directive.start()) + 1
        _read_directive(directive[1], directive[2].strip(), line, definitions)
    bare = _DIRECTIVE.sub(_blank, bare)
    tree = _parse(bare)
    macros: dict[str, c_ast.Node] = {}
    for name, (expression, line) in definitions.items():
        macros[name] = _macro(name, expression, line)
    return Source(tree, macros)


def place(node: c_ast.Node) -> tuple[int, int]:
    """Return a node's line and column, zeros where the parser has none."""
    if node.coord is None:
        return 0, 0
    return node.coord.line or 0, node.coord.column or 1


def refuse(node: c_ast.Node, reason: str, hint: str = "") -> ProgramError:
    """Return the error that points at a node."""
    line, column = place(node)
    return ProgramError(reason, hint=hint, line=line, column=column)


def _macro(name: str, expression: str, line: int) -> c_ast.Node:
    """Return the expression that a macro stands for, whatever stands beside it."""
    try:
        declared = _parse(f"int x = ({expression});").ext
    except ProgramError:
        declared = []
    value = declared[0].init if len(declared) == 1 else None
    match value:
        case (
            c_ast.Constant()
            | c_ast.ID()
            | c_ast.UnaryOp(
                op="-" | "~" | "+" | "!", expr=c_ast.Constant() | c_ast.ID()
            )
        ):
            whole = True
        case _:
            whole = value is not None and _in_parentheses(expression)
    if not whole or name in TYPEDEFS or name in _KEYWORDS:
        raise ProgramError(
            f"{name} does not stand for a constant expression",
            hint="Write #define NAME 12 or #define NAME (3 + 4).",
            line=line,
            column=1,
        )
    return _moved(value, line)


def _moved(value: c_ast.Node, line: int) -> c_ast.Node:
    """Return an expression whose parts all stand on the line of its #define."""
    pending = [value]
    while pending:
        node = pending.pop()
        if node.coord is not None:
            node.coord = Coord("", line, 1)
        pending.extend(child for _, child in node.children())
    return value


def _in_parentheses(text: str) -> bool:
    """Return whether the parenthesis that begins a text ends it."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return position == len(text) - 1
    return False


def _check_nesting(text: str) -> None:
    """Refuse brackets within brackets that the parser would not get out of."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if depth > _MOST_BRACKETS:
            raise _at(text, position, "the program is nested too deeply")


def _at(text: str, position: int, reason: str) -> ProgramError:
    """Return the error that points at a character."""
    line = text.count("\n", 0, position) + 1
    return ProgramError(
        reason, line=line, column=position - text.rfind("\n", 0, position)
    )


def _parse(text: str) -> c_ast.FileAST:
    prelude = "".join(f"typedef int {name};" for name in TYPEDEFS)
    try:
        # The prelude stands on a line 0 of its own, so that places stay right.
        tree = CParser().parse(f"{prelude}\n#line 1\n{text}", "")
    except ParseError as err:
        found = _PLACE.match(str(err))
        line, column = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
        raise ProgramError(
            "this is not C that can be read here", line=line, column=column
        ) from err
    except RecursionError as err:
        raise ProgramError("the program is nested too deeply") from err
    tree.ext = tree.ext[len(TYPEDEFS) :]
    return tree


def _read_directive(
    name: str, content: str, line: int, definitions: dict[str, tuple[str, int]]
) -> None:
    if name == "include" and content in _HEADERS:
        return
    if name == "define" and (found := _DEFINE.fullmatch(content)) and found[2]:
        if found[1] in definitions:
            raise ProgramError(f"{found[1]} is defined twice", line=line, column=1)
        if len(definitions) == _MOST_MACROS:
            raise ProgramError("there are too many #define", line=line, column=1)
        definitions[found[1]] = found[2], line
        return
    raise ProgramError(
        f"#{name} is not understood",
        hint="Write #define NAME constant, or nothing that begins with #.",
        line=line,
        column=1,
    )


def _blank(match: re.Match[str]) -> str:
    """Return blanks for a comment or directive, and a character as it is."""
    text = match[0]
    if text.startswith("'"):
        return text
    if text.startswith('"'):
        raise _at(match.string, match.start(), "strings are not understood")
    if text.startswith("/*") and (len(text) < 4 or not text.endswith("*/")):
        raise _at(match.string, match.start(), "this comment does not end")
    return re.sub(r"[^\n]", " ", text)
