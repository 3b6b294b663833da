"""After the period anyone can see what the provider was bound to."""

from dataclasses import replace

from currentcost_exchange import (
    Malformed,
    PlanError,
    ProviderValues,
    Violation,
    verify_opening,
)
from currentcost_exchange.group import ORDER
from currentcost_exchange.opening import Opening
import pytest

from .parties import VALUES, Agreed, agree, offer_again, offer_plan


@pytest.fixture(scope="module")
def agreed() -> Agreed:
    return agree(offer_plan())


@pytest.fixture
def opening(agreed: Agreed) -> bytes:
    return agreed.provider.opening(agreed.offered.values)


def test_the_household_learns_the_values(agreed: Agreed, opening: bytes) -> None:
    assert agreed.household.verify_opening(opening) == VALUES
    assert len(opening) == 4 + 16 + 32 + 32 + 8 * len(VALUES)


def test_anyone_is_convinced_by_four_messages(agreed: Agreed, opening: bytes) -> None:
    statement = agreed.offered.statement
    assert verify_opening(statement, agreed.request, agreed.offer, opening) == VALUES


def test_after_days_of_other_seeds(agreed: Agreed) -> None:
    opening = agreed.provider.advanced(30).opening(agreed.offered.values)
    assert agreed.household.advanced(30).verify_opening(opening) == VALUES


def test_the_provider_opens_only_what_it_committed_to(agreed: Agreed) -> None:
    with pytest.raises(PlanError):
        agreed.provider.opening(ProviderValues.new(VALUES))


def test_other_values_than_committed_to(agreed: Agreed, opening: bytes) -> None:
    read = Opening.from_bytes(opening, agreed.plan)
    for values in (
        replace(read.values, values=(VALUES[0] + 1, *VALUES[1:])),
        replace(read.values, salt=bytes(32)),
        replace(read.values, values=VALUES[::-1]),
        replace(read.values, values=(2**60, *VALUES[1:])),
    ):
        false = replace(read, values=values).to_bytes()
        with pytest.raises(Violation, match="commits"):
            agreed.household.verify_opening(false)


def test_another_exponent(agreed: Agreed, opening: bytes) -> None:
    read = Opening.from_bytes(opening, agreed.plan)
    b = int.from_bytes(read.exponent, "little")
    for other in (b ^ 1, (b + 1) % ORDER, ORDER - b):
        false = replace(read, exponent=other.to_bytes(32, "little")).to_bytes()
        with pytest.raises(Violation):
            agreed.household.verify_opening(false)
    for no_scalar in (0, b + ORDER, ORDER, 2**256 - 1):
        false = replace(read, exponent=no_scalar.to_bytes(32, "little")).to_bytes()
        with pytest.raises(Violation, match="scalar"):
            agreed.household.verify_opening(false)


def test_pinned_otherwise_than_committed(agreed: Agreed, opening: bytes) -> None:
    """A provider whose transfer was of other thresholds than its commitment.

    Its policy proof passed, so no household saw it; the opening shows it.
    """
    message = bytearray(agreed.provider_setup.receiver.message)
    # The two z of the first bit, exchanged: the choice is the other one.
    one, other = message[128:160], message[160:192]
    message[128:192] = other + one
    offer = offer_again(
        agreed.offered, agreed.request, agreed.provider_setup, bytes(message)
    )
    with pytest.raises(Violation, match="computed on"):
        verify_opening(agreed.offered.statement, agreed.request, offer, opening)


def test_of_another_agreement(agreed: Agreed) -> None:
    other = agree(agreed.offered)
    opening = other.provider.opening(agreed.offered.values)
    with pytest.raises(Violation, match="another agreement"):
        agreed.household.verify_opening(opening)
    read = Opening.from_bytes(opening, agreed.plan)
    renamed = replace(read, agreement_id=agreed.household.id).to_bytes()
    with pytest.raises(Violation, match="computed on"):
        agreed.household.verify_opening(renamed)


def test_other_lengths(agreed: Agreed, opening: bytes) -> None:
    for length in range(len(opening)):
        with pytest.raises(Malformed):
            agreed.household.verify_opening(opening[:length])
    with pytest.raises(Malformed):
        agreed.household.verify_opening(opening + b"\0")


def test_nothing_is_shown(agreed: Agreed, opening: bytes) -> None:
    read = Opening.from_bytes(opening, agreed.plan)
    shown = repr(read)
    assert str(VALUES[-1]) not in shown
    assert repr(read.exponent) not in shown
