"""AND gates of C programs beside CBMC-GC-2's, and what the shipped programs cost.

CBMC-GC-2 (2.0 alpha, on CBMC 5.7) was built and run with
`--minimization-time-limit 60`; the numbers are its non-XOR gates after minimization.
Ours are of the same C functions, compiled here and now.
"""

from dataclasses import dataclass
from random import Random
import re
import statistics
from typing import Final

from currentcost_exchange.compiler import Program, compile_program
from currentcost_exchange.compiler.running import depth, report_bytes, run_garbled
from currentcost_exchange.library import LIBRARY, library_template

from .timing import machine, median_time

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

# Of the talk's listing: at 32 bits, and at 17.
_RANGE: Final = ((32, 102), (17, 55))


def main() -> None:
    """Count, measure and print the tables."""
    print("| operation | CBMC-GC-2, 8 bits | 16 | 32 | here, 8 bits | 16 | 32 |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in _ROWS:
        ours = [_operation(row, size).circuit.and_gates for size in _SIZES]
        print(f"| {row.name} | {' | '.join(map(str, (*row.theirs, *ours)))} |")

    print("\n| the talk's range | CBMC-GC-2 | here |")
    print("|---|---:|---:|")
    shipped = library_template("range").question
    for size, theirs in _RANGE:
        widths = dict.fromkeys(shipped.widths, size)
        circuit = compile_program(shipped.source, widths).circuit
        print(f"| {size} bits | {theirs} | {circuit.and_gates} |")

    print(f"\n{machine()}\n")
    print(
        "| program | AND | depth | a report, bytes | compile, ms | garble, ms "
        "| evaluate, ms |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in LIBRARY:
        print(_cost(name))


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


def _cost(name: str) -> str:
    shipped = library_template(name).question
    program = shipped.program
    compiling, _ = median_time(
        lambda: compile_program(shipped.source, shipped.widths), runs=20
    )
    random = Random(1)  # noqa: S311  # the same inputs again
    values = {
        item.name: [random.getrandbits(item.width) for _ in range(item.count)]
        for item in (*program.household, *program.provider)
    }
    runs = [run_garbled(program, values) for _ in range(300)]
    garbling = statistics.median(run.garbling for run in runs)
    evaluating = statistics.median(run.evaluating for run in runs)
    return (
        f"| {name} | {program.circuit.and_gates} | {depth(program.circuit)} "
        f"| {report_bytes(program)} | {compiling * 1e3:.0f} | {garbling * 1e3:.2f} "
        f"| {evaluating * 1e3:.2f} |"
    )


if __name__ == "__main__":
    main()
