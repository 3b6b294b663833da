"""A household takes one reply to a report: the labels that it garbled."""

import secrets

from currentcost_exchange import (
    Malformed,
    Refused,
    Report,
    UnsupportedVersion,
    Violation,
    verify_reply,
)
import pytest

from .parties import Agreed, report_of


@pytest.fixture(scope="module")
def report(agreed: Agreed) -> Report:
    return report_of(agreed, 700)


@pytest.fixture(scope="module")
def reply(agreed: Agreed, report: Report) -> bytes:
    return agreed.provider.answer(report).reply


def test_the_reply(report: Report, reply: bytes) -> None:
    assert len(reply) == 4 + 32 + 1 + 2 * 16
    assert reply[4:36] == report.digest
    assert verify_reply(report.data, reply, 4) == 2


def test_a_reply_to_another_report(agreed: Agreed, report: Report) -> None:
    other = report_of(agreed, 700)
    foreign = agreed.provider.answer(other).reply
    with pytest.raises(Malformed, match="another message"):
        verify_reply(report.data, foreign, 4)
    renamed = foreign[:4] + report.digest + foreign[36:]
    with pytest.raises(Violation, match="labels"):
        verify_reply(report.data, renamed, 4)


def test_no_flipped_label_is_taken(report: Report, reply: bytes) -> None:
    for bit in range(2 * 128):
        number = int.from_bytes(reply[37:]) ^ 1 << bit
        with pytest.raises(Violation, match="labels"):
            verify_reply(report.data, reply[:37] + number.to_bytes(32), 4)


def test_made_up_labels(report: Report, reply: bytes) -> None:
    for labels in (
        bytes(32),
        secrets.token_bytes(32),
        reply[53:] + reply[37:53],
        reply[37:53] * 2,
        reply[53:] * 2,
    ):
        with pytest.raises(Violation, match="labels"):
            verify_reply(report.data, reply[:37] + labels, 4)


@pytest.mark.parametrize("status", [2, 3, 128, 255])
def test_unknown_status(report: Report, reply: bytes, status: int) -> None:
    with pytest.raises(Malformed, match="unknown status"):
        verify_reply(report.data, reply[:36] + bytes((status,)) + reply[37:], 4)


def test_refusals(report: Report, reply: bytes) -> None:
    with pytest.raises(Refused):
        verify_reply(report.data, reply[:36] + bytes(33), 4)
    # Labels under the status of a refusal are none.
    with pytest.raises(Refused):
        verify_reply(report.data, reply[:36] + bytes(1) + reply[37:], 4)


def test_every_truncation(report: Report, reply: bytes) -> None:
    for length in range(len(reply)):
        with pytest.raises(Malformed):
            verify_reply(report.data, reply[:length], 4)
    for longer in (reply + bytes(1), reply + reply):
        with pytest.raises(Malformed):
            verify_reply(report.data, longer, 4)


def test_every_flipped_byte(report: Report, reply: bytes) -> None:
    for position in range(len(reply)):
        damaged = bytearray(reply)
        damaged[position] ^= 1
        with pytest.raises((Malformed, UnsupportedVersion, Violation, Refused)):
            verify_reply(report.data, bytes(damaged), 4)


def test_replies_of_the_wrong_kind(agreed: Agreed, report: Report) -> None:
    reply = agreed.provider.answer(report).reply
    missing = agreed.household.missing(report.window)
    with pytest.raises(Malformed, match="not a message of type acknowledgement"):
        verify_reply(missing, reply, 4)
    acknowledged = reply[:3] + bytes((19,)) + report.digest
    with pytest.raises(Malformed, match="not a message of type reply"):
        verify_reply(report.data, acknowledged, 4)
    with pytest.raises(Malformed, match="another message"):
        verify_reply(missing, acknowledged, 4)


def test_a_proven_outcome_beyond_the_last(agreed: Agreed) -> None:
    report = report_of(agreed, 2500)
    reply = agreed.provider.answer(report).reply
    assert verify_reply(report.data, reply, 4) == 3
    with pytest.raises(Violation):
        verify_reply(report.data, reply, 3)
