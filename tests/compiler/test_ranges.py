"""Ranges of integers, beside every integer that is in them."""

from itertools import product
import operator
from typing import Final

from currentcost_exchange.builder import ONE, ZERO, Signal
from currentcost_exchange.compiler.numbers import Number, number
from currentcost_exchange.compiler.ranges import Range
from currentcost_exchange.compiler.types import Integer
from hypothesis import given, strategies as st
import pytest

from ..exchange.strategies import examples

BYTE: Final = Integer(8, signed=False).range
SIGNED_BYTE: Final = Integer(8, signed=True).range

MONOTONE: Final = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "/": operator.floordiv,
}


def inside(span: Range) -> range:
    """Return the integers of a range."""
    return range(span.least, span.most + 1)


@st.composite
def ranges(draw: st.DrawFn, least: int = -40, most: int = 40) -> Range:
    """Draw a range that is small enough to count through."""
    first = draw(st.integers(least, most))
    return Range(first, draw(st.integers(first, min(most, first + 20))))


@pytest.mark.parametrize("name", MONOTONE)
@examples(100)
@given(data=st.data())
def test_a_range_of_corners_is_exact(name: str, data: st.DataObject) -> None:
    operation = MONOTONE[name]
    x = data.draw(ranges(least=0) if name == "/" else ranges())
    y = data.draw({"/": ranges(least=1)}.get(name, ranges(least=0, most=9)))
    results = [operation(a, b) for a, b in product(inside(x), inside(y))]
    assert Range.of_corners(operation, x, y) == Range(min(results), max(results))


@examples(100)
@given(ranges(), ranges())
def test_ranges_meet_and_join(x: Range, y: Range) -> None:
    both = set(inside(x)) & set(inside(y))
    assert x.meets(y) == bool(both)
    if both:
        assert set(inside(x & y)) == both
    either = {*inside(x), *inside(y)}
    assert (x | y) == Range(min(either), max(either))
    assert (x in y) == (set(inside(x)) <= set(inside(y)))


@examples(100)
@given(ranges(least=-900, most=900), st.sampled_from([BYTE, SIGNED_BYTE]))
def test_a_range_wraps_as_its_integers_do(span: Range, kind: Range) -> None:
    wrapped = {(value - kind.least) % 256 + kind.least for value in inside(span)}
    found = span.wrapped(kind)
    assert found in kind
    assert wrapped <= set(inside(found))
    if max(wrapped) - min(wrapped) == len(wrapped) - 1:
        assert found in (Range(min(wrapped), max(wrapped)), kind)
    if span in kind:
        assert found == span


@pytest.mark.parametrize(
    ("least", "most", "width"),
    [
        (0, 0, 0),
        (0, 1, 1),
        (5, 8, 4),
        (-1, -1, 1),
        (-1, 0, 1),
        (-1, 1, 2),
        (-128, 127, 8),
        (-129, 0, 9),
        (-3, 128, 9),
        (-7, -3, 4),
    ],
)
def test_the_width_of_a_range(least: int, most: int, width: int) -> None:
    assert Range(least, most).width == width


def values_of(word: tuple[Signal, ...], *, signed: bool) -> set[int]:
    """Return what a word can stand for, whatever its signals are."""
    signals = sorted({bit for bit in word if bit not in (ZERO, ONE)})
    found = set()
    for bits in product((0, 1), repeat=len(signals)):
        given = {ZERO: 0, ONE: 1, **dict(zip(signals, bits, strict=True))}
        value = sum(given[bit] << place for place, bit in enumerate(word))
        if signed and word and given[word[-1]]:
            value -= 1 << len(word)
        found.add(value)
    return found


@examples(400)
@given(
    word=st.lists(
        st.sampled_from([ZERO, ONE, *map(Signal, range(4))]), min_size=1, max_size=6
    ),
    signed=st.booleans(),
    data=st.data(),
)
def test_a_number_keeps_every_value_that_its_range_allows(
    word: list[Signal], *, signed: bool, data: st.DataObject
) -> None:
    whole = Range.of_width(len(word), signed=signed)
    possible = values_of(tuple(word), signed=signed)
    kept = data.draw(st.sampled_from(sorted(possible)))
    least = data.draw(st.integers(whole.least, kept))
    most = data.draw(st.integers(kept, whole.most))
    allowed = {value for value in possible if least <= value <= most}

    found = number(word, Range(least, most))

    assert found.range in Range(least, most)
    assert len(found.word) == found.range.width
    assert allowed <= set(inside(found.range))
    assert allowed <= values_of(found.word, signed=found.range.signed)
    if (only := found.range.only) is not None:
        assert found == Number.of(only)


@examples(100)
@given(st.integers(-300, 300), st.integers(1, 12))
def test_the_bits_of_a_constant(value: int, width: int) -> None:
    bits = Number.of(value).bits(width)
    assert sum((bit == ONE) << place for place, bit in enumerate(bits)) == (
        value % (1 << width)
    )
