"""The builder's circuits compute on integers, with as few gates as they can."""

from collections.abc import Callable
from itertools import product
from random import Random

from currentcost_exchange import CircuitError
from currentcost_exchange.builder import (
    ONE,
    ZERO,
    CircuitBuilder,
    Signal,
    Word,
    constant,
)
from currentcost_exchange.circuit import GateKind, bits_of
from hypothesis import given, strategies as st
import pytest

from .strategies import examples

WIDTH = 20
numbers = st.integers(0, 2**WIDTH - 1)

type Operation = Callable[[CircuitBuilder, Word, Word], Word]

OPERATIONS: dict[str, tuple[Operation, Callable[[int, int], int]]] = {
    "add": (CircuitBuilder.add, lambda x, y: x + y),
    "greater": (lambda builder, x, y: [builder.greater(x, y)], lambda x, y: x > y),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_all_pairs_of_four_bits(name: str) -> None:
    build, compute = OPERATIONS[name]
    builder = CircuitBuilder((4, 4))
    circuit = builder.build([build(builder, *builder.inputs)])
    for x, y in product(range(16), repeat=2):
        assert circuit.evaluate(x, y) == (compute(x, y),)


@pytest.mark.parametrize("name", OPERATIONS)
@examples(50)
@given(x=numbers, y=numbers, fold=st.sampled_from(["none", "x", "y", "both"]))
def test_integers_and_constants(name: str, x: int, y: int, fold: str) -> None:
    build, compute = OPERATIONS[name]
    builder = CircuitBuilder((WIDTH, WIDTH))
    first, second = builder.inputs
    if fold in {"x", "both"}:
        first = constant(x, WIDTH)
    if fold in {"y", "both"}:
        second = constant(y, WIDTH)
    circuit = builder.build([build(builder, first, second)])
    assert circuit.evaluate(x, y) == (compute(x, y),)
    assert circuit.and_gates <= (0 if fold == "both" else WIDTH)


@pytest.mark.parametrize("name", OPERATIONS)
def test_one_and_a_bit(name: str) -> None:
    builder = CircuitBuilder((WIDTH, WIDTH))
    circuit = builder.build([OPERATIONS[name][0](builder, *builder.inputs)])
    assert circuit.and_gates == WIDTH


def test_words_of_different_widths_are_no_sum() -> None:
    builder = CircuitBuilder((2, 3))
    with pytest.raises(ValueError, match="zip"):
        builder.add(*builder.inputs)


def test_gates_fold() -> None:
    builder = CircuitBuilder((2,))
    a, b = builder.inputs[0]
    not_a = builder.inv(a)
    assert builder.xor(a, a) == ZERO
    assert builder.xor(a, ZERO) == builder.xor(ZERO, a) == a
    assert builder.xor(a, ONE) == builder.xor(ONE, a) == not_a
    assert builder.xor(ONE, ZERO) == ONE
    assert builder.xor(ONE, ONE) == ZERO
    assert builder.and_(a, a) == builder.and_(a, ONE) == builder.and_(ONE, a) == a
    assert builder.and_(a, ZERO) == builder.and_(ZERO, a) == ZERO
    assert builder.inv(not_a) == a
    assert (builder.inv(ZERO), builder.inv(ONE)) == (ONE, ZERO)
    # The same gate is built once, whichever way round its inputs come.
    assert builder.and_(a, b) == builder.and_(b, a)
    assert builder.xor(a, b) == builder.xor(b, a)


def test_unused_gates_are_left_out() -> None:
    builder = CircuitBuilder((2,))
    a, b = builder.inputs[0]
    builder.and_(builder.xor(a, b), a)
    kept = builder.xor(a, b)
    circuit = builder.build([[kept]])
    assert [gate.kind for gate in circuit.gates] == [GateKind.XOR]


def test_outputs_that_are_anything() -> None:
    builder = CircuitBuilder((2,))
    a, b = builder.inputs[0]
    both = builder.and_(a, b)
    either = builder.xor(builder.xor(a, b), both)
    # An input, constants, a gate that serves another gate, a gate twice.
    circuit = builder.build([[a, ZERO, ONE], [both, either], [either, b]])
    for value in range(4):
        low, high = bits_of(value, 2)
        assert circuit.evaluate(value) == (
            low | 4,
            (low & high) | (low | high) << 1,
            (low | high) | high << 1,
        )
    assert circuit.and_gates == 1
    assert circuit.outputs == (3, 2, 2)


def test_a_constant_needs_a_wire() -> None:
    with pytest.raises(CircuitError, match="needs an input"):
        CircuitBuilder(()).build([[ONE]])


@examples(80)
@given(random=st.randoms(use_true_random=False))
def test_any_expression(random: Random) -> None:
    widths = tuple(random.randint(1, 4) for _ in range(random.randint(1, 3)))
    values = tuple(random.getrandbits(width) for width in widths)
    builder = CircuitBuilder(widths)
    bits = b"".join(map(bits_of, values, widths, strict=True))
    known: dict[Signal, int] = {ZERO: 0, ONE: 1}
    known |= {Signal(position): bit for position, bit in enumerate(bits)}
    for _ in range(random.randint(0, 30)):
        a, b = random.choices(list(known), k=2)
        for signal, value in (
            (builder.xor(a, b), known[a] ^ known[b]),
            (builder.and_(a, b), known[a] & known[b]),
            (builder.inv(a), 1 - known[a]),
        ):
            assert known.setdefault(signal, value) == value
    words = [
        random.choices(list(known), k=random.randint(1, 5))
        for _ in range(random.randint(1, 3))
    ]
    expected = tuple(
        sum(known[signal] << position for position, signal in enumerate(word))
        for word in words
    )
    circuit = builder.build(words)
    assert circuit.evaluate(*values) == expected
    assert circuit.inputs == widths
    assert circuit.outputs == tuple(map(len, words))
