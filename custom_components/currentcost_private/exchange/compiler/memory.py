"""Values of C's types, and how they are read, written and merged.

An integer is a number, an array or a struct a tuple of values, None a value that
may not have been assigned. Values are never changed, only replaced, so
a copy of the variables is a copy of the memory.
"""

from dataclasses import dataclass

from ..builder import ZERO, Signal
from .arithmetic import Arithmetic
from .numbers import Number
from .types import Array, Integer, Struct, Type, Void

type Data = Number | tuple[Data, ...] | None
type Step = int | Number
"""Into an array by a constant or a computed index, into a struct by position."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a variable, and the steps into it."""

    variable: int
    kind: Type
    steps: tuple[Step, ...] = ()


def zero(kind: Type) -> Data:
    """Return a type's value of zeros."""
    match kind:
        case Integer():
            return Number.of(0)
        case Array(element=element, length=length):
            return (zero(element),) * length
        case Struct(fields=fields):
            return tuple(zero(field) for _, field in fields)
        case Void():
            return ()


def unassigned(kind: Type) -> Data:
    """Return a type's value before it is assigned."""
    match kind:
        case Integer():
            return None
        case Array(element=element, length=length):
            return (unassigned(element),) * length
        case Struct(fields=fields):
            return tuple(unassigned(field) for _, field in fields)
        case Void():
            return ()


def parts(kind: Type) -> list[Type]:
    """Return the types of an array's elements or a struct's fields."""
    match kind:
        case Array(element=element, length=length):
            return [element] * length
        case Struct(fields=fields):
            return [field for _, field in fields]
    return []


def merge(arithmetic: Arithmetic, choice: Signal, a: Data, b: Data) -> Data:
    """Return a where the choice is one, b elsewhere."""
    if a is b or a == b:
        return a
    if a is None or b is None:
        return None
    if isinstance(a, Number):
        return arithmetic.mux(choice, a, b)  # type: ignore[arg-type]
    arithmetic.builder.spend(len(a))
    return tuple(
        merge(arithmetic, choice, x, y)
        for x, y in zip(a, b, strict=True)  # type: ignore[arg-type]
    )


def read(arithmetic: Arithmetic, data: Data, steps: tuple[Step, ...]) -> Data:
    """Return the value at the end of the steps.

    A computed index beyond the array reads one of its elements.
    """
    if not steps or data is None:
        return data
    step, *rest = steps
    items: tuple[Data, ...] = data  # type: ignore[assignment]
    if isinstance(step, int):
        return read(arithmetic, items[step], tuple(rest))
    items = items[: max(step.range.most, 0) + 1]
    values = [read(arithmetic, item, tuple(rest)) for item in items]
    for bit in step.bits((len(values) - 1).bit_length()):
        values = [
            merge(arithmetic, bit, values[i + 1], values[i])
            if i + 1 < len(values)
            else values[i]
            for i in range(0, len(values), 2)
        ]
    return values[0]


def write(
    arithmetic: Arithmetic, data: Data, steps: tuple[Step, ...], value: Data
) -> Data:
    """Return the data with the value at the end of the steps.

    A computed index beyond the array writes nothing.
    """
    if not steps:
        return value
    step, *rest = steps
    items: list[Data] = list(data)  # type: ignore[arg-type]
    arithmetic.builder.spend(len(items) >> 5)
    if isinstance(step, int):
        items[step] = write(arithmetic, items[step], tuple(rest), value)
        return tuple(items)
    for index, item in enumerate(items):
        hit = arithmetic.equal(step, Number.of(index))
        if hit != ZERO:
            new = write(arithmetic, item, tuple(rest), value)
            items[index] = merge(arithmetic, hit, new, item)
    return tuple(items)
