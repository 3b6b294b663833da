"""AND gates of C programs beside CBMC-GC-2's, and what the shipped programs cost.

CBMC-GC-2 (2.0 alpha, on CBMC 5.7) was built and run with
`--minimization-time-limit 60`; the numbers are its non-XOR gates after minimization.
Ours are of C that does the same, compiled here and now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
import re
import statistics
from typing import Final

from currentcost_exchange.compiler import Program, compile_program
from currentcost_exchange.compiler.running import depth, report_bytes, run_garbled
from currentcost_exchange.library import LIBRARY, library_template
from currentcost_exchange.programs import range_circuit

from .report import encrypt
from .results import Result, of_times
from .timing import machine, median_time, times_of

_SIZES: Final = (8, 16, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An operation, and CBMC-GC-2's gates for it at 8, 16 and 32 bits.

    Attributes:
        name: for people.
        expression: of a and b, which have the row's type, and c.
        signed: whether that type is.
        theirs: the gates.
        c: the type of c.
        result: the type of the result, where it isn't the row's.
    """

    name: str
    expression: str
    theirs: tuple[int, int, int]
    signed: bool = False
    c: str = ""
    result: str = ""


_ROWS: Final = (
    Row(name="a + b", expression="a + b", theirs=(7, 15, 31)),
    Row(name="a - b", expression="a - b", theirs=(7, 15, 31)),
    Row(name="-a, signed", expression="-a", signed=True, theirs=(6, 14, 30)),
    Row(
        name="absolute value, signed",
        expression="a < 0 ? -a : a",
        signed=True,
        theirs=(13, 29, 61),
    ),
    Row(name="a * b", expression="a * b", theirs=(57, 241, 993)),
    Row(name="a / b, unsigned", expression="a / b", theirs=(92, 376, 1085)),
    Row(name="a / b, signed", expression="a / b", signed=True, theirs=(124, 448, 1268)),
    Row(name="a % b, unsigned", expression="a % b", theirs=(100, 392, 1117)),
    Row(name="a % b, signed", expression="a % b", signed=True, theirs=(132, 464, 1300)),
    Row(
        name="a < b, unsigned",
        expression="a < b",
        result="_Bool",
        theirs=(8, 16, 32),
    ),
    Row(
        name="a < b, signed",
        expression="a < b",
        signed=True,
        result="_Bool",
        theirs=(8, 16, 32),
    ),
    Row(name="a == b", expression="a == b", result="_Bool", theirs=(7, 15, 31)),
    Row(
        name="maximum, signed",
        expression="a > b ? a : b",
        signed=True,
        theirs=(16, 32, 64),
    ),
    Row(name="c ? a : b", expression="c ? a : b", c="_Bool", theirs=(8, 16, 32)),
    Row(
        name="a << c, c of 8 bits",
        expression="a << c",
        c="uint8_t",
        theirs=(40, 80, 160),
    ),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A whole program, and CBMC-GC-2's gates for it."""

    name: str
    theirs: int
    source: str


def _ones(size: int) -> str:
    return f"""
        void f(uint{size}_t INPUT_A_a, uint{size}_t INPUT_B_b)
        {{
            uint{size}_t differing = INPUT_A_a ^ INPUT_B_b;
            int OUTPUT_ones = 0;
            for (int i = 0; i < {size}; i++)
                OUTPUT_ones += differing >> i & 1;
        }}
    """


_TASKS: Final = (
    Task("ones of a ^ b, 8 bits, in a loop", 13, _ones(8)),
    Task("ones of a ^ b, 16 bits, in a loop", 38, _ones(16)),
    Task("ones of a ^ b, 32 bits, in a loop", 103, _ones(32)),
    Task("ones of a ^ b, 64 bits, in a loop", 264, _ones(64)),
    Task(
        "Hamming distance of 160 bits",
        2940,
        """
        void f(uint32_t INPUT_A_a[5], uint32_t INPUT_B_b[5])
        {
            int OUTPUT_distance = 0;
            for (int word = 0; word < 5; word++)
                for (int i = 0; i < 32; i++)
                    OUTPUT_distance += (INPUT_A_a[word] ^ INPUT_B_b[word]) >> i & 1;
        }
        """,
    ),
    Task(
        "sum of 16 int32",
        465,
        """
        void f(int INPUT_A_a[8], int INPUT_B_b[8])
        {
            int OUTPUT_sum = 0;
            for (int i = 0; i < 8; i++)
                OUTPUT_sum += INPUT_A_a[i] + INPUT_B_b[i];
        }
        """,
    ),
    Task(
        "least of 8 sums of two int32",
        696,
        """
        void f(int INPUT_A_a[8], int INPUT_B_b[8])
        {
            int OUTPUT_least = INPUT_A_a[0] + INPUT_B_b[0];
            for (int i = 1; i < 8; i++) {
                int sum = INPUT_A_a[i] + INPUT_B_b[i];
                if (sum < OUTPUT_least)
                    OUTPUT_least = sum;
            }
        }
        """,
    ),
    Task(
        "squared distance of two points, int32",
        1536,
        """
        void f(int INPUT_A_x, int INPUT_A_y, int INPUT_B_x, int INPUT_B_y)
        {
            int x = INPUT_A_x - INPUT_B_x, y = INPUT_A_y - INPUT_B_y;
            int OUTPUT_square = x * x + y * y;
        }
        """,
    ),
    Task(
        "product of 3 x 3 matrices, int32",
        27369,
        """
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
        """,
    ),
    Task(
        "a * b, 32 bits each to 64",
        2016,
        """
        void f(uint32_t INPUT_A_a, uint32_t INPUT_B_b)
        { uint64_t OUTPUT_product = (uint64_t)INPUT_A_a * INPUT_B_b; }
        """,
    ),
    Task(
        "a + 12345, 32 bits",
        30,
        "void f(uint32_t INPUT_A_a) { uint32_t OUTPUT_sum = INPUT_A_a + 12345; }",
    ),
    Task(
        "a * 10, 32 bits",
        28,
        "void f(uint32_t INPUT_A_a) { uint32_t OUTPUT_product = INPUT_A_a * 10; }",
    ),
    Task(
        "a / 10, 32 bits, unsigned",
        113,
        "void f(uint32_t INPUT_A_a) { uint32_t OUTPUT_quotient = INPUT_A_a / 10; }",
    ),
    Task(
        "a < 1000, 32 bits, unsigned",
        28,
        "void f(uint32_t INPUT_A_a) { int OUTPUT_less = INPUT_A_a < 1000; }",
    ),
    Task(
        "a == 3 && b == 4, int32",
        63,
        """
        void f(int INPUT_A_a, int INPUT_B_b)
        { int OUTPUT_both = INPUT_A_a == 3 && INPUT_B_b == 4; }
        """,
    ),
    Task(
        "one of 16 int32 by a computed index",
        480,
        """
        void f(int INPUT_A_a[16], uint32_t INPUT_B_index)
        { int OUTPUT_element = INPUT_A_a[INPUT_B_index]; }
        """,
    ),
)

# For each width CBMC-GC-2's gates of the talk's listing, and of a program for limits
# in order, which is the question that the exchange has built in.
_RANGE: Final = {32: (102, 96), 17: (55, 51)}

# AND gates of the field's own circuits of 64 bits (Bristol Fashion), by file.
_PUBLISHED: Final = (
    ("adder64", "a + b", "uint64_t", 63),
    ("sub64", "a - b", "uint64_t", 63),
    ("neg64", "-a", "int64_t", 62),
    ("mult64", "a * b", "uint64_t", 4033),
    ("udivide64", "a / b", "uint64_t", 4094),
    ("zero_equal", "a == 0", "_Bool", 63),
)


def main() -> None:
    """Count, measure and print the tables."""
    print("| operation | CBMC-GC-2, 8 bits | 16 | 32 | here, 8 bits | 16 | 32 | |")
    print("|---|---:|---:|---:|---:|---:|---:|---|")
    for row in _ROWS:
        ours = [_operation(row, size).circuit.and_gates for size in _SIZES]
        numbers = " | ".join(map(str, (*row.theirs, *ours)))
        print(f"| {row.name} | {numbers} | {_verdict(row.theirs, ours)} |")

    print("\n| program | CBMC-GC-2 | here | |")
    print("|---|---:|---:|---|")
    for name, theirs, gates in _programs():
        print(f"| {name} | {theirs} | {gates} | {_verdict([theirs], [gates])} |")

    print("\n| Bristol Fashion | | published | here | |")
    print("|---|---|---:|---:|---|")
    for file, expression, result, theirs in _PUBLISHED:
        row = Row(
            name=file,
            expression=expression,
            signed=result == "int64_t",
            result=result,
            theirs=(theirs,) * 3,
        )
        gates = _operation(row, 64).circuit.and_gates
        verdict = _verdict([theirs], [gates])
        print(f"| {file} | {expression} | {theirs} | {gates} | {verdict} |")

    print(f"\n{machine()}\n")
    print(
        "| program | AND | depth | a report, bytes | compile, ms | garble, ms "
        "| evaluate, ms |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in LIBRARY:
        print(_cost(name))


def _programs() -> Iterator[tuple[str, int, int]]:
    """Yield each program's name, CBMC-GC-2's gates and ours."""
    for task in _TASKS:
        yield task.name, task.theirs, compile_program(task.source).circuit.and_gates
    shipped = library_template("range").question
    for size, (listing, ordered) in _RANGE.items():
        widths = dict.fromkeys(shipped.widths, size)
        circuit = compile_program(shipped.source, widths).circuit
        yield f"the talk's range, {size} bits", listing, circuit.and_gates
        built_in = range_circuit(3, size)
        yield f"the built-in range question, {size} bits", ordered, built_in.and_gates


def _verdict(theirs: Sequence[int], ours: Sequence[int]) -> str:
    """Return whether ours are fewer, as many, or more at any size."""
    pairs = list(zip(theirs, ours, strict=True))
    if any(our > their for their, our in pairs):
        return "more"
    return "fewer" if any(our < their for their, our in pairs) else "equal"


def _operation(row: Row, size: int) -> Program:
    """Compile the row's operation as a function of inputs of one size."""
    kind = f"{'' if row.signed else 'u'}int{size}_t"
    kinds = {"a": kind, "b": kind, "c": row.c}
    names = sorted(set(re.findall(r"\b[abc]\b", row.expression)))
    result = row.result or kind
    return compile_program(
        f"{result} operation({', '.join(f'{kinds[name]} {name}' for name in names)})"
        f"{{ return {row.expression}; }}"
        f"void f({', '.join(f'{kinds[name]} INPUT_A_{name}' for name in names)})"
        f"{{ {result} OUTPUT_result = operation("
        f"{', '.join(f'INPUT_A_{name}' for name in names)}); }}"
    )


def results(*, quick: bool) -> Iterator[Result]:
    """Yield what the shipped programs cost, circuit alone, and to compile."""
    for name in LIBRARY:
        shipped = library_template(name).question
        program = shipped.program
        compiling = times_of(
            {"": lambda: compile_program(shipped.source, shipped.widths)},  # noqa: B023
            runs=3 if quick else 20,
        )[""]
        yield of_times(f"{name}: compile", compiling)
        times = _garbled(program, runs=30 if quick else 300)
        encrypting = times_of({"": partial(encrypt, program.circuit, 6)}, runs=20)[""]
        about = f"{program.circuit.and_gates} AND, {report_bytes(program)} bytes"
        yield of_times(
            f"{name}: garble and evaluate ({about})",
            [sum(pair) for pair in times],
            beside="AES of its gates",
            reference=statistics.median(encrypting) * 1e3,
        )


def _garbled(program: Program, *, runs: int) -> list[tuple[float, float]]:
    """Return the seconds of garbling and evaluating, on the same inputs again."""
    random = Random(1)  # noqa: S311
    values = {
        item.name: [random.getrandbits(item.width) for _ in range(item.count)]
        for item in (*program.household, *program.provider)
    }
    done = [run_garbled(program, values) for _ in range(runs)]
    return [(run.garbling, run.evaluating) for run in done]


def _cost(name: str) -> str:
    shipped = library_template(name).question
    program = shipped.program
    compiling, _ = median_time(
        lambda: compile_program(shipped.source, shipped.widths), runs=20
    )
    garbling, evaluating = map(
        statistics.median, zip(*_garbled(program, runs=300), strict=True)
    )
    return (
        f"| {name} | {program.circuit.and_gates} | {depth(program.circuit)} "
        f"| {report_bytes(program)} | {compiling * 1e3:.0f} | {garbling * 1e3:.2f} "
        f"| {evaluating * 1e3:.2f} |"
    )


if __name__ == "__main__":
    main()
