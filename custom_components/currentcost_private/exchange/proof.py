"""Proofs that the pinned values are what the household was promised.

Two things are proven, each by a circuit with one output: that the values are acceptable
to the plan's policy, and, where an agreement renews an earlier one, that they are the
same as before. The circuit is garbled on the seeds that pin the values, with a tag,
nonce, key and Delta of its own. All its inputs are the provider's, so privacy-free
garbling would do; half gates cost 16 bytes more a gate, once, and nobody gets through
them without a label of every one of its bits. The message carries one hash, of the pass
label. The provider returns that label only if it matches, so that a household that
garbles something else gets nothing but a refusal (review A1: otherwise its label could
carry every seed); it can't be forged, so that no provider passes with other values. A
program without a policy has one that everything passes: the messages are the same, and
prove nothing.
"""

from dataclasses import dataclass
from enum import Enum
import hmac
from typing import Final

from .circuit import Circuit
from .garbling import BLOCK_BYTES, evaluate, garble
from .hashing import Use, digest, expand
from .inputs import active_inputs, garbled_inputs
from .transfer import SeedPair
from .wire import Reader, Writer

NONCE_BYTES: Final = 32
HASH_BYTES: Final = 32


class Proof(Enum):
    """What is proven; the uses of its pads and of the hash of its pass label."""

    POLICY = Use.POLICY, Use.PASS
    EQUALITY = Use.EQUALITY, Use.EQUAL

    def __init__(self, use: Use, label_use: Use) -> None:
        """Name the parts of a member."""
        self.use = use
        self.label_use = label_use


@dataclass(frozen=True, slots=True)
class GarbledProof:
    """A garbled circuit with one output, as it is sent."""

    nonce: bytes
    key: bytes
    corrections: bytes
    tables: bytes
    pass_hash: bytes

    def write(self, writer: Writer) -> None:
        """Append it to a message."""
        writer.raw(self.nonce).raw(self.key).raw(self.corrections)
        writer.raw(self.tables).raw(self.pass_hash)

    @classmethod
    def read(cls, reader: Reader, circuit: Circuit) -> GarbledProof:
        """Take it from a message."""
        return cls(
            reader.raw(NONCE_BYTES),
            reader.raw(BLOCK_BYTES),
            reader.raw(BLOCK_BYTES * circuit.input_bits),
            reader.raw(2 * BLOCK_BYTES * circuit.and_gates),
            reader.raw(HASH_BYTES),
        )


def garble_proof(
    proof: Proof, circuit: Circuit, session: bytes, pairs: list[SeedPair], seed: bytes
) -> tuple[GarbledProof, bytes]:
    """Return the garbled circuit and its pass label, 16 bytes.

    All that is random comes out of a seed of its own.
    """
    expanded = expand(proof.use, seed, 2 * BLOCK_BYTES + NONCE_BYTES)
    delta = int.from_bytes(expanded[:16]) | 1
    key, nonce = expanded[16:32], expanded[32:]
    zeros, corrections = garbled_inputs(proof.use, pairs, session + nonce, delta)
    garbled = garble(circuit, key, delta, zeros)
    label = (garbled.outputs[0] ^ delta).to_bytes(BLOCK_BYTES)
    pass_hash = digest(proof.label_use, session, nonce, label)
    return GarbledProof(nonce, key, corrections, garbled.tables, pass_hash), label


def prove(  # noqa: PLR0917  # in the order of `garble_proof`
    proof: Proof,
    circuit: Circuit,
    session: bytes,
    seeds: list[bytes],
    choices: bytes,
    garbled: GarbledProof,
) -> bytes | None:
    """Return the pass label that the garbled circuit gives.

    None if it is not the label announced. The provider's own values pass, so the
    household garbled something else.
    """
    active = active_inputs(
        proof.use, seeds, choices, session + garbled.nonce, garbled.corrections
    )
    outputs = evaluate(circuit, garbled.key, active, garbled.tables)
    label = outputs[0].to_bytes(BLOCK_BYTES)
    found = digest(proof.label_use, session, garbled.nonce, label)
    return label if hmac.compare_digest(found, garbled.pass_hash) else None
