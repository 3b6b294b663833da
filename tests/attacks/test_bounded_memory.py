"""A peer that sends gigabytes, or little that unfolds to much.

What a receiver allocates is measured. The transport bounds bodies as they are read
(tests of the provider and of its client); here is what a decoder does by itself.
"""

from collections.abc import Callable
import json
from typing import Final

from currentcost_exchange import (
    MAX_CLAIM,
    MAX_STATEMENT,
    HouseholdAgreement,
    Malformed,
    NotAuthentic,
    PlanStatement,
    ProgramError,
    ProviderAgreement,
    ProviderSetup,
    parse_claim,
)
from currentcost_exchange.setup import Confirmation, Request
from currentcost_exchange.wire import MessageType, Writer
import pytest

from ..compiler.test_hostile import GREEDY
from ..exchange.parties import Agreed, report_of
from ..fuzz.damage import MEBIBYTE, bounded

NOTHING: Final = 64 * 1024
"""What refusing a message by its length may allocate."""

COMPILING: Final = 32 * MEBIBYTE
"""What compiling the program below may allocate. The greediest that is known takes
129 MB, which is too long to measure each time."""

GIGABYTE: Final = bytes(1 << 30)
"""Never touched, so the system gives no memory for it."""


def receivers(agreed: Agreed) -> dict[str, Callable[[bytes], object]]:
    report = report_of(agreed, 700)
    return {
        "statement": PlanStatement.from_bytes,
        "request": Request.from_bytes,
        "offer": agreed.setup.transfer,
        "transfer": agreed.provider_setup.finish,
        "confirmation": Confirmation.from_bytes,
        "claim": parse_claim,
        "reply": lambda data: agreed.household.verify_reply(report.data, data),
        "household agreement": HouseholdAgreement.from_bytes,
        "provider agreement": ProviderAgreement.from_bytes,
        "provider set-up": ProviderSetup.from_bytes,
    }


NAMES = [
    "statement",
    "request",
    "offer",
    "transfer",
    "confirmation",
    "claim",
    "reply",
    "household agreement",
    "provider agreement",
    "provider set-up",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_gigabyte(name: str, agreed: Agreed) -> None:
    receive = receivers(agreed)[name]
    with bounded(NOTHING), pytest.raises((Malformed, NotAuthentic)):
        receive(GIGABYTE)


@pytest.mark.parametrize("kind", MessageType)
def test_megabytes_behind_a_good_header(kind: MessageType, agreed: Agreed) -> None:
    message = Writer(kind).raw(bytes(4 * MEBIBYTE)).to_bytes()
    for receive in receivers(agreed).values():
        with bounded(NOTHING), pytest.raises((Malformed, NotAuthentic)):
            receive(message)


@pytest.mark.parametrize("length", [2**20, 2**31, 2**32 - 1])
def test_a_length_that_lies(length: int, agreed: Agreed) -> None:
    """Storage has lengths in it: none makes room for what isn't there."""
    stored = agreed.household.to_bytes()
    at = stored.index(agreed.offered.statement.to_bytes()) - 4
    with bounded(NOTHING), pytest.raises(Malformed):
        HouseholdAgreement.from_bytes(
            stored[:at] + length.to_bytes(4) + stored[at + 4 :]
        )


def test_the_longest_report_of_no_plan(agreed: Agreed) -> None:
    """As long as the provider takes: read whole, copied once, refused by its length."""
    honest = report_of(agreed, 700, window=5)
    message = honest.data + bytes(MAX_CLAIM - len(honest.data))
    with bounded(4 * MAX_CLAIM), pytest.raises(Malformed):
        agreed.provider.check(parse_claim(message))


@pytest.mark.parametrize(
    "text",
    [b"[" * 65_000, b"[" + b"[]," * 21_000 + b"[]]", b'{"a":' * 13_000, b"9" * 65_000],
    ids=["nested", "many", "nested objects", "one number"],
)
def test_a_plan_that_unfolds(text: bytes, agreed: Agreed) -> None:
    statement = Writer(MessageType.STATEMENT).raw(agreed.offered.identity.key)
    message = statement.raw(bytes(64)).raw(text).to_bytes()
    assert len(message) <= MAX_STATEMENT
    with bounded(16 * MEBIBYTE), pytest.raises(Malformed):
        PlanStatement.from_bytes(message)


def test_a_program_that_unfolds(agreed: Agreed) -> None:
    """A greedy program: its compiler gives up in bounded memory.

    It does before the signature is looked at, so that anybody can make it try.
    """
    document = json.loads(agreed.plan.to_json())
    about = {"name": "INPUT_A_x", "meaning": "x", "width": 17}
    document["question"] |= {
        "kind": "program",
        "source": GREEDY["branches over an array"],
        "policy": None,
        "household": [
            about
            | {"measure": "mean_power", "take": "whole", "hours": None, "bands": None}
        ],
        "provider": [about | {"name": "INPUT_B_y", "unit": "W"}],
        "unit": "W",
    }
    writer = Writer(MessageType.STATEMENT).raw(agreed.offered.identity.key)
    message = writer.raw(bytes(64)).raw(json.dumps(document).encode()).to_bytes()
    with bounded(COMPILING), pytest.raises(ProgramError):
        PlanStatement.from_bytes(message)


def test_many_replies_are_not_kept(agreed: Agreed) -> None:
    """A thousand reports, refused or answered: nothing of them stays in memory."""
    reports = [report_of(agreed, 700, window=n) for n in range(20)]
    for report in reports:
        agreed.provider.answer(report)
    with bounded(MEBIBYTE):
        for _ in range(50):
            for report in reports:
                agreed.provider.answer(report)
