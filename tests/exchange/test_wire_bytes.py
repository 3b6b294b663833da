"""The bytes on the wire, fixed: they change with the protocol's version or not at all.

Identities, salt, session, seeds and the random source are given here, so that every
message is determined. The digests were written down when version 1 was.
"""

import hashlib
import secrets

from currentcost_exchange import (
    PROTOCOL_VERSION,
    HouseholdAgreement,
    HouseholdIdentity,
    ProviderAgreement,
    ProviderIdentity,
    ProviderValues,
    bucket_of,
    parse_claim,
)
from currentcost_exchange.bristol import write_bristol
from currentcost_exchange.hashing import Use, digest, expand, pads
from currentcost_exchange.proof import Proof, garble_proof
from currentcost_exchange.report import output_hash
from currentcost_exchange.wire import MessageType, Writer
import pytest

from .parties import VALUES, plan_of, window_at

SESSION = bytes(range(32))
PAIRS = [(bytes((i,)) * 32, bytes((255 - i,)) * 32) for i in range(51)]

GOLDEN = {
    "circuit": "7a720e603111bd40f8a71daf6aaa3b80",
    "policy circuit": "0ccfcc233b3a941d14633708136b47b1",
    "statement": "632b104f999cf06c6a8aafc04ab3566b",
    "code": "HA4X-JVYK-MDXA-SMBF",
    "policy": "35a3ab35c6b9963e4f6748ccbf9be185",
    "report": "b3b4c416d234f5b3087521b7476e0473",
    "reply": "58a965f367d67f3f0e3cb7b9688758d1",
    "missing": "adc9ca9fed15f576a2ecc0e07be8d60f",
    "acknowledgement": "f7a548a228b719358594e5853e4c8c71",
}


def short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


@pytest.fixture
def parties(
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[HouseholdAgreement, ProviderAgreement]:
    monkeypatch.setattr(secrets, "token_bytes", lambda size: b"\x5a" * size)
    thresholds = ProviderValues(VALUES, b"\3" * 32)
    statement = ProviderIdentity(b"\1" * 32).sign_plan(plan_of(thresholds))
    identity = HouseholdIdentity(b"\2" * 32)
    choices = thresholds.bits((17, 17, 17))
    household = HouseholdAgreement(
        identity=identity,
        statement=statement,
        session=SESSION,
        key=b"\4" * 32,
        request=b"",
        offer=b"",
        day=0,
        pairs=PAIRS,
    )
    provider = ProviderAgreement(
        statement=statement,
        household_key=identity.key,
        session=SESSION,
        key=b"\4" * 32,
        exponent=bytes(32),
        day=0,
        choices=choices,
        seeds=[pair[bit] for pair, bit in zip(PAIRS, choices, strict=True)],
    )
    return household, provider


def test_messages(parties: tuple[HouseholdAgreement, ProviderAgreement]) -> None:
    household, provider = parties
    statement = household.statement
    report = household.report(window_at(0), (700,))
    answer = provider.answer(parse_claim(report))
    missing = household.missing(window_at(1))
    writer = Writer(MessageType.TRANSFER)
    policy = statement.plan.policy
    garbled, _ = garble_proof(Proof.POLICY, policy, SESSION, PAIRS, bytes(32))
    garbled.write(writer)
    assert answer.outcome == bucket_of(700, VALUES) == 2
    assert PROTOCOL_VERSION == 1
    assert {
        "circuit": short(write_bristol(statement.plan.circuit).encode()),
        "policy circuit": short(write_bristol(statement.plan.policy).encode()),
        "statement": short(statement.to_bytes()),
        "code": statement.code,
        "policy": short(writer.to_bytes()),
        "report": short(report),
        "reply": short(answer.reply),
        "missing": short(missing),
        "acknowledgement": short(provider.answer(parse_claim(missing)).reply),
    } == GOLDEN


def test_hashes_are_bound_to_their_use() -> None:
    assert len({use.value for use in Use}) == len(Use)
    assert max(len(use.value) for use in Use) <= 16
    key = bytes(32)
    assert len({digest(use, key) for use in Use}) == len(Use)
    assert len({pads(use, [key], b"") for use in Use}) == len(Use)
    assert len({expand(use, key, 16) for use in Use}) == len(Use)


def test_digests_tell_fields_apart() -> None:
    fields = [(b"ab",), (b"a", b"b"), (b"", b"ab"), (b"ab", b""), (b"a\0", b"b"), ()]
    assert len({digest(Use.OUTPUT, *each) for each in fields}) == len(fields)
    assert len(digest(Use.OUTPUT, size=64)) == 64


def test_pads_are_bound_to_key_position_and_context() -> None:
    one, other = bytes(32), b"\1" * 32
    joined = pads(Use.CORRECTION, [one, one, other], b"a")
    joined += pads(Use.CORRECTION, [one, one, other], b"b")
    assert len({joined[start : start + 16] for start in range(0, 96, 16)}) == 6


def test_output_hashes_are_bound_to_report_and_bit() -> None:
    label = bytes(16)
    found = {
        output_hash(context, position, each)
        for context in (b"one", b"other")
        for position in (0, 1)
        for each in (label, b"\1" * 16)
    }
    assert len(found) == 8
