"""Bristol Fashion in and out, and what it says of a text that is not."""

from currentcost_exchange import CircuitError
from currentcost_exchange.bristol import read_bristol, write_bristol
from currentcost_exchange.circuit import MAX_WIRES, Circuit, Gate, GateKind
from currentcost_exchange.programs import range_circuit
from hypothesis import given, strategies as st
import pytest

from .strategies import circuits_with_values, examples

HALF_ADDER = """\
2 4
2 1 1
2 1 1

2 1 0 1 2 XOR
2 1 0 1 3 AND
"""


def test_known_text() -> None:
    circuit = Circuit(
        (1, 1),
        (1, 1),
        4,
        (Gate(GateKind.XOR, 0, 1, 2), Gate(GateKind.AND, 0, 1, 3)),
    )
    assert read_bristol(HALF_ADDER) == circuit
    assert write_bristol(circuit) == HALF_ADDER


def test_the_range_question_survives() -> None:
    circuit = range_circuit(3, 17)
    again = read_bristol(write_bristol(circuit))
    assert again.and_gates == circuit.and_gates == 51
    assert read_bristol(write_bristol(again)) == again
    assert again.evaluate(1500, 1000 | 2000 << 17 | 3000 << 34) == (2,)


@examples(60)
@given(drawn=circuits_with_values())
def test_any_circuit_survives(drawn: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, values = drawn
    again = read_bristol(write_bristol(circuit))
    assert (again.inputs, again.outputs) == (circuit.inputs, circuit.outputs)
    assert again.and_gates <= circuit.and_gates
    assert again.evaluate(*values) == circuit.evaluate(*values)


def test_copies_and_constants() -> None:
    circuit = read_bristol("""
        5 7
        1 2
        3 1 1 2

        1 1 1 2 EQ
        1 1 0 3 EQW
        2 1 2 3 4 XOR
        1 1 4 5 EQW
        1 1 0 6 EQ""")
    # The constant 1; NOT of the first bit; a constant 0 above it.
    assert circuit.evaluate(0b00) == circuit.evaluate(0b10) == (0, 1, 1)
    assert circuit.evaluate(0b01) == (1, 0, 0)
    assert circuit.and_gates == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("", ""), "header"),
        (("2 4\n", "2\n"), "line 1: 2 numbers"),
        (("2 4\n", "2 4 4\n"), "line 1: 2 numbers"),
        (("2 4\n", "2 x\n"), "line 1: not a number"),
        (("2 4\n", "2 -4\n"), "line 1: not a number"),
        (("2 4\n", "2 ٤\n"), "line 1: not a number"),
        (("2 4\n", f"2 {'9' * 10}\n"), "line 1: not a number"),
        (("2 4\n", f"2 {MAX_WIRES + 1}\n"), "too large"),
        (("2 4\n", "2 1\n"), "do not add up"),
        (("2 4\n", "3 4\n"), "3 gates announced, 2 found"),
        (("2 4\n", "1 4\n"), "1 gates announced, 2 found"),
        (("2 4\n", "2 5\n"), "an output is read before it is assigned"),
        (("2 1 1\n2 1 1", "2 1\n2 1 1"), "line 2: 2 widths announced"),
        (("2 1 1\n2 1 1", "2 1 0\n2 1 1"), "line 2: 2 widths announced"),
        (("2 1 1\n2 1 1", "2 1 1\n1 1 1"), "line 3: 1 widths announced"),
        (("2 1 1\n2 1 1", "2 1 1\n2 1 4"), "do not add up"),
        (("2 1 0 1 2 XOR", "2 1 0 1 2 OR"), "line 5: unknown gate 'OR'"),
        (("2 1 0 1 2 XOR", "2 1 0 1 2 " + "Z" * 99), f"unknown gate '{'Z' * 16}'"),
        (("2 1 0 1 2 XOR", "2 1 0 1 XOR"), "line 5: 5 numbers"),
        (("2 1 0 1 2 XOR", "1 1 0 1 2 XOR"), "line 5: XOR takes 2 wires"),
        (("2 1 0 1 2 XOR", "2 2 0 1 2 XOR"), "line 5: XOR takes 2 wires"),
        (("2 1 0 1 2 XOR", "1 1 0 1 2 INV"), "line 5: 4 numbers"),
        (("2 1 0 1 2 XOR", "2 1 0 2 INV"), "line 5: INV takes 1 wires"),
        (("2 1 0 1 2 XOR", "1 1 2 2 EQ"), "line 5: a constant is 0 or 1"),
        (("2 1 0 1 2 XOR", "2 1 0 4 2 XOR"), "line 5: a wire that does not exist"),
        (("2 1 0 1 2 XOR", "2 1 0 1 4 XOR"), "line 5: a wire that does not exist"),
        (("2 1 0 1 2 XOR", "2 1 0 3 2 XOR"), "line 5: wire is read before"),
        (("2 1 0 1 2 XOR", "2 1 0 2 2 XOR"), "line 5: wire is read before"),
        (("2 1 0 1 3 AND", "2 1 0 1 2 AND"), "line 6: wire 2 is assigned twice"),
        (("2 1 0 1 3 AND", "2 1 0 1 1 AND"), "line 6: wire 1 is assigned twice"),
    ],
)
def test_faults_are_named(change: tuple[str, str], message: str) -> None:
    old, new = change
    text = HALF_ADDER.replace(old, new) if old else new
    with pytest.raises(CircuitError, match=message):
        read_bristol(text)


def test_text_beyond_the_limit() -> None:
    with pytest.raises(CircuitError, match="too large"):
        read_bristol(" " * (64 * MAX_WIRES + 1))


def test_a_constant_without_any_wire() -> None:
    with pytest.raises(CircuitError, match="needs an input"):
        read_bristol("1 1\n0\n1 1\n\n1 1 1 0 EQ\n")


@examples(150)
@given(
    position=st.integers(0, len(HALF_ADDER) - 1),
    text=st.text("0123456789 \nXORANDIVEQW-.x", max_size=6),
    length=st.integers(0, 8),
)
def test_any_damage_is_a_circuit_error(position: int, text: str, length: int) -> None:
    damaged = HALF_ADDER[:position] + text + HALF_ADDER[position + length :]
    try:
        circuit = read_bristol(damaged)
    except CircuitError:
        return
    assert circuit.evaluate(*(0 for _ in circuit.inputs)) is not None
