"""Runs a compiled program: in the clear, or garbled with both parties in one place.

The provider's input labels are handed over here, where the exchange has oblivious
transfer: this shows what a program does and costs, and keeps nothing from anybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import secrets
from time import perf_counter

from ..circuit import Circuit, bits_of, integer_of
from ..errors import Violation
from ..garbling import BLOCK_BYTES, evaluate, garble
from ..plan import report_length
from .errors import ProgramError
from .program import Input, Program
from .types import Array, Integer, Struct, Type

type Values = Mapping[str, Sequence[int]]
"""For each input its integers, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a garbled run gave: the outcome, and the seconds each party took."""

    outcome: dict[str, int]
    garbling: float
    evaluating: float


def evaluate_plain(program: Program, values: Values) -> dict[str, int]:
    """Return the outputs by name, computed in the clear.

    Raises:
        ProgramError: an input is missing, unknown, or doesn't fit its width.
    """
    given = circuit_values(program, values)
    return _outcome(program, program.circuit.evaluate(*given))


def run_garbled(program: Program, values: Values) -> Run:
    """Garble the program, evaluate it on the values, and decode what came out.

    Raises:
        ProgramError: an input is missing, unknown, or doesn't fit its width.
        Violation: the evaluation gave a label that stands for nothing.
    """
    circuit = program.circuit
    given = circuit_values(program, values)
    bits = b"".join(
        bits_of(value, width)
        for value, width in zip(given, circuit.inputs, strict=True)
    )
    # Each party works the layers out once, when the program is compiled.
    _ = circuit.layers
    start = perf_counter()
    key = secrets.token_bytes(BLOCK_BYTES)
    delta = secrets.randbits(8 * BLOCK_BYTES) | 1
    zeros = [secrets.randbits(8 * BLOCK_BYTES) for _ in bits]
    garbled = garble(circuit, key, delta, zeros)
    garbling = perf_counter() - start

    active = [zero ^ bit * delta for zero, bit in zip(zeros, bits, strict=True)]
    start = perf_counter()
    labels = evaluate(circuit, key, active, garbled.tables)
    evaluating = perf_counter() - start

    decoded = bytearray()
    for label, zero in zip(labels, garbled.outputs, strict=True):
        if label not in (zero, zero ^ delta):
            raise Violation("an output label that stands for nothing")
        decoded.append(label != zero)
    results, position = [], 0
    for width in circuit.outputs:
        results.append(integer_of(decoded[position : position + width]))
        position += width
    return Run(
        outcome=_outcome(program, results), garbling=garbling, evaluating=evaluating
    )


def report_bytes(program: Program) -> int:
    """Return the length of a report that asks this program."""
    provider_bits = sum(item.width * item.count for item in program.provider)
    return report_length(program.circuit, provider_bits)


def depth(circuit: Circuit) -> int:
    """Return the most AND gates on any way through a circuit."""
    return len(circuit.layers) - 1


def circuit_values(program: Program, values: Values) -> list[int]:
    """Return the circuit's input values, one for each party that has inputs.

    Raises:
        ProgramError: an input is missing, unknown, or doesn't fit its width.
    """
    names = {item.name for item in (*program.household, *program.provider)}
    if unknown := sorted(values.keys() - names):
        raise ProgramError(f"there is no input {unknown[0]}")
    result = []
    for party in (program.household, program.provider):
        bits = b"".join(_input_bits(item, values) for item in party)
        if bits:
            result.append(integer_of(bits))
    return result


def _input_bits(item: Input, values: Values) -> bytes:
    given = values.get(item.name)
    if given is None:
        raise ProgramError(f"{item.name} is missing")
    if len(given) != item.count:
        raise ProgramError(f"{item.name} takes {item.count} values, not {len(given)}")
    bits = b""
    for value, kind in zip(given, _integers(item.kind), strict=True):
        # An input that doesn't use its whole type is unsigned.
        signed = kind.signed and item.width == kind.bits
        least = -(1 << item.width - 1) if signed else 0
        most = least + (1 << item.width) - 1
        if not least <= value <= most:
            raise ProgramError(
                f"{item.name} can't be {value}", hint=f"It is from {least} to {most}."
            )
        bits += bits_of(value % (1 << item.width), item.width)
    return bits


def _outcome(program: Program, results: Sequence[int]) -> dict[str, int]:
    outcome = {}
    for output, value in zip(program.outputs, results, strict=True):
        negative = output.signed and value >> output.width - 1
        outcome[output.name] = value - (1 << output.width) if negative else value
    return outcome


def _integers(kind: Type) -> Iterator[Integer]:
    match kind:
        case Integer():
            yield kind
        case Array(element=element, length=length):
            for _ in range(length):
                yield from _integers(element)
        case Struct(fields=fields):
            for _, field in fields:
                yield from _integers(field)
