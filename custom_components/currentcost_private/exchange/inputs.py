"""The provider's input wires, tied to the seeds that pin its thresholds.

For each of its bits the household holds the seeds k0 and k1, the provider the one
of its bit. The zero label is PRF(k0); the message carries the correction
PRF(k0) xor PRF(k1) xor Delta, from which the holder of k1 finds the one label. One
of the two PRF values is unknown to the provider, and fresh with each context, so a
correction is a one-time pad of Delta.
"""

from .hashing import Use, pads
from .transfer import SeedPair


def garbled_inputs(
    use: Use, pairs: list[SeedPair], context: bytes, delta: int
) -> tuple[list[int], list[int]]:
    """Return the zero labels and the corrections; the context never repeats."""
    zeros = pads(use, [zero for zero, _ in pairs], context)
    ones = pads(use, [one for _, one in pairs], context)
    return zeros, [a ^ b ^ delta for a, b in zip(zeros, ones, strict=True)]


def active_inputs(
    use: Use,
    seeds: list[bytes],
    choices: bytes,
    context: bytes,
    corrections: list[int],
) -> list[int]:
    """Return the active labels of the provider's bits."""
    return [
        label ^ (-choice & correction)
        for label, choice, correction in zip(
            pads(use, seeds, context), choices, corrections, strict=True
        )
    ]
