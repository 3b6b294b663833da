"""The types of C that a program may use, and how they combine."""

from dataclasses import dataclass
from typing import Final

from .ranges import Range

INT_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer type of `bits` bits; `_Bool` is unsigned with one."""

    bits: int
    signed: bool

    @property
    def range(self) -> Range:
        """What it can stand for."""
        return Range.of_width(self.bits, signed=self.signed)

    def __str__(self) -> str:
        """Return a name for messages."""
        return (
            f"{'' if self.signed else 'u'}int{self.bits}_t"
            if self.bits > 1
            else "_Bool"
        )


@dataclass(frozen=True, slots=True)
class Array:
    """`length` values of a type."""

    element: Type
    length: int

    def __str__(self) -> str:
        """Return a name for messages."""
        return f"{self.element}[{self.length}]"


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields in order."""

    name: str
    fields: tuple[tuple[str, Type], ...]

    def field(self, name: str) -> Type | None:
        """Return a field's type."""
        return dict(self.fields).get(name)

    def __str__(self) -> str:
        """Return a name for messages."""
        return f"struct {self.name}"


@dataclass(frozen=True, slots=True)
class Void:
    """What a function returns that returns nothing."""

    def __str__(self) -> str:
        """Return a name for messages."""
        return "void"


type Type = Integer | Array | Struct | Void

VOID: Final = Void()

BOOL: Final = Integer(1, signed=False)
INT: Final = Integer(INT_BITS, signed=True)

TYPEDEFS: Final[dict[str, Integer]] = {
    **{
        f"{'' if signed else 'u'}int{bits}_t": Integer(bits, signed=signed)
        for bits in (8, 16, 32, 64)
        for signed in (True, False)
    },
    "bool": BOOL,
}

# The specifiers of C, sorted; the sizes are those of a 64-bit Unix (LP64).
_SPECIFIERS: Final = {
    "_Bool": BOOL,
    "char": Integer(8, signed=True),
    "int": INT,
    "long": Integer(64, signed=True),
    "long long": Integer(64, signed=True),
    "short": Integer(16, signed=True),
}


def from_specifiers(names: list[str]) -> Integer | None:
    """Return the type that specifiers such as `unsigned long int` name."""
    if len(names) == 1 and names[0] in TYPEDEFS:
        return TYPEDEFS[names[0]]
    rest = [name for name in names if name not in ("signed", "unsigned")]
    if len(names) - len(rest) > 1 or not names:
        return None
    if len(rest) > 1 and "int" in rest:
        rest.remove("int")
    base = _SPECIFIERS.get(" ".join(sorted(rest)) or "int")
    if base is None or (base is BOOL and len(names) > 1):
        return None
    return Integer(base.bits, signed=False) if "unsigned" in names else base


def promoted(kind: Integer) -> Integer:
    """Return the type after the integer promotions (C17, 6.3.1.1)."""
    return kind if kind.bits >= INT_BITS else INT


def common(a: Integer, b: Integer) -> Integer:
    """Return the type after the usual arithmetic conversions (C17, 6.3.1.8)."""
    a, b = promoted(a), promoted(b)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return Integer(a.bits, signed=a.signed and b.signed)
