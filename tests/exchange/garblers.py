"""Garbling as the papers write it: a gate, a block and a formula at a time.

What the product does on many gates at once is compared with this. It shares only
the circuit, its layers (which number the gates) and AES with the product.
"""

from dataclasses import dataclass
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from currentcost_exchange.circuit import Circuit, bits_of, integer_of
from currentcost_exchange.garbling import evaluate, garble


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What a garbler draws for one garbling."""

    key: bytes
    delta: int
    zeros: list[int]

    @classmethod
    def new(cls, circuit: Circuit) -> Secrets:
        return cls(
            key=secrets.token_bytes(16),
            delta=secrets.randbits(128) | 1,
            zeros=[secrets.randbits(128) for _ in range(circuit.input_bits)],
        )

    def active(self, bits: bytes) -> list[int]:
        """Return the labels that stand for these bits."""
        return [
            zero ^ bit * self.delta for zero, bit in zip(self.zeros, bits, strict=True)
        ]


def naive_hash(key: bytes, label: int, tweak: int) -> int:
    """TMMO: pi(pi(w) xor i) xor pi(w), one block at a time."""

    def permute(block: int) -> int:
        encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  # pi itself
        return int.from_bytes(encryptor.update(block.to_bytes(16)))

    inner = permute(label)
    return permute(inner ^ tweak) ^ inner


def naive_garble(circuit: Circuit, made: Secrets) -> tuple[list[int], bytes]:
    """Half gates of Zahur, Rosulek and Evans, figure 2: zero labels and tables."""
    delta = made.delta
    wires = _begin(circuit, made)
    tables, gate = [], 0
    for layer in circuit.layers:
        for a, b, out in layer.free:
            wires[out] = wires[a] ^ wires[b]
        generators, evaluators = [], []
        for a, b, out in zip(layer.firsts, layer.seconds, layer.outs, strict=True):
            j, k = 2 * gate, 2 * gate + 1
            p_a, p_b = wires[a] & 1, wires[b] & 1
            a_0, a_1 = (naive_hash(made.key, wires[a] ^ d, j) for d in (0, delta))
            b_0, b_1 = (naive_hash(made.key, wires[b] ^ d, k) for d in (0, delta))
            generator = a_0 ^ a_1 ^ p_b * delta
            evaluator = b_0 ^ b_1 ^ wires[a]
            wires[out] = a_0 ^ p_a * generator ^ b_0 ^ p_b * (evaluator ^ wires[a])
            generators.append(generator)
            evaluators.append(evaluator)
            gate += 1
        tables += generators + evaluators
    return _end(circuit, wires), _joined(tables)


def garble_and_evaluate(circuit: Circuit, *values: int) -> tuple[int, ...]:
    """Return what the product's garbling computes; an output is checked bit by bit."""
    made = Secrets.new(circuit)
    bits = b"".join(map(bits_of, values, circuit.inputs, strict=True))
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    labels = evaluate(circuit, made.key, made.active(bits), garbled.tables)
    decoded = decode(labels, garbled.outputs, made.delta)
    assert None not in decoded
    output = bytes(bit for bit in decoded if bit is not None)
    results, position = [], 0
    for width in circuit.outputs:
        results.append(integer_of(output[position : position + width]))
        position += width
    return tuple(results)


def decode(labels: list[int], zeros: list[int], delta: int) -> list[int | None]:
    """Return the bit of each label, None where it stands for neither."""
    return [
        {zero: 0, zero ^ delta: 1}.get(label)
        for label, zero in zip(labels, zeros, strict=True)
    ]


def _begin(circuit: Circuit, made: Secrets) -> list[int]:
    """Return labels for all wires; the last one, behind them, inverts."""
    rest = circuit.wires - circuit.input_bits
    return [*made.zeros, *[0] * rest, made.delta]


def _end(circuit: Circuit, wires: list[int]) -> list[int]:
    return [wires[wire] for wire in circuit.output_wires]


def _joined(blocks: list[int]) -> bytes:
    return b"".join(block.to_bytes(16) for block in blocks)
