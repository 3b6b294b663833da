"""The range question, the policy that goes with it, and equality, as circuits."""

from functools import lru_cache

from .builder import ONE, ZERO, CircuitBuilder, Signal, Word, constant
from .circuit import Circuit


@lru_cache(maxsize=64)
def range_circuit(thresholds: int, width: int) -> Circuit:
    """Return the circuit that finds the bucket of x among ordered thresholds.

    The function of Costantino and Martinelli's talk for any number of thresholds:
    1 for x <= t1, 2 for t1 < x <= t2, ..., and 0 above the last. With ordered
    thresholds the comparisons x > t form a thermometer, which is decoded without
    an AND gate; the policy circuit enforces the order.

    Inputs: x (`width` bits); t1, t2, ... one after the other. Output: the bucket.
    """
    builder = CircuitBuilder((width, thresholds * width))
    x, bits = builder.inputs
    above = [builder.greater(x, word) for word in _words(bits, width)]
    # The bucket where `count` thresholds lie below x.
    buckets = [*range(1, thresholds + 1), 0]
    output: list[Signal] = []
    for position in range(thresholds.bit_length()):
        signal = ONE if buckets[0] >> position & 1 else ZERO
        for count, comparison in enumerate(above):
            if (buckets[count] ^ buckets[count + 1]) >> position & 1:
                signal = builder.xor(signal, comparison)
        output.append(signal)
    return builder.build([output])


@lru_cache(maxsize=64)
def policy_circuit(thresholds: int, width: int, minimum_width: int) -> Circuit:
    """Return the circuit that passes where no bucket is too narrow.

    t1 >= w, t(i) + w <= t(i+1), and t(n) + w <= 2^width - 2 for the minimum width
    w >= 1: the largest value, which stands for a measure out of range, is always
    outside. Every input bit matters to the outcome.

    Input: t1, t2, ... one after the other. Output: one bit.
    """
    builder = CircuitBuilder((thresholds * width,))
    words = _words(builder.inputs[0], width)
    minimum = constant(minimum_width, width)
    limits = [*words, constant((1 << width) - 2, width)]
    passed = builder.inv(builder.greater(minimum, words[0]))
    for word, limit in zip(words, limits[1:], strict=True):
        fits = builder.inv(builder.greater(builder.add(word, minimum), [*limit, ZERO]))
        passed = builder.and_(passed, fits)
    return builder.build([[passed]])


@lru_cache(maxsize=64)
def equality_circuit(bits: int) -> Circuit:
    """Return the circuit that passes where two strings of bits are the same.

    Input: one string after the other, of `bits` bits each. Output: one bit.
    """
    builder = CircuitBuilder((2 * bits,))
    same = ONE
    for one, other in zip(*_words(builder.inputs[0], bits), strict=True):
        same = builder.and_(same, builder.inv(builder.xor(one, other)))
    return builder.build([[same]])


def _words(bits: list[Signal], width: int) -> list[Word]:
    return [bits[start : start + width] for start in range(0, len(bits), width)]
