"""Division and shifts of numbers that are narrower than their types."""

from collections.abc import Callable
from functools import cache
from typing import Final

from currentcost_exchange.circuit import Circuit
from currentcost_exchange.compiler import compile_program
from hypothesis import given, settings, strategies as st
import pytest

EDGES = (0, 1, 2, 3, 127, 128, 200, 254, 255)


@cache
def compiled(source: str, *widths: tuple[str, int]) -> Circuit:
    """Compile a source once for all examples."""
    return compile_program(source, dict(widths)).circuit


@pytest.mark.parametrize("op", ["/", "%"])
@pytest.mark.parametrize(
    ("first", "second"), [(8, 8), (8, 16), (16, 8), (32, 8), (8, 32), (1, 1)]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_unsigned_division(
    op: str, first: int, second: int, data: st.DataObject
) -> None:
    circuit = compiled(
        "void f(unsigned INPUT_A_x, unsigned INPUT_B_y)"
        f"{{ unsigned OUTPUT_z = INPUT_A_x {op} INPUT_B_y; }}",
        ("INPUT_A_x", first),
        ("INPUT_B_y", second),
    )
    x = data.draw(st.integers(0, 2**first - 1))
    y = data.draw(st.integers(0, 2**second - 1) | st.integers(0, 1))
    quotient, remainder = divmod(x, y) if y else (2**32 - 1, x)
    expected = quotient if op == "/" else remainder
    assert circuit.evaluate(x, y) == (expected,)


def test_signed_division_of_bytes() -> None:
    circuit = compile_program(
        "void f(signed char INPUT_A_x, signed char INPUT_B_y)"
        "{ short OUTPUT_q = INPUT_A_x / INPUT_B_y;"
        " short OUTPUT_r = INPUT_A_x % INPUT_B_y; }"
    ).circuit
    quotient_bits, remainder_bits = circuit.outputs
    for a in EDGES:
        for b in EDGES:
            x, y = a - 256 * (a > 127), b - 256 * (b > 127)
            if y:
                quotient = abs(x) // abs(y) * (-1 if (x < 0) != (y < 0) else 1)
                remainder = x - y * quotient
            else:
                quotient, remainder = -1 if x >= 0 else 1, x
            assert circuit.evaluate(a, b) == (
                quotient % (1 << quotient_bits),
                remainder % (1 << remainder_bits),
            )


@pytest.mark.parametrize("divisor", [1, 2, 3, 7, 10, 16, 1000, 100_000, 2**31])
@settings(max_examples=40, deadline=None)
@given(x=st.integers(0, 2**32 - 1))
def test_division_by_a_constant(divisor: int, x: int) -> None:
    circuit = compiled(
        "void f(unsigned INPUT_A_x)"
        f"{{ unsigned OUTPUT_q = INPUT_A_x / {divisor}u;"
        f" unsigned OUTPUT_r = INPUT_A_x % {divisor}u; }}"
    )
    assert circuit.evaluate(x) == divmod(x, divisor)


@pytest.mark.parametrize("count", [0, 1])
def test_shift_by_a_truth_value(count: int) -> None:
    circuit = compile_program(
        "void f(unsigned INPUT_A_x, _Bool INPUT_B_y)"
        "{ unsigned OUTPUT_z = INPUT_A_x << INPUT_B_y; }"
    ).circuit
    assert circuit.evaluate(5, count) == (5 << count,)


# Counts that may lie beyond the type's bits, and what they are of y.
COUNTS: Final[dict[str, Callable[[int], int]]] = {
    "INPUT_B_y % 9 + 32": lambda y: y % 9 + 32,
    "INPUT_B_y % 9 + 28": lambda y: y % 9 + 28,
    "-1 - INPUT_B_y % 3": lambda y: -1 - y % 3,
    "INPUT_B_y - 300": lambda y: y - 300,
}


@pytest.mark.parametrize("op", ["<<", ">>"])
@pytest.mark.parametrize("count", COUNTS)
def test_shift_by_a_count_modulo_the_bits(op: str, count: str) -> None:
    circuit = compile_program(
        "void f(unsigned INPUT_A_x, uint8_t INPUT_B_y)"
        f"{{ unsigned OUTPUT_z = INPUT_A_x {op} ({count}); }}"
    ).circuit
    for x in (1, 5, 0x8000_0001, 0xFFFF_FFFF):
        for y in EDGES:
            places = COUNTS[count](y) % 32
            shifted = x << places if op == "<<" else x >> places
            assert circuit.evaluate(x, y) == (shifted % (1 << 32),)
