"""AND gates an operator costs: no more than of CBMC-GC-2, built and run."""

from random import Random
from typing import Final

from currentcost_exchange.compiler import compile_program
from currentcost_exchange.compiler.running import evaluate_plain
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
    "unsigned quotient": (UNSIGNED, "x / y", (77, 285, 1085)),
    "unsigned remainder": (UNSIGNED, "x % y", (85, 301, 1117)),
    "signed quotient": (SIGNED, "x / y", (116, 372, 1268)),
    "signed remainder": (SIGNED, "x % y", (124, 388, 1300)),
    "ten times": (UNSIGNED, "x * 10", (4, 12, 28)),
    "a tenth": (UNSIGNED, "x / 10", (17, 49, 113)),
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
    ("parameters", "expression", "most"),
    [
        ("uint32_t INPUT_A_x", "INPUT_A_x + 12345", 30),
        ("uint32_t INPUT_A_x", "INPUT_A_x < 1000", 28),
        ("int INPUT_A_x, int INPUT_B_y", "INPUT_A_x == 3 && INPUT_B_y == 4", 63),
        ("int INPUT_A_x[16], unsigned INPUT_B_y", "INPUT_A_x[INPUT_B_y & 15]", 480),
        ("uint32_t INPUT_A_x, uint32_t INPUT_B_y", "(long)INPUT_A_x * INPUT_B_y", 2016),
        ("int INPUT_A_x, int INPUT_B_y", "(long)INPUT_A_x * INPUT_B_y", 2016),
        ("int8_t INPUT_A_x, int8_t INPUT_B_y", "INPUT_A_x * INPUT_B_y", 120),
    ],
)
def test_an_expression_costs_no_more(
    parameters: str, expression: str, most: int
) -> None:
    source = f"void f({parameters}) {{ long OUTPUT_o = {expression}; }}"
    assert compile_program(source).circuit.and_gates <= most


@pytest.mark.parametrize(("bits", "most"), [(8, 13), (16, 38), (32, 103), (64, 264)])
def test_a_sum_in_a_loop_is_as_wide_as_it_can_be(bits: int, most: int) -> None:
    source = f"""
        void f(uint{bits}_t INPUT_A_x, uint{bits}_t INPUT_B_y) {{
            uint{bits}_t x = INPUT_A_x ^ INPUT_B_y;
            int OUTPUT_n = 0;
            for (int i = 0; i < {bits}; i++) OUTPUT_n += x >> i & 1;
        }}
    """
    assert compile_program(source).circuit.and_gates <= most


MATRIX: Final = """
void f(int INPUT_A_a[3][3], int INPUT_B_b[3][3])
{
    int c[3][3] = {{0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                c[i][j] += INPUT_A_a[i][k] * INPUT_B_b[k][j];
    int OUTPUT_00 = c[0][0], OUTPUT_01 = c[0][1], OUTPUT_02 = c[0][2];
    int OUTPUT_10 = c[1][0], OUTPUT_11 = c[1][1], OUTPUT_12 = c[1][2];
    int OUTPUT_20 = c[2][0], OUTPUT_21 = c[2][1], OUTPUT_22 = c[2][2];
}
"""


def test_a_product_of_matrices() -> None:
    program = compile_program(MATRIX)
    assert program.circuit.and_gates <= 27_369
    random = Random(3)  # noqa: S311  # the same numbers again
    a, b = [[random.randrange(-(1 << 31), 1 << 31) for _ in range(9)] for _ in range(2)]
    found = evaluate_plain(program, {"INPUT_A_a": a, "INPUT_B_b": b})
    assert [value % (1 << 32) for value in found.values()] == [
        sum(a[3 * i + k] * b[3 * k + j] for k in range(3)) % (1 << 32)
        for i in range(3)
        for j in range(3)
    ]
