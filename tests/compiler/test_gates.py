"""AND gates an operator costs: no more than of CBMC-GC-2, built and run."""

from typing import Final

from currentcost_exchange.compiler import compile_program
import pytest

UNSIGNED: Final = ("uint8_t", "uint16_t", "uint32_t")
SIGNED: Final = ("int8_t", "int16_t", "int32_t")

# The types, the expression, and the most AND gates at 8, 16 and 32 bits.
OPERATORS: Final = {
    "sum": (UNSIGNED, "x + y", (7, 15, 31)),
    "difference": (UNSIGNED, "x - y", (7, 15, 31)),
    "negative": (SIGNED, "-x", (6, 14, 30)),
    "absolute": (SIGNED, "x < 0 ? -x : x", (13, 29, 61)),
    "product": (UNSIGNED, "x * y", (57, 241, 993)),
    "unsigned less": (UNSIGNED, "x < y", (8, 16, 32)),
    "signed less": (SIGNED, "x < y", (8, 16, 32)),
    "at most": (SIGNED, "x <= y", (8, 16, 32)),
    "equal": (SIGNED, "x == y", (7, 15, 31)),
    "unequal": (UNSIGNED, "x != y", (7, 15, 31)),
    "greatest": (SIGNED, "x > y ? x : y", (16, 32, 64)),
    "chosen": (UNSIGNED, "y & 1 ? x : y", (8, 16, 32)),
    "ten times": (UNSIGNED, "x * 10", (28, 28, 28)),
}


@pytest.mark.parametrize("size", range(3), ids=["8", "16", "32"])
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_costs_no_more(name: str, size: int) -> None:
    kinds, expression, most = OPERATORS[name]
    kind = kinds[size]
    text = expression.replace("x", "INPUT_A_x").replace("y", "INPUT_B_y")
    source = (
        f"void f({kind} INPUT_A_x, {kind} INPUT_B_y) {{ {kind} OUTPUT_o = {text}; }}"
    )
    assert compile_program(source).circuit.and_gates <= most[size]


@pytest.mark.parametrize(
    ("kind", "expression", "most"),
    [
        ("uint32_t", "x / y", 1085),
        ("uint32_t", "x % y", 1117),
        ("int32_t", "x / y", 1268),
        ("int32_t", "x % y", 1300),
        ("uint32_t", "x + 12345", 30),
        ("uint32_t", "x < 1000", 28),
    ],
)
def test_a_wide_operator_costs_no_more(kind: str, expression: str, most: int) -> None:
    text = expression.replace("x", "INPUT_A_x").replace("y", "INPUT_B_y")
    source = (
        f"void f({kind} INPUT_A_x, {kind} INPUT_B_y) {{ {kind} OUTPUT_o = {text}; }}"
    )
    assert compile_program(source).circuit.and_gates <= most
