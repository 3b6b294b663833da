"""Somebody on the line, inside TLS: a proxy that is trusted, or a certificate stolen.

It sees every message and may change, drop, repeat and reorder them. It has no seed.
"""

from itertools import permutations, product
import secrets

from currentcost_exchange import (
    ExchangeError,
    HouseholdIdentity,
    HouseholdSetup,
    ProviderIdentity,
    ProviderValues,
    Refused,
    Report,
    Violation,
    parse_claim,
    verify_reply,
)
from currentcost_exchange.transfer import Receiver
import pytest

from ..exchange.parties import (
    Agreed,
    Offered,
    agree,
    begin,
    offer_again,
    offer_plan,
    plan_of,
    report_of,
    report_with,
    window_at,
)
from ..exchange.receivers import choose


@pytest.mark.usefixtures("trusted_party")
def test_messages_of_two_sessions_exchanged(offered: Offered) -> None:
    """One provider, two households: each message of the one given to the other."""
    setups = [HouseholdSetup(HouseholdIdentity.new(), offered.statement) for _ in "ab"]
    begun = [begin(offered, setup) for setup in setups]
    for one, other in ((0, 1), (1, 0)):
        with pytest.raises(Violation, match="another session"):
            setups[one].transfer(begun[other].offer)
    transfers = [
        setup.transfer(side.offer) for setup, side in zip(setups, begun, strict=True)
    ]
    for one, other in ((0, 1), (1, 0)):
        with pytest.raises(Violation, match="another session"):
            begun[one].finish(transfers[other])
    finished = [
        side.finish(transfer) for side, transfer in zip(begun, transfers, strict=True)
    ]
    for one, other in ((0, 1), (1, 0)):
        with pytest.raises(Violation, match="promise"):
            setups[one].finish(finished[other][1])
    kept = [setup.finish(end) for setup, (_, end) in zip(setups, finished, strict=True)]
    for one, other in ((0, 1), (1, 0)):
        held, report = finished[one][0], kept[other].report(window_at(0), (700,))
        with pytest.raises(Violation, match="another agreement"):
            held.check(parse_claim(report))


@pytest.mark.usefixtures("trusted_party")
def test_an_agreement_in_the_middle(offered: Offered) -> None:
    """The man in the middle agrees with the provider as a household of his own.

    And passes the household off as his: its key is in the session, so the offer that
    he gets is none that it takes.
    """
    victim = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    mallory = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    offer = begin(offered, mallory).offer
    with pytest.raises(Violation, match="another session"):
        victim.transfer(offer)
    # As a provider he has another key, which its fingerprint shows.
    identity, values = ProviderIdentity.new(), ProviderValues.new((600, 800, 1000))
    forged = identity.sign_plan(plan_of(values))
    assert forged.fingerprint != offered.statement.fingerprint
    assert forged.code != offered.statement.code
    # Without the provider's signature he gets no transfer out of the household.
    honest = begin(offered, victim)
    receiver: Receiver = choose(honest.session, honest.receiver.choices)
    stolen = Offered(
        identity=identity, values=offered.values, statement=offered.statement
    )
    message = offer_again(stolen, victim.request(), honest, receiver.message)
    with pytest.raises(Violation, match="false signature"):
        victim.transfer(message)


def test_replies_in_another_order(agreed: Agreed) -> None:
    reports = [report_of(agreed, 400 * n, window=n) for n in range(4)]
    replies = [agreed.provider.answer(report).reply for report in reports]
    expected = [1, 1, 2, 2]
    for order in permutations(range(4)):
        for place, taken in enumerate(order):
            sent, reply = reports[place].data, replies[taken]
            if place == taken:
                assert verify_reply(sent, reply, 4) == expected[place]
            else:
                with pytest.raises(ExchangeError):
                    verify_reply(sent, reply, 4)


def test_parts_of_two_reports_put_together(agreed: Agreed) -> None:
    """Every cut of two reports into one: refused, whatever the provider holds."""
    one, other = (report_of(agreed, 700, window=n) for n in (1, 1))
    size = len(one.data)
    for cut in [*range(0, size, 16), size - 1]:
        spliced = one.data[:cut] + other.data[cut:]
        if spliced in (one.data, other.data):
            continue
        claim = parse_claim(spliced)
        try:
            agreed.provider.check(claim)
        except ExchangeError:
            continue
        assert agreed.provider.answer(claim).outcome is None


def test_a_report_made_up_is_refused(agreed: Agreed) -> None:
    """Who has the token and no seed: it can use up windows, not put in a bucket."""
    honest = report_of(agreed, 700)
    body = honest.body(agreed.plan)
    for _ in range(200):
        forged = report_with(
            honest,
            agreed.plan,
            key=secrets.token_bytes(16),
            active_seed=secrets.token_bytes(16),
            corrections=secrets.token_bytes(len(body.corrections)),
            tables=secrets.token_bytes(len(body.tables)),
            output_hashes=[
                (secrets.token_bytes(32), secrets.token_bytes(32)) for _ in range(2)
            ],
        )
        agreed.provider.check(forged)
        answer = agreed.provider.answer(forged)
        assert answer.outcome is None
        with pytest.raises(Refused):
            verify_reply(forged.data, answer.reply, 4)
    moved = Report.from_bytes(
        report_of(agreed, 700, window=8).data[:37] + honest.data[37:]
    )
    assert agreed.provider.answer(moved).outcome is None


def test_a_bucket_relabelled_under_way(agreed: Agreed) -> None:
    """A limit: a report is not signed, and what TLS alone protects is its integrity.

    Exchanging the two hashes of an output bit flips that bit of the bucket that the
    provider reads. The labels stay, so the reply, with the digest of what was sent put
    back, shows the household its true bucket: neither side notices. Of the reading the
    man in the middle learns nothing by it.
    """
    report = report_of(agreed, 700)
    hashes = report.body(agreed.plan).output_hashes
    assert agreed.provider.answer(report).outcome == 2
    recorded = set()
    for flips in product((False, True), repeat=2):
        exchanged = [
            pair[::-1] if flip else pair
            for pair, flip in zip(hashes, flips, strict=True)
        ]
        changed = report_with(report, agreed.plan, output_hashes=exchanged)
        agreed.provider.check(changed)
        answer = agreed.provider.answer(changed)
        recorded.add(answer.outcome)
        restored = answer.reply[:4] + report.digest + answer.reply[36:]
        assert verify_reply(report.data, restored, 4) == 2
    assert recorded == {0, 1, 2, 3}


def test_who_sees_report_and_reply_sees_the_bucket(agreed: Agreed) -> None:
    """A limit: the two messages show the outcome to anyone, as they do to both sides.

    But neither alone, and not where the thresholds lie.
    """
    for x, bucket in ((0, 1), (700, 2), (2001, 3), (51_438, 0)):
        report = report_of(agreed, x)
        reply = agreed.provider.answer(report).reply
        assert verify_reply(report.data, reply, 4) == bucket
        for made_up in (reply[:37] + bytes(32), reply[:37] + secrets.token_bytes(32)):
            with pytest.raises(Violation):
                verify_reply(report.data, made_up, 4)


def test_a_missing_window_is_not_made_up(agreed: Agreed) -> None:
    """That message is signed: nobody else can say that a window is missing."""
    sent = agreed.household.missing(window_at(3))
    for forged in (
        agreed.household.missing(window_at(4))[:37] + sent[37:],
        sent[:-64] + HouseholdIdentity.new().sign(sent[:-64]),
    ):
        with pytest.raises(ExchangeError):
            agreed.provider.check(parse_claim(forged))


@pytest.mark.usefixtures("trusted_party")
def test_a_transfer_given_twice() -> None:
    """Repeated to the provider, a transfer makes the same agreement again."""
    agreed = agree(offer_plan())
    again, confirmation = agreed.provider_setup.finish(agreed.transfer)
    assert again == agreed.provider
    assert confirmation == agreed.confirmation
