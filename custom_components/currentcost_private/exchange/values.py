"""The provider's private input, and the commitment that pins it for a period."""

from collections.abc import Sequence
from dataclasses import dataclass, field
import secrets

from .circuit import bits_of
from .errors import CircuitError
from .hashing import Use, digest

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class ProviderValues:
    """The provider's numbers, thresholds or prices, with the salt of their commitment.

    The salt is new each period: the numbers alone have too few bits to hide.
    """

    values: tuple[int, ...] = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def new(cls, values: tuple[int, ...]) -> ProviderValues:
        """Return the numbers with a fresh salt."""
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

    def bits(self, widths: Sequence[int]) -> bytes:
        """Return the provider's input bits, first number first, lowest bit first.

        Raises:
            CircuitError: another number of numbers, or one that does not fit.
        """
        if len(widths) != len(self.values):
            raise CircuitError(f"{len(widths)} values are needed")
        return b"".join(map(bits_of, self.values, widths, strict=True))
