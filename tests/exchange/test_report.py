"""Reports: the right bucket, at one length, and nothing to learn by cheating."""

from dataclasses import replace
import math
import secrets

from currentcost_exchange import (
    MAX_CLAIM,
    MAX_MESSAGE,
    Answer,
    CircuitError,
    Malformed,
    Missing,
    NotAuthentic,
    PlanError,
    ProviderAgreement,
    Refused,
    Report,
    Violation,
    Window,
    WindowKind,
    bucket_of,
    encode_measure,
    parse_claim,
    provider,
)
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.household import active_labels
from currentcost_exchange.report import acknowledgement_bytes
import pytest

from .parties import (
    DAY,
    START,
    VALUES,
    Agreed,
    agree,
    offer_plan,
    report_of,
    report_with,
    retagged,
    window_at,
)

TOP = 2**17 - 1


def edges(values: tuple[int, ...], width: int) -> list[int]:
    top = 2**width - 1
    around = [value + step for value in values for step in (-1, 0, 1)]
    return [x for x in (0, 1, *around, top - 1, top) if 0 <= x <= top]


def test_the_right_bucket_for_thousands_of_measures(agreed: Agreed) -> None:
    drawn = [secrets.randbelow(TOP + 1) for _ in range(2000)]
    for number, x in enumerate(edges(VALUES, 17) + drawn):
        report = report_of(agreed, x, window=number % 2000)
        agreed.provider.check(report)
        answer = agreed.provider.answer(report)
        assert answer.outcome == bucket_of(x, VALUES)
        assert (
            agreed.household.verify_reply(report.data, answer.reply) == answer.outcome
        )


@pytest.mark.usefixtures("trusted_party")
@pytest.mark.parametrize(
    ("count", "width"), [(1, 2), (1, 8), (2, 17), (4, 17), (7, 32), (14, 9), (15, 32)]
)
def test_other_questions(count: int, width: int) -> None:
    step = (2**width - 2) // (count + 1)
    values = tuple(step * (i + 1) for i in range(count))
    agreed = agree(offer_plan(values, width=width, minimum_width=step))
    buckets = set()
    for x in edges(values, width):
        report = report_of(agreed, x)
        agreed.provider.check(report)
        answer = agreed.provider.answer(report)
        assert answer.outcome == bucket_of(x, values)
        assert (
            agreed.household.verify_reply(report.data, answer.reply) == answer.outcome
        )
        buckets.add(answer.outcome)
        assert len(report.data) <= MAX_CLAIM
    assert buckets == set(range(count + 1))
    messages = (agreed.request, agreed.offer, agreed.transfer, agreed.confirmation)
    assert max(map(len, messages)) <= MAX_MESSAGE


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, 2.0**17, 1e9])
def test_out_of_range_is_bucket_0(agreed: Agreed, value: float) -> None:
    report = report_of(agreed, encode_measure(value, 17))
    assert agreed.provider.answer(report).outcome == 0


def test_lengths_depend_on_nothing_secret(agreed: Agreed) -> None:
    sent, replies = set(), set()
    for x in [*edges(VALUES, 17), *(secrets.randbelow(TOP + 1) for _ in range(50))]:
        report = report_of(agreed, x)
        sent.add(len(report.data))
        replies.add(len(agreed.provider.answer(report).reply))
        spoilt = report_with(report, agreed.plan, agreed.household.key, key=bytes(16))
        refused = agreed.provider.answer(spoilt)
        assert refused.outcome is None
        replies.add(len(refused.reply))
        sent.add(len(spoilt.data))
    (length,) = sent
    assert length <= 2700
    assert len(replies) == 1


def test_refusals_are_constant(agreed: Agreed) -> None:
    report = report_of(agreed, 700)
    spoilt = report_with(report, agreed.plan, agreed.household.key, key=bytes(16))
    reply = agreed.provider.answer(spoilt).reply
    assert reply[4:36] == spoilt.digest
    assert not any(reply[36:-16])
    with pytest.raises(Refused):
        agreed.household.verify_reply(spoilt.data, reply)


def test_the_same_report_has_the_same_answer(agreed: Agreed) -> None:
    report = report_of(agreed, 700)
    again = parse_claim(report.data)
    assert agreed.provider.answer(report) == agreed.provider.answer(again)


@pytest.mark.parametrize("measure", [-1, 2**17, 2**40])
def test_a_measure_that_is_too_wide(agreed: Agreed, measure: int) -> None:
    with pytest.raises(CircuitError) as caught:
        agreed.household.report(window_at(0), (measure,))
    assert str(measure) not in str(caught.value)


@pytest.mark.parametrize(
    "window",
    [
        Window(WindowKind.INSTANT, START, START + 900),
        Window(WindowKind.INTERVAL, START + 1, START + 901),
        Window(WindowKind.INTERVAL, START - 900, START),
        Window(WindowKind.INTERVAL, START + 30 * DAY, START + 30 * DAY + 900),
    ],
)
def test_windows_of_no_plan(agreed: Agreed, window: Window) -> None:
    with pytest.raises(PlanError, match="not a window"):
        agreed.household.report(window, (0,))
    with pytest.raises(PlanError, match="not a window"):
        agreed.household.missing(window)


def test_the_window_is_bound(agreed: Agreed) -> None:
    report = report_of(agreed, 700, window=3)
    assert report.window == window_at(3)
    other = report_of(agreed, 700, window=4)
    data = other.data[:37] + report.data[37:]
    moved = Report.from_bytes(data)
    assert moved.window == window_at(4)
    assert agreed.provider.answer(moved).outcome is None


def test_reports_of_other_agreements(agreed: Agreed, trusted_party: object) -> None:
    del trusted_party
    other = agree(agreed.offered)
    report = report_of(other, 700)
    with pytest.raises(Violation, match="another agreement"):
        agreed.provider.check(report)
    # Renamed it is another's, and its seeds open nothing.
    renamed = report.data[:4] + agreed.provider.id + report.data[20:]
    with pytest.raises(NotAuthentic):
        agreed.provider.check(Report.from_bytes(renamed))
    tagged = Report.from_bytes(retagged(renamed, agreed.provider.key))
    agreed.provider.check(tagged)
    assert agreed.provider.answer(tagged).outcome is None


def test_equal_output_hashes(agreed: Agreed) -> None:
    report = report_of(agreed, 700)
    hashes = report.body(agreed.plan).output_hashes
    for position in (0, 1):
        equal = list(hashes)
        equal[position] = (equal[position][0],) * 2
        spoilt = report_with(
            report, agreed.plan, agreed.household.key, output_hashes=equal
        )
        with pytest.raises(Malformed, match="one hash"):
            agreed.provider.check(spoilt)


@pytest.mark.usefixtures("trusted_party")
def test_an_outcome_beyond_the_last_bucket() -> None:
    values = (100, 200, 300, 400)
    agreed = agree(offer_plan(values))
    report = report_of(agreed, 250)
    hashes = report.body(agreed.plan).output_hashes
    # Bucket 3 of 0 to 4; with the hashes of a bit exchanged it reads as another.
    for flipped in range(8):
        exchanged = [
            pair[::-1] if flipped >> position & 1 else pair
            for position, pair in enumerate(hashes)
        ]
        changed = report_with(
            report, agreed.plan, agreed.household.key, output_hashes=exchanged
        )
        agreed.provider.check(changed)
        answer = agreed.provider.answer(changed)
        shown = 3 ^ flipped
        if shown <= 4:
            assert (
                answer.outcome
                == agreed.household.verify_reply(changed.data, answer.reply)
                == shown
            )
        else:
            assert answer.outcome is None
            assert not any(answer.reply[36:-16])


def evaluate_report(held: ProviderAgreement, report: Report) -> bytes:
    """Return the provider's reply without its check, whatever the labels are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "decode_outcome", lambda *_: 0)
        return held.answer(report).reply


@pytest.mark.usefixtures("trusted_party")
def test_labels_that_carry_the_thresholds() -> None:
    """A report that isn't garbled, so that its labels depend on every seed."""
    values = (20,)
    agreed = agree(offer_plan(values, width=6, minimum_width=1))
    honest = report_of(agreed, 5)
    spoilt = report_with(
        honest,
        agreed.plan,
        agreed.household.key,
        tables=secrets.token_bytes(32 * 6),
        output_hashes=[(secrets.token_bytes(32), secrets.token_bytes(32))],
    )
    agreed.provider.check(spoilt)
    leaked = evaluate_report(agreed.provider, spoilt)

    # What is sent is the refusal, with nothing of the labels in it.
    answer = agreed.provider.answer(spoilt)
    assert answer.outcome is None
    assert not any(answer.reply[36:-16])
    assert any(leaked[37:])

    # The unchecked labels name the threshold: one guess gives the same.
    found = []
    for value in range(2**6):
        choices = bits_of(value, 6)
        seeds = [
            pair[bit] for pair, bit in zip(agreed.household.pairs, choices, strict=True)
        ]
        guess = replace(agreed.provider, choices=choices, seeds=seeds)
        if evaluate_report(guess, spoilt) == leaked:
            found.append(value)
    assert found == [*values]


def test_one_bad_label_of_two_is_refused_whole(agreed: Agreed) -> None:
    report = report_of(agreed, 700)
    hashes = report.body(agreed.plan).output_hashes
    for position in (0, 1):
        spoilt = list(hashes)
        spoilt[position] = (secrets.token_bytes(32), secrets.token_bytes(32))
        changed = report_with(
            report, agreed.plan, agreed.household.key, output_hashes=spoilt
        )
        answer = agreed.provider.answer(changed)
        assert answer.outcome is None
        assert not any(answer.reply[36:-16])


def test_missing_windows(agreed: Agreed) -> None:
    sent = agreed.household.missing(window_at(5))
    claim = parse_claim(sent)
    assert isinstance(claim, Missing)
    assert claim.window == window_at(5)
    agreed.provider.check(claim)
    answer = agreed.provider.answer(claim)
    assert answer == Answer(None, acknowledgement_bytes(claim, agreed.provider.key))
    assert agreed.household.verify_reply(sent, answer.reply) is None
    assert agreed.household.missing(window_at(5)) == sent


def test_missing_windows_are_authentic(agreed: Agreed, trusted_party: object) -> None:
    del trusted_party
    sent = agreed.household.missing(window_at(5))
    moved = agreed.household.missing(window_at(6))
    other = agree(agreed.offered)
    foreign = other.household.missing(window_at(5))
    renamed = replace(other.household, session=agreed.household.session).missing(
        window_at(5)
    )
    with pytest.raises(Violation, match="another agreement"):
        agreed.provider.check(parse_claim(foreign))
    for forged in (
        moved[:-16] + sent[-16:],
        sent[:-16] + bytes(16),
        foreign[:4] + agreed.provider.id + foreign[20:],
        renamed,
    ):
        with pytest.raises(NotAuthentic):
            agreed.provider.check(parse_claim(forged))


def test_colours_tell_nothing_of_the_measure(agreed: Agreed) -> None:
    """The colours of x's active labels are fair coins, whatever x is.

    Hoeffding: among n fair coins a count is off its mean by more than d with a
    probability of at most 2 exp(-2 d^2 / n); with n = 1200 and d = 140 that is
    below 2e-14, for all counts here together below 3e-12.
    """
    count, limit = 1200, 140
    for x in (0, TOP, None):
        ones, equal = [0] * 17, [0] * 17
        for _ in range(count):
            measure = secrets.randbits(17) if x is None else x
            body = report_of(agreed, measure).body(agreed.plan)
            labels = active_labels(body.active_seed, 17)
            bits = bits_of(measure, 17)
            for wire, (label, bit) in enumerate(zip(labels, bits, strict=True)):
                ones[wire] += label & 1
                # Colour and bit together are the permute bit, which is secret.
                equal[wire] += (label & 1) == bit
        assert all(abs(found - count / 2) <= limit for found in ones + equal)
