"""Circuits as text in Bristol Fashion, the format of the field's tools.

The first line counts gates and wires, the second and third give the widths of
input and output values; then a gate a line, such as `2 1 5 6 9 AND`. Described at
https://nigelsmart.github.io/MPC-Circuits/. Written here are XOR, AND and INV; read
are also EQW (a copy) and EQ (a constant), which become wires of the builder.
"""

from typing import Final

from .builder import ONE, ZERO, CircuitBuilder, Signal
from .circuit import MAX_WIRES, Circuit, GateKind
from .errors import CircuitError

_MAX_TEXT: Final = 64 * MAX_WIRES


def write_bristol(circuit: Circuit) -> str:
    """Return the circuit's text."""
    lines = [
        f"{len(circuit.gates)} {circuit.wires}",
        " ".join(map(str, (len(circuit.inputs), *circuit.inputs))),
        " ".join(map(str, (len(circuit.outputs), *circuit.outputs))),
        "",
    ]
    for kind, a, b, out in circuit.gates:
        if kind is GateKind.INV:
            lines.append(f"1 1 {a} {out} INV")
        else:
            lines.append(f"2 1 {a} {b} {out} {kind.name}")
    return "\n".join(lines) + "\n"


def read_bristol(text: str) -> Circuit:
    """Build the circuit that the text describes.

    Raises:
        CircuitError: not Bristol Fashion, or beyond the limits; names the line.
    """
    if len(text) > _MAX_TEXT:
        raise CircuitError("circuit too large")
    lines = [
        (number, words)
        for number, line in enumerate(text.splitlines(), 1)
        if (words := line.split())
    ]
    if len(lines) < 3:  # the three lines of the header
        raise CircuitError("the header of Bristol Fashion is missing")
    gates, wires = _numbers(*lines[0], count=2)
    inputs = _widths(*lines[1])
    outputs = _widths(*lines[2])
    if wires > MAX_WIRES or sum(inputs) > wires or sum(outputs) > wires:
        raise CircuitError("circuit too large, or wires that do not add up")
    if len(lines) - 3 != gates:
        raise CircuitError(f"{gates} gates announced, {len(lines) - 3} found")

    builder = CircuitBuilder(inputs)
    signals: list[Signal | None] = [None] * wires
    signals[: sum(inputs)] = [signal for value in builder.inputs for signal in value]
    for number, words in lines[3:]:
        out, signal = _gate(builder, signals, number, words)
        if signals[out] is not None:
            raise CircuitError(f"line {number}: wire {out} is assigned twice")
        signals[out] = signal

    position = wires - sum(outputs)
    values = []
    for width in outputs:
        value = signals[position : position + width]
        values.append([_assigned(signal, "an output") for signal in value])
        position += width
    return builder.build(values)


def _gate(
    builder: CircuitBuilder,
    signals: list[Signal | None],
    number: int,
    words: list[str],
) -> tuple[int, Signal]:
    """Build one gate; return its output wire and signal."""
    *fields, name = words
    operands = {"XOR": 2, "AND": 2, "INV": 1, "EQW": 1, "EQ": 1}.get(name)
    if operands is None:
        raise CircuitError(f"line {number}: unknown gate {name[:16]!r}")
    fan_in, fan_out, *rest = _numbers(number, fields, count=operands + 3)
    if (fan_in, fan_out) != (operands, 1):
        raise CircuitError(f"line {number}: {name} takes {operands} wires and gives 1")
    *sources, out = rest
    if name == "EQ":
        sources, constant = [], sources[0]
        if constant not in (0, 1):
            raise CircuitError(f"line {number}: a constant is 0 or 1")
    if max(rest[-1:] + sources) >= len(signals):
        raise CircuitError(f"line {number}: a wire that does not exist")
    values = [_assigned(signals[wire], f"line {number}: wire") for wire in sources]
    match name:
        case "XOR":
            return out, builder.xor(*values)
        case "AND":
            return out, builder.and_(*values)
        case "INV":
            return out, builder.inv(*values)
        case "EQW":
            return out, values[0]
    return out, ONE if constant else ZERO


def _assigned(signal: Signal | None, what: str) -> Signal:
    if signal is None:
        raise CircuitError(f"{what} is read before it is assigned")
    return signal


def _widths(number: int, words: list[str]) -> tuple[int, ...]:
    count, *widths = _numbers(number, words)
    if count != len(widths) or min(widths, default=1) < 1:
        raise CircuitError(f"line {number}: {count} widths announced")
    return tuple(widths)


def _numbers(
    number: int, words: list[str], *, count: int | None = None
) -> tuple[int, ...]:
    if count is not None and len(words) != count:
        raise CircuitError(f"line {number}: {count} numbers are needed")
    # Bounded before conversion: long digits are slow to convert.
    if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise CircuitError(f"line {number}: not a number")
    return tuple(map(int, words))
