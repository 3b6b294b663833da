"""What hypothesis draws: circuits and inputs for them."""

from random import Random

from currentcost_exchange.circuit import Circuit, Gate, GateKind
from hypothesis import settings, strategies as st
from hypothesis.strategies import DrawFn


def examples(count: int) -> settings:
    """Return the settings for so many examples, whatever time each takes."""
    return settings(max_examples=count, deadline=None)


def random_circuit(random: Random, *, gates: int = 40) -> Circuit:
    """Return a circuit of any wiring, its outputs among the last wires."""
    inputs = tuple(random.randint(1, 5) for _ in range(random.randint(1, 3)))
    first, count = sum(inputs), random.randint(0, gates)
    wired = []
    for out in range(first, first + count):
        kind = random.choice(list(GateKind))
        a = random.randrange(out)
        b = a if kind is GateKind.INV else random.randrange(out)
        wired.append(Gate(kind, a, b, out))
    outputs = []
    left = random.randint(1, min(first + count, 12))
    while left:
        outputs.append(random.randint(1, left))
        left -= outputs[-1]
    return Circuit(inputs, tuple(outputs), first + count, tuple(wired))


@st.composite
def circuits_with_values(draw: DrawFn) -> tuple[Circuit, tuple[int, ...]]:
    """Draw a circuit and a value for each of its inputs."""
    random = draw(st.randoms(use_true_random=False))
    circuit = random_circuit(random)
    return circuit, tuple(random.getrandbits(width) for width in circuit.inputs)
