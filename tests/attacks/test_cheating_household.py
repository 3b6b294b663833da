"""A household that wants the provider's thresholds rather than its own bucket.

How much it can learn is how many different replies its message can bring, over all
thresholds that the provider might hold. In a small plan they can all be tried.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
import math
import secrets

from currentcost_exchange import ProviderAgreement, Report, provider
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.hashing import Use
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.proof import GarbledProof, Proof, prove
from currentcost_exchange.report import output_hash
from currentcost_exchange.setup import Transfer
import pytest

from ..exchange.parties import (
    Agreed,
    agree,
    household_state,
    offer_plan,
    report_of,
    report_with,
)
from ..exchange.test_proof import evaluate_unchecked
from .evaluating import chosen

WIDTH = 6
ALL = range(1 << WIDTH)
OUTPUT_BITS = 1
MOST_REPLIES = 2**OUTPUT_BITS + 1


@pytest.fixture
def small(trusted_party: object) -> Agreed:
    """One threshold of 6 bits."""
    del trusted_party
    return agree(offer_plan((20,), width=WIDTH, minimum_width=1))


def providers(agreed: Agreed) -> Iterator[ProviderAgreement]:
    """Yield the provider for each threshold that it might have pinned."""
    for value in ALL:
        choices = bits_of(value, WIDTH)
        seeds = chosen(agreed.household.pairs, choices)
        yield replace(agreed.provider, choices=choices, seeds=seeds)


def replies(agreed: Agreed, report: Report) -> Counter[bytes]:
    return Counter(held.answer(report).reply for held in providers(agreed))


def bits_learnt(found: Counter[bytes]) -> float:
    """Return the Shannon information of a reply, thresholds being equally likely."""
    shares = [count / found.total() for count in found.values()]
    return -sum(share * math.log2(share) for share in shares)


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]


def random_hashes() -> list[tuple[bytes, bytes]]:
    return [(secrets.token_bytes(32), secrets.token_bytes(32))]


def with_hash_of(
    agreed: Agreed, report: Report, value: int, other: bytes = b"\1" * 32
) -> Report:
    """Return the report with the hash of the label that one threshold gives.

    The best that junk tables can be made to ask: is it this threshold?
    """
    label = unchecked(list(providers(agreed))[value], report)[37:53]
    found = output_hash(report.context, 0, label)
    return report_with(
        report, agreed.plan, agreed.household.key, output_hashes=[(found, other)]
    )


def hostile_reports(agreed: Agreed) -> Iterator[tuple[str, Report]]:
    """Yield reports that ask for more than a bucket, with a name each."""
    plan = agreed.plan
    for x in (0, 5, 20, 21, 62):
        yield "a lie", report_of(agreed, x)
    honest = report_of(agreed, 20)
    body = honest.body(plan)

    def spoilt(**changes: object) -> Report:
        return report_with(honest, plan, agreed.household.key, **changes)

    for index in range(WIDTH):
        yield (
            "a bad correction",
            spoilt(corrections=flipped(body.corrections, 16 * index)),
        )
        yield (
            "a bad colour",
            spoilt(corrections=flipped(body.corrections, 16 * index + 15)),
        )
    for position in range(0, len(body.tables), 16):
        yield "a bad row", spoilt(tables=flipped(body.tables, position))
        yield (
            "a bad colour of a row",
            spoilt(tables=flipped(body.tables, position + 15)),
        )
    (zero, one), junk = body.output_hashes[0], secrets.token_bytes(len(body.tables))
    yield "one good hash", spoilt(output_hashes=[(zero, b"\1" * 32)])
    yield "the other good hash", spoilt(output_hashes=[(b"\1" * 32, one)])
    yield "no good hash", spoilt(output_hashes=random_hashes())
    yield "hashes exchanged", spoilt(output_hashes=[(one, zero)])
    yield "junk tables", spoilt(tables=junk)
    yield "no corrections", spoilt(corrections=bytes(16 * WIDTH))
    for value in (0, 20, 63):
        yield "is it this one?", with_hash_of(agreed, spoilt(tables=junk), value)


def unchecked(held: ProviderAgreement, report: Report) -> bytes:
    """Return the reply of a build that sends whatever label it found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "decode_outcome", lambda *_: 0)
        return held.answer(report).reply


def test_no_report_brings_more_replies_than_labels_and_a_refusal(small: Agreed) -> None:
    most = Counter[str]()
    for name, report in hostile_reports(small):
        small.provider.check(report)
        found = replies(small, report)
        assert len(found) <= MOST_REPLIES
        assert bits_learnt(found) <= math.log2(MOST_REPLIES)
        most[name] = max(most[name], len(found))
    # The attacks do ask something: a lie two buckets, a spoilt one a refusal beside.
    assert most["a lie"] == 2
    assert most["a bad correction"] == MOST_REPLIES
    assert most["is it this one?"] == 2
    assert most["no good hash"] == 1


def test_what_an_unchecked_reply_tells(small: Agreed) -> None:
    """Without the check of the hashes a single reply names the threshold."""
    honest = report_of(small, 20)
    junk = secrets.token_bytes(len(honest.body(small.plan).tables))
    spoilt = report_with(honest, small.plan, small.household.key, tables=junk)
    found = Counter(unchecked(held, spoilt) for held in providers(small))
    assert len(found) == len(ALL)
    assert bits_learnt(found) == pytest.approx(WIDTH)
    assert len(replies(small, spoilt)) == 1


def test_no_reply_carries_a_seed_or_a_label_of_the_providers(small: Agreed) -> None:
    for _, report in hostile_reports(small):
        corrections = report.body(small.plan).corrections
        for held in providers(small):
            labels = active_inputs(
                Use.CORRECTION, held.seeds, held.choices, report.context, corrections
            )
            reply = held.answer(report).reply
            assert not any(label.to_bytes(16) in reply for label in labels)
            assert not any(seed[:16] in reply for seed in held.seeds)


def policies(honest: GarbledProof) -> Iterator[GarbledProof]:
    """Yield garbled policies that ask for a bit of the thresholds, or for all."""
    for position in range(0, len(honest.corrections), 8):
        yield replace(honest, corrections=flipped(honest.corrections, position))
    for position in range(0, len(honest.tables), 8):
        yield replace(honest, tables=flipped(honest.tables, position))
    yield replace(honest, tables=secrets.token_bytes(len(honest.tables)))
    yield replace(honest, pass_hash=secrets.token_bytes(32))
    yield replace(honest, corrections=bytes(len(honest.corrections)))


type Prove = Callable[..., bytes | None]


def labels_of_policy(
    agreed: Agreed, policy: GarbledProof, find_label: Prove
) -> Counter[bytes]:
    """Return what comes back of a policy, over the thresholds that keep the promise."""
    found = Counter[bytes]()
    for held in providers(agreed):
        value = sum(bit << at for at, bit in enumerate(held.choices))
        if agreed.plan.policy.evaluate(value) != (1,):
            continue
        label = find_label(
            Proof.POLICY,
            agreed.plan.policy,
            held.session,
            held.seeds,
            held.choices,
            policy,
        )
        found[label or b"refused"] += 1
    return found


def honest_policy(agreed: Agreed) -> GarbledProof:
    state = household_state(agreed.setup)
    kept = Transfer.from_bytes(
        agreed.transfer, agreed.plan, state.identity.key, state.session
    )
    return kept.policy


def test_a_set_up_tells_one_bit_at_most(small: Agreed) -> None:
    honest = honest_policy(small)
    assert len(labels_of_policy(small, honest, prove)) == 1
    counts = Counter[int]()
    for policy in policies(honest):
        found = labels_of_policy(small, policy, prove)
        assert len(found) <= 2
        assert bits_learnt(found) <= 1
        counts[len(found)] += 1
    assert counts[2] >= WIDTH


def test_what_an_unchecked_pass_label_tells(small: Agreed) -> None:
    junk = secrets.token_bytes(len(honest_policy(small).tables))
    spoilt = replace(honest_policy(small), tables=junk)
    found = labels_of_policy(small, spoilt, evaluate_unchecked)
    assert len(found) == found.total() == 61
    assert len(labels_of_policy(small, spoilt, prove)) == 1
