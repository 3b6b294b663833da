"""Whatever bytes arrive, a decoder returns or raises an ExchangeError, and stays small.

What it takes, it writes as the same bytes again: nothing can hide in a message.
"""

from collections.abc import Callable
from typing import Final

from currentcost_exchange import (
    HouseholdAgreement,
    Missing,
    PlanStatement,
    ProviderAgreement,
    ProviderSetup,
    Report,
    parse_claim,
    renewed_agreement,
)
from currentcost_exchange.report import ReportBody
from currentcost_exchange.setup import Confirmation, Offer, Request, Transfer
from hypothesis import given, strategies as st
import pytest

from ..exchange.parties import Agreed, report_of, window_at
from ..exchange.strategies import examples
from ..exchange.test_renewal import begin_renewal, following
from .damage import MEBIBYTE, damaged, outcome

MOST: Final = MEBIBYTE
"""Bytes that decoding any of these messages may take, of which each is a few kB."""

type Decode = Callable[[bytes], object]


def corpus(agreed: Agreed) -> dict[str, bytes]:
    report = report_of(agreed, 700)
    missing = agreed.household.missing(window_at(1))
    return {
        "statement": agreed.offered.statement.to_bytes(),
        "request": agreed.request,
        "offer": agreed.offer,
        "transfer": agreed.transfer,
        "confirmation": agreed.confirmation,
        "report": report.data,
        "missing": missing,
        "reply": agreed.provider.answer(report).reply,
        "acknowledgement": agreed.provider.answer(parse_claim(missing)).reply,
        "household agreement": agreed.household.to_bytes(),
        "provider agreement": agreed.provider.to_bytes(),
        "provider set-up": agreed.provider_setup.to_bytes(),
        **renewal(agreed),
    }


def renewal(agreed: Agreed) -> dict[str, bytes]:
    """Return the messages of an agreement that goes on."""
    _, begun, transfer = begin_renewal(agreed, following(agreed.offered))
    _, confirmation = begun.finish(transfer, earlier=agreed.provider)
    return {
        "renewal": transfer,
        "renewed": confirmation,
        "renewal's set-up": begun.to_bytes(),
    }


def decoders(agreed: Agreed, messages: dict[str, bytes]) -> dict[str, Decode]:
    plan, session = agreed.plan, agreed.household.session
    key = agreed.household.identity.key
    request = Request.from_bytes(agreed.request)
    renewing = ProviderSetup.from_bytes(messages["renewal's set-up"])
    return {
        "statement": PlanStatement.from_bytes,
        "request": Request.from_bytes,
        "offer": lambda data: Offer.from_bytes(data, agreed.offered.statement, request),
        "transfer": lambda data: Transfer.from_bytes(data, plan, key, session),
        "confirmation": Confirmation.from_bytes,
        "report": lambda data: Report.from_bytes(data).body(plan),
        "missing": Missing.from_bytes,
        "claim": parse_claim,
        "reply": lambda data: agreed.household.verify_reply(messages["report"], data),
        "acknowledgement": lambda data: (
            agreed.household.verify_reply(messages["missing"], data),
        ),
        "household agreement": HouseholdAgreement.from_bytes,
        "provider agreement": ProviderAgreement.from_bytes,
        "provider set-up": ProviderSetup.from_bytes,
        "renewal": lambda data: Transfer.from_bytes(data, plan, key, renewing.session),
        "renewed": Confirmation.from_bytes,
        "renewed agreement": lambda data: (renewed_agreement(data),),
    }


NAMES = [
    "statement",
    "request",
    "offer",
    "transfer",
    "confirmation",
    "report",
    "missing",
    "claim",
    "reply",
    "acknowledgement",
    "household agreement",
    "provider agreement",
    "provider set-up",
    "renewal",
    "renewed",
    "renewed agreement",
]
WRITTEN = (HouseholdAgreement, ProviderAgreement, ProviderSetup, Confirmation)
SIGNED = {
    "statement",
    "request",
    "offer",
    "transfer",
    "renewal",
    "reply",
    "acknowledgement",
}


@pytest.fixture(scope="module")
def messages(agreed: Agreed) -> dict[str, bytes]:
    return corpus(agreed)


@pytest.mark.parametrize("name", NAMES)
@examples(120)
@given(data=st.data())
def test_damaged_messages(
    name: str, agreed: Agreed, messages: dict[str, bytes], data: st.DataObject
) -> None:
    # Most often the message that the decoder is for, and otherwise any.
    honest = messages.get(name, messages["report"])
    message = data.draw(damaged([honest] * 8 + [*messages.values()]))
    decoded = outcome(decoders(agreed, messages)[name], message, MOST)
    if decoded is None:
        return
    if name in SIGNED:
        assert message == honest
    if isinstance(decoded, WRITTEN):
        assert decoded.to_bytes() == message
    elif isinstance(decoded, Missing | ReportBody):
        assert len(message) == len(messages[name if name in messages else "missing"])


@pytest.mark.parametrize("name", NAMES)
def test_undamaged_messages(
    name: str, agreed: Agreed, messages: dict[str, bytes]
) -> None:
    honest = messages.get(name, messages["report"])
    assert outcome(decoders(agreed, messages)[name], honest, MOST) is not None


@examples(80)
@given(data=st.data())
def test_damaged_reports_are_answered_or_refused(
    agreed: Agreed, messages: dict[str, bytes], data: st.DataObject
) -> None:
    """To the end of the provider's work: no error comes out but the exchange's own."""
    message = data.draw(damaged([messages["report"], messages["missing"]]))

    def take(received: bytes) -> int | None:
        claim = parse_claim(received)
        agreed.provider.check(claim)
        return agreed.provider.answer(claim).outcome

    assert outcome(take, message, MOST) in {None, 2}
