"""A household takes one reply to a report: the provider's, with labels it garbled."""

from dataclasses import replace
import secrets

from currentcost_exchange import (
    Malformed,
    NotAuthentic,
    Refused,
    Report,
    UnsupportedVersion,
    Violation,
)
from currentcost_exchange.authentication import tagged
from currentcost_exchange.hashing import Use
import pytest

from .parties import Agreed, offer_plan, report_of, retagged


@pytest.fixture(scope="module")
def report(agreed: Agreed) -> Report:
    return report_of(agreed, 700)


@pytest.fixture(scope="module")
def reply(agreed: Agreed, report: Report) -> bytes:
    return agreed.provider.answer(report).reply


def take(agreed: Agreed, report: Report, reply: bytes) -> int | None:
    """Take a reply that was changed by somebody who has the key."""
    return agreed.household.verify_reply(
        report.data, retagged(reply, agreed.provider.key)
    )


def test_the_reply(agreed: Agreed, report: Report, reply: bytes) -> None:
    assert len(reply) == 4 + 32 + 1 + 2 * 16 + 16
    assert reply[4:36] == report.digest
    assert agreed.household.verify_reply(report.data, reply) == 2


def test_a_reply_to_another_report(agreed: Agreed, report: Report) -> None:
    foreign = agreed.provider.answer(report_of(agreed, 700)).reply
    with pytest.raises(Malformed, match="another message"):
        agreed.household.verify_reply(report.data, foreign)
    renamed = foreign[:4] + report.digest + foreign[36:]
    with pytest.raises(NotAuthentic):
        agreed.household.verify_reply(report.data, renamed)
    with pytest.raises(Violation, match="labels"):
        take(agreed, report, renamed)


def test_no_flipped_label_is_taken(
    agreed: Agreed, report: Report, reply: bytes
) -> None:
    for bit in range(2 * 128):
        number = int.from_bytes(reply[37:-16]) ^ 1 << bit
        changed = reply[:37] + number.to_bytes(32) + reply[-16:]
        with pytest.raises(Violation, match="labels"):
            take(agreed, report, changed)


def test_made_up_labels(agreed: Agreed, report: Report, reply: bytes) -> None:
    one, other = reply[37:53], reply[53:69]
    for labels in (
        bytes(32),
        secrets.token_bytes(32),
        other + one,
        one + one,
        other + other,
    ):
        with pytest.raises(Violation, match="labels"):
            take(agreed, report, reply[:37] + labels + bytes(16))


@pytest.mark.parametrize("status", [2, 3, 128, 255])
def test_unknown_status(
    agreed: Agreed, report: Report, reply: bytes, status: int
) -> None:
    with pytest.raises(Malformed, match="unknown status"):
        take(agreed, report, reply[:36] + bytes((status,)) + reply[37:])


def test_refusals(agreed: Agreed, report: Report, reply: bytes) -> None:
    with pytest.raises(Refused):
        take(agreed, report, reply[:36] + bytes(33 + 16))
    # Labels under the status of a refusal are none.
    with pytest.raises(Refused):
        take(agreed, report, reply[:36] + bytes(1) + reply[37:])
    # Nobody but the provider refuses.
    with pytest.raises(NotAuthentic):
        agreed.household.verify_reply(report.data, reply[:36] + bytes(33 + 16))


def test_every_length(agreed: Agreed, report: Report, reply: bytes) -> None:
    for length in range(len(reply)):
        with pytest.raises(NotAuthentic):
            agreed.household.verify_reply(report.data, reply[:length])
    for longer in (reply + bytes(1), reply + reply):
        with pytest.raises(NotAuthentic):
            agreed.household.verify_reply(report.data, longer)
    for length in (*range(20, len(reply)), len(reply) + 1, len(reply) + 16):
        other = (reply[:-16] + bytes(32))[:length]
        with pytest.raises(Malformed):
            take(agreed, report, other)


def test_every_flipped_byte(agreed: Agreed, report: Report, reply: bytes) -> None:
    for position in range(len(reply) - 16):
        damaged = bytearray(reply)
        damaged[position] ^= 1
        with pytest.raises(NotAuthentic):
            agreed.household.verify_reply(report.data, bytes(damaged))
        with pytest.raises((Malformed, UnsupportedVersion, Violation, Refused)):
            take(agreed, report, bytes(damaged))


def test_tags_that_are_not_the_providers(agreed: Agreed, report: Report) -> None:
    body = agreed.provider.answer(report).reply[:-16]
    for tag in (
        tagged(Use.CLAIM, agreed.provider.key, body),
        tagged(Use.REPLY, bytes(32), body),
        tagged(Use.REPLY, agreed.provider.session, body),
        body + secrets.token_bytes(16),
    ):
        with pytest.raises(NotAuthentic):
            agreed.household.verify_reply(report.data, tag)


def test_the_key_of_another_session(agreed: Agreed, report: Report) -> None:
    elsewhere = replace(agreed.provider, key=secrets.token_bytes(32))
    with pytest.raises(NotAuthentic):
        elsewhere.check(report)
    with pytest.raises(NotAuthentic):
        agreed.household.verify_reply(report.data, elsewhere.answer(report).reply)


def test_replies_of_the_wrong_kind(agreed: Agreed, report: Report) -> None:
    reply = agreed.provider.answer(report).reply
    missing = agreed.household.missing(report.window)
    with pytest.raises(Malformed, match="not a message of type acknowledgement"):
        agreed.household.verify_reply(missing, reply)
    acknowledged = retagged(
        reply[:3] + bytes((19,)) + report.digest + bytes(16), agreed.provider.key
    )
    with pytest.raises(Malformed, match="not a message of type reply"):
        agreed.household.verify_reply(report.data, acknowledged)
    with pytest.raises(Malformed, match="another message"):
        agreed.household.verify_reply(missing, acknowledged)


def test_a_proven_outcome_beyond_the_last(agreed: Agreed) -> None:
    report = report_of(agreed, 2500)
    reply = agreed.provider.answer(report).reply
    assert agreed.household.verify_reply(report.data, reply) == 3
    # The same household after a plan with a bucket less, of as many bits.
    fewer = offer_plan((1000, 2000)).statement
    with pytest.raises(Violation, match="labels"):
        replace(agreed.household, statement=fewer).verify_reply(report.data, reply)
