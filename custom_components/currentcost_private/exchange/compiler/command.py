"""The command `currentcost-program`: compile C programs, count gates, run them."""

from collections import Counter
from dataclasses import asdict
import json
from typing import Annotated, Any, NoReturn

import typer

from ..bristol import write_bristol
from ..circuit import GateKind
from ..errors import ExchangeError
from .errors import ProgramError
from .program import Input, Program, compile_program
from .running import depth, evaluate_plain, report_bytes, run_garbled

File = Annotated[
    typer.FileBinaryRead, typer.Argument(metavar="FILE.c", help="C; - = input.")
]
Widths = Annotated[
    list[str] | None,
    typer.Option(
        "--width",
        metavar="NAME=BITS",
        help="Bits of an input that doesn't need its whole type; it is unsigned then."
        " Once for each such input.",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...",
        help="The inputs, such as INPUT_A_x=518; an array's are joined by commas.",
    ),
]

app = typer.Typer(
    add_completion=False,
    help="Programs in C: compile them to circuits, count gates, run them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command."""
    app()


@app.command()
def compile(  # noqa: A001  # the sub-command's name
    file: File,
    *,
    width: Widths = None,
    output: Annotated[
        typer.FileTextWrite,
        typer.Option(
            "--output", "-o", lazy=True, help="Where to write it; - = output."
        ),
    ] = "-",  # type: ignore[assignment]  # typer opens it
) -> None:
    """Write the circuit in Bristol Fashion."""
    text = write_bristol(_compiled(file, width).circuit)
    with output:
        output.write(text)


@app.command()
def gates(file: File, *, width: Widths = None) -> None:
    """Print what the circuit costs: gates, depth, bytes a report, as JSON."""
    program = _compiled(file, width)
    kinds = Counter(gate.kind for gate in program.circuit.gates)
    _print(
        {
            "and": kinds[GateKind.AND],
            "xor": kinds[GateKind.XOR],
            "inv": kinds[GateKind.INV],
            "depth": depth(program.circuit),
            "household": _described(program.household),
            "provider": _described(program.provider),
            "outputs": [asdict(item) for item in program.outputs],
            "report_bytes": report_bytes(program),
        }
    )


@app.command()
def evaluate(file: File, values: Given = None, *, width: Widths = None) -> None:
    """Evaluate the circuit in the clear; print the outputs as JSON."""
    program = _compiled(file, width)
    try:
        _print(evaluate_plain(program, _values(values)))
    except ExchangeError as err:
        _fail(file.name, err)


@app.command()
def run(file: File, values: Given = None, *, width: Widths = None) -> None:
    """Garble the circuit and evaluate it, both parties here; print JSON.

    Fails where the outcome is not that of the evaluation in the clear.
    """
    program = _compiled(file, width)
    try:
        given = _values(values)
        plain = evaluate_plain(program, given)
        garbled = run_garbled(program, given)
    except ExchangeError as err:
        _fail(file.name, err)
    _print(
        {
            "outcome": garbled.outcome,
            "equals_plain": garbled.outcome == plain,
            "report_bytes": report_bytes(program),
            "garble_ms": round(garbled.garbling * 1e3, 3),
            "evaluate_ms": round(garbled.evaluating * 1e3, 3),
        }
    )
    if garbled.outcome != plain:
        raise typer.Exit(1)


def _compiled(file: typer.FileBinaryRead, widths: list[str] | None) -> Program:
    # What is no text gets characters that the compiler refuses.
    source = file.read().decode(errors="replace")
    try:
        return compile_program(source, dict(map(_width, widths or ())))
    except ExchangeError as err:
        _fail(file.name, err, source)


def _width(text: str) -> tuple[str, int]:
    name, _, bits = text.partition("=")
    # Four digits are more than any width has, and quick to convert.
    if not (bits.isascii() and bits.isdigit() and len(bits) <= 4):
        raise ProgramError(
            f"--width {text} is not understood", hint="Such as --width INPUT_A_x=17."
        )
    return name, int(bits)


def _values(texts: list[str] | None) -> dict[str, list[int]]:
    values = {}
    for text in texts or ():
        name, _, numbers = text.partition("=")
        try:
            given = [int(number) for number in numbers.split(",")]
        except ValueError as err:
            raise ProgramError(
                f"{text} is not understood",
                hint="Such as INPUT_A_x=518, or INPUT_A_x=1,2,3 for an array.",
            ) from err
        if name in values:
            raise ProgramError(f"{name} is given twice")
        values[name] = given
    return values


def _described(party: tuple[Input, ...]) -> list[dict[str, Any]]:
    return [
        {"name": item.name, "width": item.width, "count": item.count} for item in party
    ]


def _print(answer: dict[str, Any]) -> None:
    typer.echo(json.dumps(answer, indent=2))


def _fail(name: str, err: ExchangeError, source: str = "") -> NoReturn:
    shown = (
        err.show(name, source)
        if isinstance(err, ProgramError)
        else f"{name}: error: {err}"
    )
    typer.echo(shown, err=True)
    raise typer.Exit(1)
