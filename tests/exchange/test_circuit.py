"""Circuits refuse what can't be evaluated, and evaluate the rest."""

from currentcost_exchange import CircuitError
from currentcost_exchange.circuit import (
    MAX_WIRES,
    Circuit,
    Gate,
    GateKind,
    bits_of,
    integer_of,
)
from hypothesis import given, strategies as st
import pytest

from .strategies import circuits_with_values, examples

XOR, AND, INV = GateKind


def test_half_adder() -> None:
    circuit = Circuit((1, 1), (1, 1), 4, (Gate(XOR, 0, 1, 2), Gate(AND, 0, 1, 3)))
    table = [circuit.evaluate(a, b) for a in (0, 1) for b in (0, 1)]
    assert table == [(0, 0), (1, 0), (1, 0), (0, 1)]
    assert circuit.and_gates == 1
    assert circuit.input_bits == 2
    assert circuit.output_wires == range(2, 4)


def test_values_are_least_significant_bit_first() -> None:
    circuit = Circuit((3,), (3,), 6, tuple(Gate(INV, i, i, i + 3) for i in range(3)))
    assert circuit.evaluate(0b001) == (0b110,)


def test_outputs_may_be_inputs() -> None:
    assert Circuit((2, 3), (4,), 5, ()).evaluate(0b10, 0b101) == (0b1011,)


@pytest.mark.parametrize(
    ("inputs", "outputs", "wires", "gates", "message"),
    [
        ((MAX_WIRES + 1,), (1,), MAX_WIRES + 1, (), "too large"),
        ((0,), (1,), 0, (), "no bits"),
        ((1, -1), (1,), 0, (), "no bits"),
        ((1,), (0,), 1, (), "no bits"),
        ((1,), (1,), 2, (), "each wire"),
        ((2,), (1,), 2, (Gate(XOR, 0, 1, 1),), "each wire"),
        ((1,), (2,), 1, (), "more output bits"),
        ((1,), (1,), 2, (Gate(XOR, 0, 2, 1),), "does not exist"),
        ((1,), (1,), 2, (Gate(XOR, 2, 0, 1),), "does not exist"),
        ((1,), (1,), 2, (Gate(XOR, 0, 0, 2),), "does not exist"),
        ((1,), (1,), 2, (Gate(XOR, -1, 0, 1),), "does not exist"),
        ((1,), (1,), 2, (Gate(XOR, 0, 0, -1),), "does not exist"),
        ((1,), (1,), 2, (Gate(XOR, 0, 1, 1),), "before it is assigned"),
        ((1,), (1,), 3, (Gate(XOR, 0, 2, 1), Gate(XOR, 0, 0, 2)), "before"),
        ((1,), (1,), 3, (Gate(XOR, 0, 0, 1), Gate(XOR, 0, 0, 1)), "assigned twice"),
        ((2,), (1,), 3, (Gate(XOR, 0, 0, 1),), "assigned twice"),
    ],
)
def test_broken_circuits(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    wires: int,
    gates: tuple[Gate, ...],
    message: str,
) -> None:
    with pytest.raises(CircuitError, match=message):
        Circuit(inputs, outputs, wires, gates)


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 3), (4, 0), (0, 8), (-1, 0)])
def test_values_that_do_not_fit(values: tuple[int, ...]) -> None:
    with pytest.raises(CircuitError):
        Circuit((2, 3), (1,), 5, ()).evaluate(*values)


@given(number=st.integers(0, 2**40 - 1))
def test_bits_and_integers(number: int) -> None:
    assert integer_of(bits_of(number, 40)) == number
    assert set(bits_of(number, 40)) <= {0, 1}


@pytest.mark.parametrize("number", [-1, 8])
def test_bits_of_what_does_not_fit(number: int) -> None:
    with pytest.raises(CircuitError):
        bits_of(number, 3)


@examples(60)
@given(drawn=circuits_with_values())
def test_layers_are_the_circuit_in_another_order(
    drawn: tuple[Circuit, tuple[int, ...]],
) -> None:
    circuit, values = drawn
    wires: list[int | None] = [None] * circuit.wires + [1]
    bits = b"".join(map(bits_of, values, circuit.inputs, strict=True))
    wires[: len(bits)] = bits
    ands = 0
    for layer in circuit.layers:
        for a, b, out in layer.free:
            left, right = wires[a], wires[b]
            assert left is not None
            assert right is not None
            assert wires[out] is None
            wires[out] = left ^ right
        # All of a layer's ANDs are ready before the first of them is worked on.
        pairs = [
            (wires[a], wires[b])
            for a, b in zip(layer.firsts, layer.seconds, strict=True)
        ]
        for out, (left, right) in zip(layer.outs, pairs, strict=True):
            assert left is not None
            assert right is not None
            wires[out] = left & right
            ands += 1
    assert ands == circuit.and_gates
    output = bytes(
        bit for bit in wires[circuit.output_wires.start : -1] if bit in {0, 1}
    )
    flat = b"".join(
        map(bits_of, circuit.evaluate(*values), circuit.outputs, strict=True)
    )
    assert output == flat
