"""What a C compiler makes of programs, to compare circuits with."""

from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import subprocess
from typing import Final

from currentcost_exchange.compiler import Program
import pytest

from .generator import Generated

_MASK: Final = (1 << 64) - 1

type Row = Sequence[Sequence[int]]
"""The values of each input; a single one for an input that is no array."""


def need_gcc() -> None:
    """Skip where there is no C compiler; where everything must run, fail."""
    if shutil.which("gcc") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gcc is needed to compare circuits with")
        pytest.skip("gcc is not installed: nothing to compare circuits with")


def run(
    folder: Path, programs: Sequence[tuple[Generated, Sequence[Row]]]
) -> list[list[tuple[int, ...]]]:
    """Return the outputs of each program on each row, modulo 2**64."""
    lines = ["#include <stdint.h>", "#include <stdio.h>"]
    calls = []
    for program, rows in programs:
        lines.extend(_wrapped(program))
        calls.append(f"static void {program.name}_all(void) {{")
        for row in rows:
            calls.append("    {")
            given = []
            for parameter, values in zip(program.inputs, row, strict=True):
                text = ", ".join(f"({parameter.kind}){v & _MASK}u" for v in values)
                variable = parameter.name.lower()
                calls.append(f"        {parameter.kind} {variable}[] = {{ {text} }};")
                first = "" if parameter.length else "[0]"
                given.append(f"{variable}{first}")
            calls.append(f"        {program.name}_main({', '.join(given)});")
            calls.append("    }")
        calls.append("}")
    calls.append("int main(void) {")
    calls.extend(f"    {program.name}_all();" for program, _ in programs)
    calls.append("    return 0; }")
    source, binary = folder / "all.c", folder / "all"
    source.write_text("\n".join(lines + calls))
    subprocess.run(  # noqa: S603  # our own text
        ["gcc", "-O1", "-fwrapv", "-std=c17", "-w", "-o", binary, source],  # noqa: S607
        check=True,
    )
    done = subprocess.run([binary], check=True, capture_output=True, text=True)  # noqa: S603
    printed = iter(done.stdout.splitlines())
    return [
        [tuple(int(word, 16) for word in next(printed).split()) for _ in rows]
        for _, rows in programs
    ]


def _wrapped(program: Generated) -> list[str]:
    """Return a program's lines, its entry printing its outputs at the end."""
    before, entry, body = program.text.partition(f"void {program.name}_main(")
    body = body.replace("return;", "goto done;")
    shown = "".join(
        f'printf("%llx ", (unsigned long long){name});' for name in program.outputs
    )
    return [before, entry + body, f'done: {shown} printf("\\n"); }}']


def evaluate(compiled: Program, generated: Generated, row: Row) -> tuple[int, ...]:
    """Return a circuit's outputs on a row, modulo 2**64."""
    return outputs_of(compiled, compiled.circuit.evaluate(*pack(generated, row)))


def pack(generated: Generated, row: Row) -> list[int]:
    """Return the two parties' input values."""
    values = []
    for party in "AB":
        total = position = 0
        for parameter, given in zip(generated.inputs, row, strict=True):
            if not parameter.name.startswith(f"INPUT_{party}_"):
                continue
            for value in given:
                total |= (value & (1 << parameter.width) - 1) << position
                position += parameter.width
        values.append(total)
    return values


def outputs_of(compiled: Program, values: Sequence[int]) -> tuple[int, ...]:
    """Return a circuit's output values as C would convert them to 64 bits."""
    results = []
    for output, value in zip(compiled.outputs, values, strict=True):
        negative = output.signed and value >> output.width - 1
        results.append((value - (1 << output.width) if negative else value) & _MASK)
    return tuple(results)
