"""Programs written by hand, where compilers of circuits are known to go wrong."""

from dataclasses import dataclass
from typing import Final

from currentcost_exchange.compiler import Program, compile_program
import pytest

from ..exchange.garblers import garble_and_evaluate
from .reference import outputs_of

TALK: Final = """
int range(int x, int int1, int int2, int int3)
{
    int result = 0;
    if (x >= 0 && x <= int1) { result = 1; }
    else if (x > int1 && x <= int2) { result = 2; }
    else if (x > int2 && x <= int3) { result = 3; }
    return result;
}

void meterCheck(int INPUT_A_x, int INPUT_B_int1, int INPUT_B_int2, int INPUT_B_int3)
{
    int OUTPUT_meterCheck = range(INPUT_A_x, INPUT_B_int1, INPUT_B_int2, INPUT_B_int3);
}
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A program of int inputs, and what comes out for what goes in."""

    source: str
    answers: dict[tuple[int, ...], tuple[int, ...]]


def _entry(body: str) -> str:
    return f"void f(int INPUT_A_x, int INPUT_B_y) {{ {body} }}"


KNOWN: Final = {
    "three early returns": Known(
        "int sign(int x) { if (x < 0) return -1; if (x == 0) return 0; return 1; }"
        + _entry("int OUTPUT_o = sign(INPUT_A_x) + 10 * sign(INPUT_B_y);"),
        {(-5, 7): (9,), (0, -1): (-10,), (3, 0): (1,), (2, 2): (11,)},
    ),
    "switch with returns": Known(
        "int tariff(int x) { switch (x) { case 1: return 10; case 2: case 3: return 20;"
        " default: return 5; case 4: x += 1; } return x * 100; }"
        + _entry("int OUTPUT_o = tariff(INPUT_A_x) + INPUT_B_y;"),
        {(1, 0): (10,), (2, 0): (20,), (3, 1): (21,), (4, 0): (500,), (9, 0): (5,)},
    ),
    "fall-through": Known(
        _entry(
            "int OUTPUT_o = 0; switch (INPUT_A_x) { case 1: OUTPUT_o += 1; default:"
            " OUTPUT_o += 10; case 2: OUTPUT_o += 100; break; case 3: OUTPUT_o = -1; }"
        ),
        {(1, 0): (111,), (2, 0): (100,), (3, 0): (-1,), (4, 0): (110,)},
    ),
    "inputs in order of declaration": Known(
        "void f(int INPUT_B_z, int INPUT_A_q, int INPUT_A_a, int INPUT_B_c) {"
        " int OUTPUT_z = INPUT_B_z; int OUTPUT_a = INPUT_A_q - 2 * INPUT_A_a;"
        " int OUTPUT_b = INPUT_B_c; }",
        # The household's q and a, then the provider's z and c.
        {(10, 3, 7, 8): (7, 4, 8)},
    ),
    "a loop of its full length": Known(
        _entry(
            "int OUTPUT_o = 0; for (int i = 0; i < 100; i++) {"
            " if (i == INPUT_A_x) break; OUTPUT_o++; }"
        ),
        {(0, 0): (0,), (99, 0): (99,), (100, 0): (100,), (-1, 0): (100,)},
    ),
    "gcd": Known(
        "int gcd(int a, int b) { for (int i = 0; i < 12; i++) { if (b == 0) return a;"
        " int c = a % (b | (b == 0)); a = b; b = c; } return -1; }"
        "void f(uint8_t INPUT_A_x, uint8_t INPUT_B_y)"
        " { int OUTPUT_o = gcd(INPUT_A_x, INPUT_B_y); }",
        {(100, 1): (1,), (48, 36): (12,), (0, 9): (9,), (144, 89): (1,)},
    ),
    "globals count": Known(
        "static int calls = 2; const int weight[3] = {5, 6};"
        "int step(void) { calls += 3; return weight[1] + weight[2]; }"
        + _entry("int a = step(); int OUTPUT_o = a * calls + INPUT_A_x;"),
        {(0, 0): (30,), (1, 0): (31,)},
    ),
    "the right side of && and ||": Known(
        _entry(
            "int n = 0; int a = INPUT_A_x && ++n; int b = INPUT_B_y || (n += 10, 0);"
            "int OUTPUT_n = n; int OUTPUT_a = a; int OUTPUT_b = b;"
        ),
        {(0, 0): (10, 0, 0), (5, 0): (11, 1, 0), (5, 5): (1, 1, 1), (0, 5): (0, 0, 1)},
    ),
    "shadowing and scopes": Known(
        _entry(
            "int i = INPUT_A_x; for (int i = 0; i < 3; i++) { int i = 40; i++; }"
            "if (INPUT_B_y) { int i = 5; i += 1; } int OUTPUT_o = i;"
        ),
        {(7, 0): (7,), (8, 1): (8,)},
    ),
    "an array changed by a function": Known(
        "void put(int v[], int at, int value) { if (at == 1) return; v[at & 3] = value; }"
        + _entry(
            "int v[4] = {0}; if (INPUT_A_x > 0) put(v, INPUT_A_x, INPUT_B_y);"
            "int OUTPUT_o = v[0] + 10 * v[1] + 100 * v[2] + 1000 * v[3];"
        ),
        {(0, 9): (0,), (1, 9): (0,), (2, 9): (900,), (3, 7): (7000,), (4, 1): (1,)},
    ),
    "a narrow index into a long array": Known(
        "void f(uint8_t INPUT_A_x, int INPUT_B_y) { int v[300] = {0};"
        " v[INPUT_A_x] = INPUT_B_y; int OUTPUT_a = v[0]; int OUTPUT_b = v[256]; }",
        {(0, 3): (3, 0), (1, 3): (0, 0)},
    ),
    "continue in do": Known(
        _entry(
            "int i = 0, n = 0; do { if (INPUT_A_x & (1 << i)) continue; n++; }"
            " while (++i < 8); int OUTPUT_o = n;"
        ),
        {(0, 0): (8,), (255, 0): (0,), (0x55, 0): (4,)},
    ),
    "break of a switch in a loop": Known(
        _entry(
            "int n = 0; for (int i = 0; i < 4; i++) { switch (INPUT_A_x + i) {"
            " case 2: break; case 3: continue; default: n += 1; } n += 10; }"
            " int OUTPUT_o = n;"
        ),
        {(0, 0): (32,), (4, 0): (44,), (3, 0): (33,)},
    ),
    "a variable below its case": Known(
        _entry(
            "int OUTPUT_o = 0; switch (INPUT_A_x) { case 0: ; int z = 1; OUTPUT_o = z;"
            " break; case 1: z = 5; OUTPUT_o = z; }"
        ),
        {(0, 0): (1,), (1, 0): (5,), (2, 0): (0,)},
    ),
    "types of a conditional": Known(
        _entry(
            "int OUTPUT_a = (1 ? -1 : 1u) > 0; int OUTPUT_b = (0 ? 1L : -1) < 0;"
            "int OUTPUT_c = (INPUT_A_x ? -1 : 0u) > 0;"
        ),
        {(1, 0): (1, 1, 1), (0, 0): (1, 1, 0)},
    ),
    "truth of wide numbers": Known(
        _entry("_Bool b = INPUT_A_x; int OUTPUT_o = b + (_Bool)256 + (char)256;"),
        {(256, 0): (2,), (0, 0): (1,)},
    ),
    "the least integer divided": Known(
        _entry("int OUTPUT_q = INPUT_A_x / 2; int OUTPUT_r = INPUT_A_x % -3;"),
        {(-(1 << 31), 0): (-(1 << 30), -2), (-7, 0): (-3, -1)},
    ),
    "void before its value": Known(
        "void g(int v[1]) { v[0] = 3; }"
        + _entry("int v[1] = {1}; INPUT_A_x ? g(v) : (void)0; int OUTPUT_o = v[0];"),
        {(1, 0): (3,), (0, 0): (1,)},
    ),
    "constants by name": Known(
        "#define FOUR 4 // W\n#define SUM (FOUR + 1)\nenum { FIRST = 7, NEXT };\n"
        + _entry("int OUTPUT_o = SUM * 2 + NEXT + '\\n' + 010;"),
        {(0, 0): (36,)},
    ),
    "the talk's range": Known(
        TALK,
        {
            (518, 1000, 2000, 3000): (1,),
            (1000, 1000, 2000, 3000): (1,),
            (1001, 1000, 2000, 3000): (2,),
            (3001, 1000, 2000, 3000): (0,),
            (-1, 1000, 2000, 3000): (0,),
        },
    ),
}


def _inputs(program: Program, values: tuple[int, ...]) -> list[int]:
    """Return the parties' values: the household's inputs first, then the provider's."""
    given, parties = iter(values), []
    for inputs in (program.household, program.provider):
        total = position = 0
        for declared in inputs:
            total |= (next(given) & (1 << declared.width) - 1) << position
            position += declared.width
        parties.append(total)
    return parties


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_answer(name: str) -> None:
    program = compile_program(KNOWN[name].source)
    for values, wanted in KNOWN[name].answers.items():
        circuit, given = program.circuit, _inputs(program, values)
        results = circuit.evaluate(*given)
        modulo = tuple(value % (1 << 64) for value in wanted)
        assert outputs_of(program, results) == modulo, values
    assert garble_and_evaluate(circuit, *given) == results


def test_the_same_source_gives_the_same_circuit() -> None:
    assert compile_program(TALK) == compile_program(TALK)


@pytest.mark.parametrize(("width", "most"), [(32, 101), (17, 54)])
def test_the_talks_range_costs_no_more_than_elsewhere(width: int, most: int) -> None:
    names = ("INPUT_A_x", "INPUT_B_int1", "INPUT_B_int2", "INPUT_B_int3")
    program = compile_program(TALK, dict.fromkeys(names, width) if width < 32 else None)
    assert program.circuit.and_gates <= most


@pytest.mark.parametrize("party", ["A", "B"])
def test_a_program_of_one_party_has_one_input_value(party: str) -> None:
    limit = f"INPUT_{party}_limit"
    program = compile_program(
        f"void policy(uint16_t {limit}[2], uint8_t INPUT_{party}_least)"
        f"{{ int OUTPUT_passed = {limit}[0] + INPUT_{party}_least <= {limit}[1]; }}"
    )
    assert program.circuit.inputs == (40,)
    given, other = program.household, program.provider
    if party == "B":
        given, other = other, given
    assert [item.name for item in given] == [limit, f"INPUT_{party}_least"]
    assert other == ()
    for first, second, least, passed in (
        (100, 150, 50, 1),
        (100, 149, 50, 0),
        (0, 0, 0, 1),
        (65535, 65535, 1, 0),
    ):
        value = first | second << 16 | least << 32
        assert program.circuit.evaluate(value) == (passed,)
        assert garble_and_evaluate(program.circuit, value) == (passed,)
