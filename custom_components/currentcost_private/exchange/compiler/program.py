"""A C program compiled to a circuit of two parties' inputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pycparser import c_ast

from ..builder import Signal
from ..circuit import Circuit
from ..errors import CircuitError
from .arithmetic import Arithmetic
from .errors import ProgramError
from .interpreter import Interpreter
from .memory import Data, parts
from .minimizing import MinimizingBuilder
from .names import Function
from .numbers import number
from .ranges import Range
from .source import parse, refuse
from .types import Integer, Type

HOUSEHOLD: Final = "INPUT_A_"
PROVIDER: Final = "INPUT_B_"
OUTPUT: Final = "OUTPUT_"


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter of the program: integers of `width` bits, one after the other."""

    name: str
    kind: Type
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class Output:
    """A result of the program: from `least` to `most`, in `width` bits."""

    name: str
    signed: bool
    width: int
    least: int
    most: int


@dataclass(frozen=True)
class Program:
    """A compiled program.

    Attributes:
        circuit: its input values are the household's bits and the provider's (one
            of them is left out where that party has no input), its output values
            the results.
        household: the household's inputs, in order of declaration.
        provider: the provider's inputs, in order of declaration.
        outputs: the results, in order of declaration.
    """

    circuit: Circuit
    household: tuple[Input, ...]
    provider: tuple[Input, ...]
    outputs: tuple[Output, ...]


def compile_program(source: str, widths: Mapping[str, int] | None = None) -> Program:
    """Compile a program; the same source and widths give the same circuit anywhere.

    The entry is the one function with parameters named INPUT_A_... (the household's)
    and INPUT_B_... (the provider's). Results are its variables named OUTPUT_....

    Args:
        source: C, in the subset that the documentation describes.
        widths: bits of inputs that don't use their whole type; they are unsigned.

    Raises:
        ProgramError: the program can't be compiled; says where and why.
    """
    try:
        return _Compilation(source, widths or {}).program()
    except RecursionError as err:
        raise ProgramError("the program is nested too deeply") from err


class _Compilation:
    """One run of the compiler."""

    def __init__(self, source: str, widths: Mapping[str, int]) -> None:
        self._widths = dict(widths)
        parsed = parse(source)
        # A first look at the declarations alone, for the sizes of the inputs.
        scout = Interpreter(parsed, Arithmetic(MinimizingBuilder(())))
        self._entry = _entry(scout)
        inputs = [
            self._input(parameter, scout.type_of(parameter.type))
            for parameter in self._entry.parameters
        ]
        if self._widths:
            raise ProgramError(f"there is no input {next(iter(self._widths))}")
        self._inputs = inputs
        self._household = tuple(i for i in inputs if i.name.startswith(HOUSEHOLD))
        self._provider = tuple(i for i in inputs if i.name.startswith(PROVIDER))
        sizes = [
            sum(i.width * i.count for i in party)
            for party in (self._household, self._provider)
        ]
        self._builder = MinimizingBuilder([size for size in sizes if size])
        self._interpreter = Interpreter(parsed, Arithmetic(self._builder))

    def program(self) -> Program:
        """Run the entry function and collect its outputs."""
        places = {}
        bits = {
            party: iter(signals)
            for party, signals in zip(
                [p for p in (self._household, self._provider) if p],
                self._builder.inputs,
                strict=True,
            )
        }
        for declared in self._inputs:
            party = self._household if declared in self._household else self._provider
            data = _take(declared.kind, declared.width, bits[party])
            places[declared.name] = self._interpreter.state.new_variable(
                declared.kind, data
            )
        try:
            results = self._interpreter.run_entry(self._entry, places, OUTPUT)
        except CircuitError as err:
            raise refuse(
                self._interpreter.last,
                str(err),
                "Does a loop run too often, or on wider numbers than it needs?",
            ) from err
        if not results:
            raise refuse(
                self._entry.node.decl,
                "the program has no result",
                "Name a variable OUTPUT_...",
            )
        # An output has a bit, even of a constant 0.
        words = [value.bits(max(1, value.range.width)) for _, value in results]
        outputs = tuple(
            Output(
                name, value.range.signed, len(word), value.range.least, value.range.most
            )
            for (name, value), word in zip(results, words, strict=True)
        )
        try:
            circuit = self._builder.build(words)
        except CircuitError as err:
            raise ProgramError(str(err)) from err
        return Program(circuit, self._household, self._provider, outputs)

    def _input(self, node: c_ast.Decl, kind: Type) -> Input:
        name = node.name or ""
        if not name.startswith((HOUSEHOLD, PROVIDER)):
            raise refuse(
                node,
                f"nobody gives {name}",
                f"Inputs are named {HOUSEHOLD}... (household) or {PROVIDER}... (provider).",
            )
        integers = list(_integers(kind))
        widest = min(integer.bits for integer in integers)
        width = self._widths.pop(name, None)
        if width is None:
            if len({integer.bits for integer in integers}) > 1:
                raise refuse(node, "the integers of an input need one width")
            width = widest
        if not 0 < width <= widest:
            raise refuse(node, f"{name} can't have {width} bits")
        return Input(name, kind, width, len(integers))


def _entry(interpreter: Interpreter) -> Function:
    found = [
        function
        for function in interpreter.functions
        if any("INPUT_" in (p.name or "") for p in function.parameters)
    ]
    if len(found) != 1:
        raise ProgramError(
            "there must be one function with inputs"
            if found
            else "there are no inputs",
            hint=f"Name the parameters of one function {HOUSEHOLD}... and {PROVIDER}...",
        )
    return found[0]


def _integers(kind: Type) -> Iterator[Integer]:
    if isinstance(kind, Integer):
        yield kind
    for part in parts(kind):
        yield from _integers(part)


def _take(kind: Type, width: int, bits: Iterator[Signal]) -> Data:
    """Return a value made of the next input bits."""
    if isinstance(kind, Integer):
        # What doesn't use its whole type is unsigned.
        signed = kind.signed and width == kind.bits
        word = [next(bits) for _ in range(width)]
        return number(word, Range.of_width(width, signed=signed))
    return tuple(_take(part, width, bits) for part in parts(kind))
