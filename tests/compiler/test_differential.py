"""Circuits compute what a C compiler's code does, on programs that nobody wrote.

PROGRAMS=5000 in the environment makes this a long test; PROGRAMS_SEED another one.
"""

import os
from pathlib import Path
from random import Random
from typing import Final

from currentcost_exchange import CircuitError
from currentcost_exchange.compiler import Program, ProgramError, compile_program
from hypothesis import given, strategies as st
import pytest

from ..exchange.garblers import garble_and_evaluate
from ..exchange.strategies import examples
from .generator import Generated, Generator, Parameter
from .reference import Row, evaluate, need_gcc, pack, run

PROGRAMS: Final = int(os.environ.get("PROGRAMS", "16"))
SEED: Final = int(os.environ.get("PROGRAMS_SEED", "1"))
BATCH: Final = 250
ROWS: Final = 6
# Programs of fewer gates are also garbled.
GARBLED: Final = 300


def rows_for(program: Generated, random: Random) -> list[Row]:
    """Return inputs at the edges of their types, then random ones."""
    return [
        [
            [_value(parameter, number, random) for _ in range(parameter.length or 1)]
            for parameter in program.inputs
        ]
        for number in range(ROWS)
    ]


def _value(parameter: Parameter, number: int, random: Random) -> int:
    low = -(1 << parameter.width - 1) if parameter.signed else 0
    high = low + (1 << parameter.width) - 1
    edges = [low, high, 0, high >> 1, min(1, high), max(low, -1)]
    if number < 3 or random.random() < 0.25:
        return random.choice(edges)
    if random.random() < 0.3:
        return random.randint(max(low, -20), min(high, 20))
    return random.randint(low, high)


def compiled_or_too_large(program: Generated) -> Program | None:
    """Return the compiled program, None if it goes beyond the compiler's bounds."""
    try:
        return compile_program(program.source, program.widths)
    except ProgramError as err:
        if isinstance(err.__cause__, CircuitError):
            return None
        raise


def differences(folder: Path, programs: list[Generated], random: Random) -> list[str]:
    """Return the programs whose circuits differ from gcc, with the inputs."""
    circuits = [compiled_or_too_large(program) for program in programs]
    cases = [(program, rows_for(program, random)) for program in programs]
    found: list[str] = []
    for (program, rows), expected, compiled in zip(
        cases, run(folder, cases), circuits, strict=True
    ):
        if compiled is None:
            continue
        found.extend(
            f"{program.source}\n{row}: {result}, gcc {wanted}"
            for row, wanted in zip(rows, expected, strict=True)
            if (result := evaluate(compiled, program, row)) != wanted
            or not in_bounds(compiled, result)
        )
        if len(compiled.circuit.gates) < GARBLED:
            given = pack(program, rows[0])
            plain = compiled.circuit.evaluate(*given)
            assert garble_and_evaluate(compiled.circuit, *given) == plain
    return found


def in_bounds(compiled: Program, result: tuple[int, ...]) -> bool:
    """Return whether each output, modulo 2**64, is in the range claimed for it."""
    return all(
        (value - output.least) % (1 << 64) <= output.most - output.least
        for output, value in zip(compiled.outputs, result, strict=True)
    )


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("batch", range(0, PROGRAMS, BATCH))
def test_random_programs(tmp_path: Path, batch: int) -> None:
    need_gcc()
    random = Random(SEED * 1_000_003 + batch)  # noqa: S311  # choices, not secrets
    count = min(BATCH, PROGRAMS - batch)
    programs = [Generator(random, f"p{n}").program() for n in range(count)]
    assert differences(tmp_path, programs, random) == []
    small = sum(compiled_or_too_large(program) is not None for program in programs)
    assert small > count / 2


@examples(3)
@given(random=st.randoms(use_true_random=False))
def test_a_program_that_can_shrink(
    tmp_path_factory: pytest.TempPathFactory, random: Random
) -> None:
    need_gcc()
    program = Generator(random).program()
    assert differences(tmp_path_factory.mktemp("c"), [program], random) == []
