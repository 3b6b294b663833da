"""Values of C's types as bits, and how they are read, written and merged.

An integer is a tuple of signals, an array or a struct a tuple of values, None a
value that may not have been assigned. Values are never changed, only replaced, so
a copy of the variables is a copy of the memory.
"""

from dataclasses import dataclass

from ..builder import ONE, ZERO, Signal, constant
from .minimizing import MinimizingBuilder
from .types import Array, Integer, Struct, Type, Void

type Bits = tuple[Signal, ...]
type Data = Bits | tuple[Data, ...] | None
type Step = int | Bits
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
        case Integer(bits=bits):
            return (ZERO,) * bits
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


def merge(
    builder: MinimizingBuilder, kind: Type, choice: Signal, a: Data, b: Data
) -> Data:
    """Return a where the choice is one, b elsewhere."""
    if a is b or a == b:
        return a
    if a is None or b is None:
        return None
    if isinstance(kind, Integer):
        return tuple(
            builder.mux(choice, x, y)  # type: ignore[arg-type]
            for x, y in zip(a, b, strict=True)
        )
    builder.spend(len(a))
    return tuple(
        merge(builder, part, choice, x, y)  # type: ignore[arg-type]
        for part, x, y in zip(parts(kind), a, b, strict=True)
    )


def read(
    builder: MinimizingBuilder, kind: Type, data: Data, steps: tuple[Step, ...]
) -> Data:
    """Return the value at the end of the steps.

    A computed index beyond the array reads one of its elements.
    """
    if not steps or data is None:
        return data
    step, *rest = steps
    inner = parts(kind)
    if isinstance(step, int):
        return read(builder, inner[step], data[step], tuple(rest))  # type: ignore[arg-type]
    values = [
        read(builder, part, value, tuple(rest))  # type: ignore[arg-type]
        for part, value in zip(inner, data, strict=True)
    ]
    found = inner[0]
    for follow in rest:
        found = parts(found)[follow if isinstance(follow, int) else 0]
    for bit in step[: (len(values) - 1).bit_length()]:
        values = [
            merge(builder, found, bit, values[i + 1], values[i])
            if i + 1 < len(values)
            else values[i]
            for i in range(0, len(values), 2)
        ]
    return values[0]


def write(
    builder: MinimizingBuilder,
    kind: Type,
    data: Data,
    steps: tuple[Step, ...],
    value: Data,
) -> Data:
    """Return the data with the value at the end of the steps.

    A computed index beyond the array writes nothing.
    """
    if not steps:
        return value
    step, *rest = steps
    inner = parts(kind)
    items: list[Data] = list(data)  # type: ignore[arg-type]
    builder.spend(len(items) >> 5)
    if isinstance(step, int):
        items[step] = write(builder, inner[step], items[step], tuple(rest), value)
        return tuple(items)
    for index, part in enumerate(inner):
        hit = _is_index(builder, step, index)
        if hit != ZERO:
            new = write(builder, part, items[index], tuple(rest), value)
            items[index] = merge(builder, part, hit, new, items[index])
    return tuple(items)


def _is_index(builder: MinimizingBuilder, step: Bits, index: int) -> Signal:
    """Return whether a computed step goes to this index."""
    result = ONE
    for bit, wanted in zip(step, constant(index, len(step)), strict=True):
        result = builder.and_(result, builder.inv(builder.xor(bit, wanted)))
    return result
