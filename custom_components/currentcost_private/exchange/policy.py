"""The proof that the pinned values are acceptable to the plan's policy.

The policy circuit is garbled on the seeds of the transfer, with a tag, nonce, key
and Delta of its own. All its inputs are the provider's, so privacy-free garbling
would do; half gates cost 16 bytes more a gate, once, and nobody gets through them
without a label of every one of its bits. The message carries one hash, of the pass
label. The provider returns that label only if it matches, so that a household that
garbles something else gets nothing but a refusal (review A1: otherwise its label
could carry every seed); it can't be forged, so that no provider passes with other
values. A program without a policy has one that everything passes: the messages are
the same, and prove nothing.
"""

from dataclasses import dataclass
import hmac
from typing import Final

from .errors import PolicyRefused
from .garbling import BLOCK_BYTES, evaluate, garble
from .hashing import Use, digest, expand
from .inputs import active_inputs, garbled_inputs
from .plan import Plan
from .transfer import SeedPair
from .wire import Reader, Writer

NONCE_BYTES: Final = 32
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class GarbledPolicy:
    """The garbled policy circuit as it is sent."""

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
    def read(cls, reader: Reader, plan: Plan) -> GarbledPolicy:
        """Take it from a message."""
        return cls(
            reader.raw(NONCE_BYTES),
            reader.raw(BLOCK_BYTES),
            reader.raw(BLOCK_BYTES * plan.provider_bits),
            reader.raw(2 * BLOCK_BYTES * plan.policy.and_gates),
            reader.raw(HASH_BYTES),
        )


def garble_policy(
    plan: Plan, session: bytes, pairs: list[SeedPair], seed: bytes
) -> tuple[GarbledPolicy, bytes]:
    """Return the garbled circuit and its pass label, 16 bytes.

    All that is random comes out of a seed of its own.
    """
    expanded = expand(Use.POLICY, seed, 2 * BLOCK_BYTES + NONCE_BYTES)
    delta = int.from_bytes(expanded[:16]) | 1
    key, nonce = expanded[16:32], expanded[32:]
    zeros, corrections = garbled_inputs(Use.POLICY, pairs, session + nonce, delta)
    garbled = garble(plan.policy, key, delta, zeros)
    label = (garbled.outputs[0] ^ delta).to_bytes(BLOCK_BYTES)
    pass_hash = digest(Use.PASS, session, nonce, label)
    return GarbledPolicy(nonce, key, corrections, garbled.tables, pass_hash), label


def prove_policy(
    plan: Plan,
    session: bytes,
    seeds: list[bytes],
    choices: bytes,
    policy: GarbledPolicy,
) -> bytes:
    """Return the pass label that the garbled circuit gives.

    Raises:
        PolicyRefused: it is not the label announced. The provider's own policy
            passes, so the household garbled something else.
    """
    active = active_inputs(
        Use.POLICY, seeds, choices, session + policy.nonce, policy.corrections
    )
    outputs = evaluate(plan.policy, policy.key, active, policy.tables)
    label = outputs[0].to_bytes(BLOCK_BYTES)
    found = digest(Use.PASS, session, policy.nonce, label)
    if not hmac.compare_digest(found, policy.pass_hash):
        raise PolicyRefused("the household garbled another policy")
    return label
