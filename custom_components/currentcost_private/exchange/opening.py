"""The provider's opening: after the period it shows what it was bound to.

    OPENING  agreement (16), exponent b (32), salt (32), values (8 each)

The provider's first transfer message binds its choice bits perfectly: for each of them
z_sigma = x^b and the other z is not. With b anyone who has that signed message can see
the bits, and with the salt that they are those that the statement commits to.
"""

from dataclasses import dataclass, field

from .errors import PlanError, Violation
from .group import SCALAR_BYTES, check_scalar
from .plan import Plan
from .setup import AGREEMENT_ID_BYTES, Offer, Request
from .statement import PlanStatement
from .transfer import opens
from .values import SALT_BYTES, ProviderValues
from .wire import MessageType, Reader, Writer

_VALUE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Opening:
    """What the provider had put in, and what proves it."""

    agreement_id: bytes
    exponent: bytes = field(repr=False)
    values: ProviderValues

    def to_bytes(self) -> bytes:
        """Return the message."""
        writer = Writer(MessageType.OPENING).raw(self.agreement_id).raw(self.exponent)
        writer.raw(self.values.salt)
        for value in self.values.values:
            writer.unsigned(value, _VALUE_BYTES)
        return writer.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, plan: Plan) -> Opening:
        """Read a message, at the lengths of its plan."""
        reader = Reader(data, MessageType.OPENING)
        agreement_id, exponent = (
            reader.raw(AGREEMENT_ID_BYTES),
            reader.raw(SCALAR_BYTES),
        )
        salt = reader.raw(SALT_BYTES)
        values = tuple(
            reader.unsigned(_VALUE_BYTES) for _ in plan.question.provider_widths
        )
        reader.finish()
        return cls(agreement_id, exponent, ProviderValues(values, salt))


def verify_opening(
    statement: PlanStatement, request: bytes, offer: bytes, opening: bytes
) -> tuple[int, ...]:
    """Return the provider's values, proven to be those of every report.

    Nothing secret is needed: with these four messages a household convinces anyone of
    what the provider had pinned, or that its opening is false.

    Raises:
        Malformed, UnsupportedVersion: not messages of this protocol.
        Violation: a false signature, or an opening of something else.
    """
    plan = statement.plan
    offered, _ = Offer.from_bytes(offer, statement, Request.from_bytes(request))
    read = Opening.from_bytes(opening, plan)
    if read.agreement_id != offered.agreement_id:
        raise Violation("an opening of another agreement")
    try:
        choices = plan.choices(read.values)
    except PlanError as err:
        raise Violation(str(err)) from err
    if not opens(offered.choices, check_scalar(read.exponent), choices):
        raise Violation("the values are not those that the reports were computed on")
    return read.values.values
