"""What can go wrong in the exchange, from the point of view of one party."""


class ExchangeError(Exception):
    """Base of every error that the exchange raises about what it was given."""


class Malformed(ExchangeError):
    """A message that is not of the documented form; nothing secret was touched."""


class UnsupportedVersion(ExchangeError):
    """A message of another protocol version."""

    def __init__(self, *, theirs: int, ours: int) -> None:
        """Keep both versions for the message that a person reads."""
        super().__init__(f"protocol version {theirs}, expected {ours}")
        self.theirs = theirs
        self.ours = ours


class CircuitError(ExchangeError):
    """A circuit, or its text, that can't be evaluated."""


class PlanError(ExchangeError):
    """A plan whose parts contradict each other or go beyond the limits."""


class OtherCircuit(PlanError):
    """A plan of whose question the other side makes another circuit than we do."""


class Violation(ExchangeError):
    """A message of the right form that an honest peer would never send."""


class NotAuthentic(Violation):
    """A message that somebody else made, or changed on its way."""


class ProofRefused(Violation):
    """A proof's circuit didn't come out as passed."""


class Refused(ExchangeError):
    """The provider's constant refusal in place of an answer."""
