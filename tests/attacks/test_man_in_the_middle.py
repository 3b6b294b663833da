"""Somebody on the line, inside TLS: a proxy that is trusted, or a certificate stolen.

It sees every message and may change, drop, repeat and reorder them. It has no seed.
"""

from itertools import permutations, product
import secrets

from currentcost_exchange import (
    ExchangeError,
    HouseholdIdentity,
    HouseholdSetup,
    NotAuthentic,
    ProviderIdentity,
    ProviderSetup,
    ProviderValues,
    Refused,
    Report,
    Violation,
    parse_claim,
)
from currentcost_exchange.authentication import authentication_key, share_of, tagged
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.setup import Request
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
    retagged,
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
                assert agreed.household.verify_reply(sent, reply) == expected[place]
            else:
                with pytest.raises(ExchangeError):
                    agreed.household.verify_reply(sent, reply)


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
            agreed.household.key,
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
            agreed.household.verify_reply(forged.data, answer.reply)
    moved = Report.from_bytes(
        report_of(agreed, 700, window=8).data[:37] + honest.data[37:]
    )
    assert agreed.provider.answer(moved).outcome is None


def test_a_bucket_relabelled_under_way(agreed: Agreed) -> None:
    """Exchanging the two hashes of an output bit would flip that bit of the bucket.

    With the key of the agreement it works, and neither side would notice: the labels
    stay, so that the household reads its true bucket. Without it, nothing is evaluated.
    """
    report, key = report_of(agreed, 700), agreed.household.key
    hashes = report.body(agreed.plan).output_hashes
    assert agreed.provider.answer(report).outcome == 2
    recorded = set()
    for flips in product((False, True), repeat=2):
        exchanged = [
            pair[::-1] if flip else pair
            for pair, flip in zip(hashes, flips, strict=True)
        ]
        changed = report_with(
            report, agreed.plan, agreed.household.key, output_hashes=exchanged
        )
        agreed.provider.check(changed)
        answer = agreed.provider.answer(changed)
        recorded.add(answer.outcome)
        restored = answer.reply[:4] + report.digest + answer.reply[36:]
        with_key = retagged(restored, key)
        assert agreed.household.verify_reply(report.data, with_key) == 2
        if not any(flips):
            continue
        for tag in (report.data[-16:], answer.reply[-16:], secrets.token_bytes(16)):
            forged = Report.from_bytes(changed.data[:-16] + tag)
            with pytest.raises(NotAuthentic):
                agreed.provider.check(forged)
            with pytest.raises(NotAuthentic):
                agreed.household.verify_reply(report.data, restored[:-16] + tag)
    assert recorded == {0, 1, 2, 3}


def test_who_sees_report_and_reply_sees_the_bucket(agreed: Agreed) -> None:
    """A limit: the two messages show the outcome to anyone, as they do to both sides.

    But neither alone, and not where the thresholds lie.
    """
    for x, bucket in ((0, 1), (700, 2), (2001, 3), (51_438, 0)):
        report = report_of(agreed, x)
        reply = agreed.provider.answer(report).reply
        assert agreed.household.verify_reply(report.data, reply) == bucket
        for labels in (bytes(32), secrets.token_bytes(32)):
            made_up = reply[:37] + labels + reply[-16:]
            with pytest.raises(NotAuthentic):
                agreed.household.verify_reply(report.data, made_up)
            # Not even the household could make up a reply.
            with pytest.raises(Violation, match="labels"):
                agreed.household.verify_reply(
                    report.data, retagged(made_up, agreed.household.key)
                )


def test_a_missing_window_is_not_made_up(agreed: Agreed) -> None:
    """Nobody else can say that a window is missing, nor acknowledge it."""
    sent = agreed.household.missing(window_at(3))
    for forged in (
        agreed.household.missing(window_at(4))[:37] + sent[37:],
        tagged(Use.CLAIM, agreed.household.session, sent[:-16]),
        tagged(Use.REPLY, agreed.household.key, sent[:-16]),
    ):
        with pytest.raises(NotAuthentic):
            agreed.provider.check(parse_claim(forged))
    reply = agreed.provider.answer(parse_claim(sent)).reply
    for forged in (
        tagged(Use.REPLY, agreed.household.session, reply[:-16]),
        tagged(Use.CLAIM, agreed.household.key, reply[:-16]),
    ):
        with pytest.raises(NotAuthentic):
            agreed.household.verify_reply(sent, forged)


@pytest.mark.usefixtures("trusted_party")
def test_who_hears_every_message_has_no_key(offered: Offered) -> None:
    """The key comes from two shares, and whoever puts in one of its own is seen.

    In the place of the provider's share it breaks the signature; in the household's
    it is another session. All that is sent is public then, and doesn't give the key.
    """
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    own, request = secrets.token_bytes(32), setup.request()
    replaced = request[:36] + share_of(own) + request[68:]
    with pytest.raises(Violation, match="false signature"):
        ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, replaced
        )
    honest = begin(offered, setup)
    offer = honest.offer[:20] + share_of(own) + honest.offer[52:]
    with pytest.raises(Violation, match="another session"):
        setup.transfer(offer)
    provider, confirmation = honest.finish(setup.transfer(honest.offer))
    household = setup.finish(confirmation)
    assert household.key == provider.key
    shares = (request[36:68], honest.offer[20:52])
    seen = {
        digest(Use.KEY, household.session, each)
        for each in (*shares, bytes(32), confirmation[20:], household.session)
    }
    seen |= {authentication_key(own, share, household.session) for share in shares}
    assert household.key not in seen


@pytest.mark.usefixtures("trusted_party")
@pytest.mark.parametrize(
    "share",
    [
        bytes(32),
        b"\1" + bytes(31),
        (2**255 - 19).to_bytes(32, "little"),
        (2**255 - 20).to_bytes(32, "little"),
        bytes.fromhex(
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
        ),
        bytes.fromhex(
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
        ),
    ],
)
def test_a_share_of_small_order(share: bytes, offered: Offered) -> None:
    """The points of RFC 7748, section 7, that would make everyone's key the same."""
    with pytest.raises(Violation, match="small order"):
        authentication_key(secrets.token_bytes(32), share, bytes(32))
    identity = HouseholdIdentity.new()
    request = Request(identity.key, share, offered.statement.digest).sign(identity)
    with pytest.raises(Violation, match="small order"):
        ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, request
        )


@pytest.mark.usefixtures("trusted_party")
def test_a_transfer_given_twice() -> None:
    """Repeated to the provider, a transfer makes the same agreement again."""
    agreed = agree(offer_plan())
    again, confirmation = agreed.provider_setup.finish(agreed.transfer)
    assert again == agreed.provider
    assert confirmation == agreed.confirmation
