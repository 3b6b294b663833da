"""The provider's private input, and the commitment that pins it for a period."""

from dataclasses import dataclass, field
import secrets

from .circuit import bits_of
from .hashing import Use, digest

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Ordered thresholds (W or Wh) with the salt of their commitment.

    The salt is new each period: the thresholds alone have too few bits to hide.
    """

    values: tuple[int, ...] = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def new(cls, values: tuple[int, ...]) -> Thresholds:
        """Return the thresholds with a fresh salt."""
        return cls(values, secrets.token_bytes(SALT_BYTES))

    def commitment(self, plan_id: str, start: int, end: int) -> bytes:
        """Return the 32-byte commitment for a plan and its period."""
        return digest(
            Use.COMMITMENT,
            plan_id.encode(),
            start.to_bytes(8),
            end.to_bytes(8),
            self.salt,
            *(value.to_bytes(8) for value in self.values),
        )

    def bits(self, width: int) -> bytes:
        """Return the provider's input bits, t1 first, lowest bit first.

        Raises:
            CircuitError: a threshold does not fit `width` bits.
        """
        return b"".join(bits_of(value, width) for value in self.values)
