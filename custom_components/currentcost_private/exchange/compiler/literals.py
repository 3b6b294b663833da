"""Literals of C: their values and types."""

from typing import Final

from pycparser import c_ast

from .numbers import Number
from .operators import Operand
from .source import refuse
from .types import INT, INT_BITS, Integer

_LONG: Final = 64
_ESCAPES: Final = {
    "n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11,
    "0": 0, "\\": 92, "'": 39, '"': 34, "?": 63,
}  # fmt: skip


def literal(node: c_ast.Constant) -> Operand:
    """Return the value and type of a literal (C17, 6.4.4)."""
    if node.type == "char":
        return _character(node)
    if node.type == "string":
        raise refuse(node, "strings are not understood")
    if "int" not in node.type or node.value.startswith("'"):
        raise refuse(
            node,
            f"{node.value} is not an integer",
            "There are no fractions: count in smaller units, such as W instead of kW.",
        )
    digits = node.value.rstrip("uUlL")
    suffix = node.value[len(digits) :].lower()
    decimal = not digits.startswith("0")
    try:
        base = 8 if digits.isdecimal() and not decimal else 0
        value = int(digits, base)
    except ValueError as err:
        raise refuse(node, "this number is not understood") from err
    kinds = [
        Integer(size, signed=signed)
        for size in ((_LONG,) if "l" in suffix else (INT_BITS, _LONG))
        for signed in (True, False)
        if not (signed and "u" in suffix) and (signed or "u" in suffix or not decimal)
    ]
    for kind in kinds:
        if value <= kind.range.most:
            return Operand(kind, Number.of(value))
    raise refuse(node, "this number is too large for any type")


def _character(node: c_ast.Constant) -> Operand:
    """Return a character constant; plain characters and simple escapes."""
    text = node.value[1:-1]
    if len(text) == 1:
        code = ord(text)
    elif len(text) == 2 and text[0] == "\\" and text[1] in _ESCAPES:
        code = _ESCAPES[text[1]]
    else:
        raise refuse(node, "this character is not understood", "Write its number.")
    return Operand(INT, Number.of(code))
