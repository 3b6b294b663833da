"""A random source that repeats gives no reading away.

A resumed snapshot or a cloned machine may draw the same randomness twice. Garbled
alike, two measures have tables that differ by Delta, and with Delta the provider can
ask the report anything. The measure enters the seed of all secrets to prevent it.
"""

import copy
import secrets

from currentcost_exchange import (
    HouseholdIdentity,
    HouseholdSetup,
    ProviderSetup,
    Report,
)
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.garbling import evaluate
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.household import active_labels
from currentcost_exchange.identity import Purpose
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.report import decode_outcome, output_hash
import pytest

from .parties import Agreed, Offered, begin, household_state, report_of, window_at
from .receivers import chunks, points_of

BODY = 69
"""Bytes of a report's context; blocks of 16 bytes follow."""
PAIRS = [(0, 1), (700, 701), (700, 90_000), (0, 2**17 - 1), (1024, 0)]


def blocks(report: Report) -> list[bytes]:
    body = report.data[BODY:]
    assert len(body) % 16 == 0
    return [body[start : start + 16] for start in range(0, len(body), 16)]


def repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the system's random source return the same bytes each time."""
    monkeypatch.setattr(secrets, "token_bytes", lambda size: b"\xa5" * size)


def weaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the measure, the last field, out of the seed."""

    def hedge(self: HouseholdIdentity, purpose: Purpose, *fields: bytes) -> bytes:
        fresh = secrets.token_bytes(32)
        return digest(Use.HEDGE, self.secret, fresh, purpose.value, *fields[:-1])

    monkeypatch.setattr(HouseholdIdentity, "hedge", hedge)


def deltas(agreed: Agreed, first: Report, second: Report) -> set[int]:
    """Return what an attacker takes for Delta: what opens the label not computed."""
    reply = agreed.provider.answer(first).reply
    hashes = first.body(agreed.plan).output_hashes
    found = set()
    for one, other in zip(blocks(first), blocks(second), strict=True):
        candidate = int.from_bytes(one) ^ int.from_bytes(other)
        for position, pair in enumerate(hashes):
            label = int.from_bytes(reply[37 + 16 * position :][:16]) ^ candidate
            opened = output_hash(first.context, position, label.to_bytes(16))
            if candidate and opened in pair:
                found.add(candidate)
    return found


def read_measure(agreed: Agreed, report: Report, delta: int) -> int:
    """Return the measure, asked of the report with thresholds of the attacker's own."""
    held, plan = agreed.provider, agreed.plan
    body = report.body(plan)
    known = active_inputs(
        Use.CORRECTION, held.seeds, held.choices, report.context, body.corrections
    )
    zeros = [
        label ^ bit * delta for label, bit in zip(known, held.choices, strict=True)
    ]
    low, high = 0, 2**17 - 1
    while low < high:
        middle = (low + high) // 2
        asked = bits_of(middle, 17) * 3
        labels = active_labels(body.active_seed, 17)
        labels += [zero ^ bit * delta for zero, bit in zip(zeros, asked, strict=True)]
        outputs = evaluate(plan.circuit, body.key, labels, body.tables)
        outcome = decode_outcome(
            report.context,
            [label.to_bytes(16) for label in outputs],
            body.output_hashes,
        )
        if outcome == 1:
            high = middle
        else:
            low = middle + 1
    return low


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_measures_from_the_same_randomness(
    agreed: Agreed, monkeypatch: pytest.MonkeyPatch, one: int, other: int
) -> None:
    repeat(monkeypatch)
    first, second = report_of(agreed, one), report_of(agreed, other)
    assert not deltas(agreed, first, second)
    assert first.context != second.context
    assert not set(blocks(first)) & set(blocks(second))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_an_unhedged_seed_would_give_away(
    agreed: Agreed, monkeypatch: pytest.MonkeyPatch, one: int, other: int
) -> None:
    repeat(monkeypatch)
    weaken(monkeypatch)
    first, second = report_of(agreed, one), report_of(agreed, other)
    (delta,) = deltas(agreed, first, second)
    assert read_measure(agreed, first, delta) == one
    assert read_measure(agreed, second, delta) == other


def test_windows_and_households_do_not_share(
    agreed: Agreed, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat(monkeypatch)
    first, second = report_of(agreed, 700), report_of(agreed, 700, window=1)
    assert not set(blocks(first)) & set(blocks(second))
    identities = HouseholdIdentity(b"\1" * 32), HouseholdIdentity(b"\2" * 32)
    seeds = {identity.hedge(Purpose.REPORT, b"a", b"b") for identity in identities}
    hedge = identities[0].hedge
    seeds |= {hedge(Purpose.REPORT, b"ab"), hedge(Purpose.REPORT, b"", b"ab")}
    seeds |= {hedge(purpose, b"a", b"b") for purpose in Purpose}
    assert len(seeds) == 4 + len(Purpose) - 1


def test_a_set_up_resumed_twice_shares_no_seed(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise a provider that chooses one bit in one and the other in the other
    # holds both seeds, hence Delta, hence every reading.
    repeat(monkeypatch)
    setup = HouseholdSetup(HouseholdIdentity(b"\1" * 32), offered.statement)
    twin = copy.copy(setup)
    provider = begin(offered, setup)
    monkeypatch.setattr(secrets, "token_bytes", lambda size: b"\x5b" * size)
    other = begin(offered, setup)
    repeat(monkeypatch)
    setup.transfer(provider.offer)
    twin.transfer(other.offer)
    seeds = [
        {seed for pair in household_state(each).pairs for seed in pair}
        for each in (setup, twin)
    ]
    assert len(seeds[0] | seeds[1]) == 4 * offered.plan.provider_bits


def test_a_provider_resumed_twice_shows_no_exponent(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise two proofs with one nonce give the exponent, hence the thresholds.
    requests = [
        HouseholdSetup(HouseholdIdentity.new(), offered.statement).request()
        for _ in range(2)
    ]
    repeat(monkeypatch)
    first, second = (
        ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, request
        ).receiver
        for request in requests
    )
    assert first.exponent != second.exponent
    assert not set(points_of(first.message)) & set(points_of(second.message))
    assert chunks(first.message)[1] != chunks(second.message)[1]


def test_the_same_everything_is_the_same_report(
    agreed: Agreed, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Harmless: whoever sees it twice sees it once.
    repeat(monkeypatch)
    assert report_of(agreed, 700) == report_of(agreed, 700)


def test_garbled_twice_nothing_is_shared(agreed: Agreed) -> None:
    first, second = (
        Report.from_bytes(agreed.household.report(window_at(0), (700,)))
        for _ in range(2)
    )
    assert not set(blocks(first)) & set(blocks(second))
    assert first.context != second.context
    assert not deltas(agreed, first, second)
    # Within one report no block stands twice either.
    assert len(set(blocks(first))) == len(blocks(first))
