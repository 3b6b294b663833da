"""The provider's input wires, tied to the seeds that pin its thresholds.

For each of its bits the household holds the seeds k0 and k1, the provider the one
of its bit. The zero label is PRF(k0); the message carries the correction
PRF(k0) xor PRF(k1) xor Delta, from which the holder of k1 finds the one label. One
of the two PRF values is unknown to the provider, and fresh with each context, so a
correction is a one-time pad of Delta.

Labels of a list of wires are handled as one byte string of 16 bytes each.
"""

from .garbling import BLOCK_BYTES, labels_of
from .hashing import Use, pads
from .transfer import SeedPair


def garbled_inputs(
    use: Use, pairs: list[SeedPair], context: bytes, delta: int
) -> tuple[list[int], bytes]:
    """Return the zero labels and the corrections; the context never repeats."""
    zeros = pads(use, [zero for zero, _ in pairs], context)
    ones = pads(use, [one for _, one in pairs], context)
    deltas = delta.to_bytes(BLOCK_BYTES) * len(pairs)
    return labels_of(zeros), _xor(_xor(zeros, ones), deltas)


def zero_labels(active: list[int], bits: bytes, delta: int) -> list[int]:
    """Return the zero labels of wires from their active ones.

    All at once, so that the time does not depend on the bits.
    """
    labels = b"".join([label.to_bytes(BLOCK_BYTES) for label in active])
    deltas = _where(bits, delta.to_bytes(BLOCK_BYTES) * len(bits))
    return labels_of(_xor(labels, deltas))


def active_inputs(
    use: Use, seeds: list[bytes], choices: bytes, context: bytes, corrections: bytes
) -> list[int]:
    """Return the active labels of the provider's bits, a byte each in `choices`."""
    masked = _where(choices, corrections)
    return labels_of(_xor(pads(use, seeds, context), masked))


def _where(bits: bytes, blocks: bytes) -> bytes:
    """Return the blocks of 16 bytes whose bit is one, zeros in place of the others.

    A byte of one in front keeps all integers as long whatever the bits are.
    """
    spread = bytearray(len(blocks) + 1)
    spread[0] = 1
    spread[BLOCK_BYTES::BLOCK_BYTES] = bits
    lanes = int.from_bytes(spread)
    mask = (lanes << 8 * BLOCK_BYTES) - lanes
    chosen = mask & int.from_bytes(b"\1" + blocks)
    return chosen.to_bytes(len(blocks) + 1)[1:]


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a) ^ int.from_bytes(b)).to_bytes(len(a))
