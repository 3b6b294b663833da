"""The range question and its policy say what the plain rules say."""

from itertools import pairwise

from currentcost_exchange import bucket_of
from currentcost_exchange.circuit import bits_of, integer_of
from currentcost_exchange.programs import policy_circuit, range_circuit
from hypothesis import given, strategies as st
from hypothesis.strategies import DrawFn
import pytest

from .strategies import examples


def joined(values: list[int], width: int) -> int:
    """Return the provider's input value: t1 in the lowest bits."""
    return integer_of(b"".join(bits_of(value, width) for value in values))


def keeps_promise(values: list[int], width: int, minimum: int) -> bool:
    """Return the policy's plain rule."""
    limits = [0, *values, 2**width - 2]
    return all(b - a >= minimum for a, b in pairwise(limits))


@st.composite
def questions(draw: DrawFn) -> tuple[int, list[int]]:
    """Draw a width and ordered thresholds."""
    width = draw(st.integers(5, 32))
    largest = 2**width - 2
    values = draw(st.lists(st.integers(0, largest), min_size=1, max_size=15))
    return width, sorted(values)


@examples(120)
@given(question=questions(), data=st.data())
def test_bucket(question: tuple[int, list[int]], data: st.DataObject) -> None:
    width, values = question
    top = 2**width - 1
    circuit = range_circuit(len(values), width)
    thresholds = joined(values, width)
    drawn = data.draw(st.lists(st.integers(0, top), max_size=3))
    edges = [0, 1, top - 1, top, *values, *(value + 1 for value in values)]
    for x in drawn + edges:
        assert circuit.evaluate(x, thresholds) == (bucket_of(x, values),)
    assert circuit.and_gates == len(values) * width


@pytest.mark.parametrize("count", range(1, 16))
def test_every_number_of_thresholds_has_every_bucket(count: int) -> None:
    values = [10 * (i + 1) for i in range(count)]
    circuit = range_circuit(count, 8)
    found = [circuit.evaluate(x, joined(values, 8))[0] for x in range(256)]
    assert found == [bucket_of(x, values) for x in range(256)]
    assert set(found) == set(range(count + 1))
    assert circuit.outputs == (count.bit_length(),)


@pytest.mark.parametrize(("width", "gates"), [(17, 51), (32, 96)])
def test_gates_of_three_thresholds(width: int, gates: int) -> None:
    assert range_circuit(3, width).and_gates == gates


@pytest.mark.parametrize(
    ("x", "bucket"),
    [(0, 1), (512, 1), (513, 2), (2000, 2), (2001, 3), (9000, 3), (9001, 0)],
)
def test_edges_belong_to_the_lower_bucket(x: int, bucket: int) -> None:
    assert bucket_of(x, (512, 2000, 9000)) == bucket
    assert range_circuit(3, 17).evaluate(x, joined([512, 2000, 9000], 17)) == (bucket,)


@st.composite
def policies(draw: DrawFn) -> tuple[int, int, list[int]]:
    """Draw a width, a minimum and thresholds that come near to keeping it."""
    width, count = draw(st.integers(8, 32)), draw(st.integers(1, 6))
    top = 2**width - 1
    minimum = draw(st.integers(1, (top - 1) // (count + 1)))
    value, values = 0, []
    slack = st.one_of(st.integers(-1, 1), st.integers(0, top // 4))
    for _ in range(count):
        value = min(max(value + minimum + draw(slack), 0), top)
        values.append(value)
    if draw(st.booleans()):
        values = draw(st.permutations(values))
    return width, minimum, values


@examples(300)
@given(policy=policies())
def test_policy(policy: tuple[int, int, list[int]]) -> None:
    width, minimum, values = policy
    circuit = policy_circuit(len(values), width, minimum)
    passed = keeps_promise(values, width, minimum)
    assert circuit.evaluate(joined(values, width)) == (passed,)


@pytest.mark.parametrize(
    ("values", "passes"),
    [
        ([100, 200, 300], True),
        ([99, 200, 300], False),
        ([0, 200, 300], False),
        ([100, 199, 300], False),
        ([100, 200, 299], False),
        ([200, 100, 300], False),
        ([100, 300, 200], False),
        ([200, 200, 200], False),
        ([100, 200, 2**17 - 2 - 100], True),
        ([100, 200, 2**17 - 1 - 100], False),
        ([100, 200, 2**17 - 1], False),
        ([2**17 - 1, 2**17 - 1, 2**17 - 1], False),
    ],
)
def test_policy_at_its_edges(values: list[int], passes: bool) -> None:  # noqa: FBT001  # a column of the table
    circuit = policy_circuit(3, 17, 100)
    assert circuit.evaluate(joined(values, 17)) == (passes,)
    assert keeps_promise(values, 17, 100) == passes


@pytest.mark.parametrize(("count", "width", "minimum"), [(3, 17, 100), (2, 8, 1)])
def test_every_provider_bit_matters_to_the_policy(
    count: int, width: int, minimum: int
) -> None:
    circuit = policy_circuit(count, width, minimum)
    for index in range(count):
        for bit in range(width):
            # The smallest threshold that it may be with this bit set (for the first
            # one: clear), its neighbours as near as they may be. With the bit the
            # other way it comes too near to the one below (the first: above).
            value = next(
                number
                for number in range((index + 1) * minimum, 2**width)
                if number >> bit & 1 == (index > 0)
            )
            values = [value + (i - index) * minimum for i in range(count)]
            assert circuit.evaluate(joined(values, width)) == (1,)
            values[index] ^= 1 << bit
            assert circuit.evaluate(joined(values, width)) == (0,)
