"""Garbling: the papers' formulas, gate by gate and on whole circuits."""

from collections import Counter
from collections.abc import Callable
from itertools import product
import secrets

from currentcost_exchange import garbling
from currentcost_exchange.circuit import Circuit, Gate, GateKind, bits_of
from currentcost_exchange.garbling import (
    evaluate,
    garble,
)
from currentcost_exchange.hashing import tmmo
from currentcost_exchange.programs import policy_circuit, range_circuit
from hypothesis import given, strategies as st
import pytest

from .garblers import (
    Secrets,
    decode,
    garble_and_evaluate,
    naive_garble,
)
from .strategies import circuits_with_values, examples

type Drawn = tuple[Circuit, tuple[int, ...]]


def input_bits(circuit: Circuit, values: tuple[int, ...]) -> bytes:
    return b"".join(map(bits_of, values, circuit.inputs, strict=True))


def output_bits(circuit: Circuit, values: tuple[int, ...]) -> list[int]:
    outputs = circuit.evaluate(*values)
    return list(b"".join(map(bits_of, outputs, circuit.outputs, strict=True)))


@pytest.mark.parametrize("kind", GateKind)
def test_truth_table_over_all_permute_bits(kind: GateKind) -> None:
    b = 0 if kind is GateKind.INV else 1
    circuit = Circuit((2,), (1,), 3, (Gate(kind, 0, b, 2),))
    for colours, x, y in product(product((0, 1), repeat=2), (0, 1), (0, 1)):
        made = Secrets(
            key=secrets.token_bytes(16),
            delta=secrets.randbits(128) | 1,
            zeros=[secrets.randbits(127) << 1 | colour for colour in colours],
        )
        garbled = garble(circuit, made.key, made.delta, made.zeros)
        bits = bytes((x, y))
        labels = evaluate(circuit, made.key, made.active(bits), garbled.tables)
        expected = {GateKind.XOR: x ^ y, GateKind.AND: x & y, GateKind.INV: 1 - x}
        assert decode(labels, garbled.outputs, made.delta) == [expected[kind]]


@examples(60)
@given(drawn=circuits_with_values())
def test_garbled_is_clear(drawn: Drawn) -> None:
    circuit, values = drawn
    assert garble_and_evaluate(circuit, *values) == circuit.evaluate(*values)


@examples(40)
@given(drawn=circuits_with_values())
def test_labels_and_tables_are_the_papers(drawn: Drawn) -> None:
    circuit, _ = drawn
    made = Secrets.new(circuit)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    assert (garbled.outputs, garbled.tables) == naive_garble(circuit, made)
    assert len(garbled.tables) == 32 * circuit.and_gates


@pytest.mark.parametrize(("count", "width"), [(1, 8), (3, 17), (15, 32)])
def test_circuits_of_the_exchange_are_the_papers(count: int, width: int) -> None:
    circuit = range_circuit(count, width)
    made = Secrets.new(circuit)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    assert (garbled.outputs, garbled.tables) == naive_garble(circuit, made)
    circuit = policy_circuit(count, width, 5)
    made = Secrets.new(circuit)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    assert (garbled.outputs, garbled.tables) == naive_garble(circuit, made)


def test_extreme_labels() -> None:
    # Lanes must not run into each other: all ones, all zeros, the least Delta.
    circuit = range_circuit(2, 6)
    for zero, delta in product((0, 2**128 - 1, 1, 2**127), (1, 2**128 - 1)):
        zeros = [zero] * circuit.input_bits
        made = Secrets(key=bytes(16), delta=delta, zeros=zeros)
        garbled = garble(circuit, made.key, delta, zeros)
        assert (garbled.outputs, garbled.tables) == naive_garble(circuit, made)
        bits = input_bits(circuit, (20, 10 | 30 << 6))
        labels = evaluate(circuit, made.key, made.active(bits), garbled.tables)
        assert decode(labels, garbled.outputs, delta) == [0, 1]


class Recorder:
    """Notes every label that is hashed with the tweak it is hashed under."""

    def __init__(
        self, function: Callable[[bytes], Callable[[int, int, int], int]]
    ) -> None:
        self._tmmo = function
        self.calls: list[tuple[int, int]] = []

    def __call__(self, key: bytes) -> Callable[[int, int, int], int]:
        hash_lanes = self._tmmo(key)

        def record(blocks: int, size: int, tweaks: int) -> int:
            for lane in range(size // 16):
                shift = 128 * lane
                mask = (1 << 128) - 1
                self.calls.append((blocks >> shift & mask, tweaks >> shift & mask))
            return hash_lanes(blocks, size, tweaks)

        return record


def test_two_tweaks_a_gate_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmmo)
    monkeypatch.setattr(garbling, "tmmo", recorder)
    circuit = range_circuit(3, 17)
    made = Secrets.new(circuit)
    garbled = garble(circuit, made.key, made.delta, made.zeros)

    calls, recorder.calls = recorder.calls, []
    assert len(calls) == 4 * 51
    assert Counter(tweak for _, tweak in calls) == dict.fromkeys(range(2 * 51), 2)
    for tweak in range(2 * 51):
        one, other = (label for label, used in calls if used == tweak)
        assert one ^ other == made.delta

    bits = input_bits(circuit, (2000, 1 | 2 << 17 | 3 << 34))
    evaluate(circuit, made.key, made.active(bits), garbled.tables)
    assert sorted(tweak for _, tweak in recorder.calls) == list(range(2 * 51))
    # The evaluator hashes one of the two labels that the garbler hashed.
    assert set(recorder.calls) < set(calls)


@examples(60)
@given(drawn=circuits_with_values(), data=st.data())
def test_tampered_tables_never_flip_an_output(
    drawn: Drawn, data: st.DataObject
) -> None:
    circuit, values = drawn
    if not circuit.and_gates:
        return
    made = Secrets.new(circuit)
    bits = input_bits(circuit, values)
    expected = output_bits(circuit, values)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    position = data.draw(st.integers(0, len(garbled.tables) - 1))
    tables = bytearray(garbled.tables)
    tables[position] ^= data.draw(st.integers(1, 255))
    labels = evaluate(circuit, made.key, made.active(bits), bytes(tables))
    found = decode(labels, garbled.outputs, made.delta)
    # Where the change is felt the label is neither of the two: the right one and
    # the other one together would give Delta away.
    for bit, right in zip(found, expected, strict=True):
        assert bit in {right, None}


def test_a_label_that_is_wrong_gives_no_output() -> None:
    circuit = range_circuit(3, 17)
    made = Secrets.new(circuit)
    bits = input_bits(circuit, (2000, 512 | 2000 << 17 | 51437 << 34))
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    for wire in range(circuit.input_bits):
        active = made.active(bits)
        active[wire] = secrets.randbits(128)
        labels = evaluate(circuit, made.key, active, garbled.tables)
        found = decode(labels, garbled.outputs, made.delta)
        assert None in found
        assert all(
            bit in {right, None} for bit, right in zip(found, (0, 1), strict=True)
        )


def test_no_pass_label_without_each_input_label() -> None:
    # What binds the provider to a seed for each bit: with any one input label
    # unknown, the output label of its own passing thresholds is not found.
    circuit = policy_circuit(3, 17, 100)
    for values in ((512, 2000, 51437), (100, 200, 300), (2**16, 2**16 + 100, 130_970)):
        bits = input_bits(circuit, (sum(t << 17 * i for i, t in enumerate(values)),))
        made = Secrets.new(circuit)
        garbled = garble(circuit, made.key, made.delta, made.zeros)
        passed = garbled.outputs[0] ^ made.delta
        for wire in range(circuit.input_bits):
            active = made.active(bits)
            assert evaluate(circuit, made.key, active, garbled.tables) == [passed]
            active[wire] = secrets.randbits(128)
            assert evaluate(circuit, made.key, active, garbled.tables) != [passed]
