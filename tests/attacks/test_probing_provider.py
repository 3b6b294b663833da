"""A provider that wants more than the bucket out of the reports it gets."""

from dataclasses import replace
from random import Random

from currentcost_exchange import (
    HouseholdIdentity,
    PlanError,
    Report,
    Window,
    WindowKind,
)
from currentcost_exchange.hashing import Use
from currentcost_exchange.inputs import active_inputs
import pytest

from ..exchange.parties import (
    DAY,
    LENGTH,
    START,
    VALUES,
    Agreed,
    agree,
    offer_plan,
    report_of,
    report_with,
    window_at,
)
from .evaluating import bits_of_all, chosen, corrections_of, outcome_of, outcome_with

WIDTH = 17
TOP = 2**WIDTH - 1


def interval(values: tuple[int, ...], outcome: int) -> range:
    """Return the readings of an outcome."""
    edges = [0, *(value + 1 for value in values), TOP + 1]
    place = outcome - 1 if outcome else len(values)
    return range(edges[place], edges[place + 1])


def common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def test_no_other_thresholds_than_the_pinned(agreed: Agreed) -> None:
    """Each bit alone is asked otherwise, then 500 sets of thresholds as a whole."""
    held, plan = agreed.provider, agreed.plan
    report = report_of(agreed, 700)
    assert outcome_with(plan, report, held.seeds, held.choices) == 2
    for index in range(plan.provider_bits):
        asked = bytearray(held.choices)
        asked[index] ^= 1
        assert outcome_with(plan, report, held.seeds, bytes(asked)) is None
    random = Random(1)  # noqa: S311  # the same inputs again
    for _ in range(500):
        values = tuple(sorted(random.sample(range(TOP), 3)))
        asked_bits = bits_of_all(values, WIDTH)
        assert outcome_with(plan, report, held.seeds, asked_bits) is None


def test_no_label_out_of_what_is_at_hand(agreed: Agreed) -> None:
    """The other label of one bit would be enough to ask for other thresholds.

    The attacker adds up whatever two of the report's blocks and its own labels give:
    what it looks for is off by Delta from a label that it has.
    """
    held, plan = agreed.provider, agreed.plan
    report = report_of(agreed, 700)
    known = active_inputs(
        Use.CORRECTION,
        held.seeds,
        held.choices,
        report.context,
        report.body(plan).corrections,
    )
    corrections = corrections_of(plan, report)
    candidates = {0} | {
        one ^ other
        for blocks in (corrections, known)
        for one in blocks
        for other in blocks
    }
    candidates |= {*corrections, *known}
    for index in (0, 16, 50):
        for candidate in list(candidates)[::17]:
            forged = list(known)
            forged[index] ^= candidate
            assert (outcome_of(plan, report, forged) is None) == (candidate != 0)


def test_a_steady_reading_stays_in_its_bucket(agreed: Agreed) -> None:
    """300 windows of one reading, each asked twice: all say the same, and no more."""
    x = 700
    left = range(TOP + 1)
    for number in range(300):
        report = report_of(agreed, x, window=number)
        for _ in range(2):
            outcome = agreed.provider.answer(report).outcome
            assert outcome is not None
            left = common(left, interval(VALUES, outcome))
    assert left == range(VALUES[0] + 1, VALUES[1] + 1)
    assert len(left) >= 100


def test_what_thresholds_for_each_window_would_give_away(agreed: Agreed) -> None:
    """Were they not pinned, nine windows would tell the reading to the watt.

    Played by the household's own seeds: of each bit it holds both.
    """
    x, plan = 61_357, agreed.plan
    left, windows = range(TOP + 1), 0
    while len(left) > 1:
        step = max(1, len(left) // 4)
        values = tuple(left.start - 1 + step * (i + 1) for i in range(3))
        asked = bits_of_all(tuple(min(v, left.stop - 1) for v in values), WIDTH)
        report = report_of(agreed, x, window=windows)
        seeds = chosen(agreed.household.pairs, asked)
        outcome = outcome_with(plan, report, seeds, asked)
        assert outcome is not None
        left = common(left, interval(values, outcome))
        windows += 1
    assert left == range(x, x + 1)
    assert windows <= 9


@pytest.mark.usefixtures("trusted_party")
def test_a_new_agreement_opens_no_old_report() -> None:
    """The same household agrees again on other thresholds: two sets of seeds.

    Whatever is taken from either for a bit, reports of the one agreement are only
    ever evaluated on the thresholds of that one.
    """
    first, second = agree(offer_plan()), agree(offer_plan((600, 800, 1000)))
    report = report_of(first, 700)
    old, new = first.provider, second.provider
    assert outcome_with(first.plan, report, new.seeds, new.choices) is None
    renamed = Report.from_bytes(report.data[:4] + new.id + report.data[20:])
    for seeds in (old.seeds, new.seeds):
        assert outcome_with(second.plan, renamed, seeds, new.choices) is None
    random = Random(2)  # noqa: S311  # the same inputs again
    for _ in range(300):
        taken = [random.choice(pair) for pair in zip(old.seeds, new.seeds, strict=True)]
        pinned = taken == old.seeds
        for choices in (old.choices, new.choices):
            assert outcome_with(first.plan, report, taken, choices) is None or pinned


@pytest.mark.usefixtures("trusted_party")
def test_what_agreeing_again_and_again_gives_away() -> None:
    """A limit: each agreement on other thresholds cuts a steady reading further.

    No agreement keeps a promise about the last one, so each takes a person's consent.
    """
    x, left, agreements = 700, range(TOP + 1), 0
    while len(left) > 1 and agreements < 20:
        middle = (left.start + left.stop) // 2
        values = tuple(max(100, middle - 1) + 200 * i for i in range(3))
        agreed = agree(offer_plan(values))
        outcome = agreed.provider.answer(report_of(agreed, x)).outcome
        assert outcome is not None
        left = common(left, interval(values, outcome))
        agreements += 1
    assert x in left
    assert len(left) == 1
    assert 5 <= agreements <= 17


def test_asking_for_more_reports_of_a_window(agreed: Agreed) -> None:
    """Were a window garbled a hundred times, the answer would be the same each time.

    And no part of one report goes with another.
    """
    plan, held = agreed.plan, agreed.provider
    reports = [report_of(agreed, 700) for _ in range(100)]
    assert {held.answer(report).outcome for report in reports} == {2}
    bodies = [report.body(plan) for report in reports]
    for part in ("key", "active_seed", "corrections", "tables", "output_hashes"):
        assert len({str(getattr(body, part)) for body in bodies}) == len(bodies)
        part_of_another = {part: getattr(bodies[1], part)}
        mixed = report_with(reports[0], plan, agreed.household.key, **part_of_another)
        assert held.answer(mixed).outcome is None


@pytest.mark.parametrize("kind", WindowKind)
def test_no_window_but_the_plans(agreed: Agreed, kind: WindowKind) -> None:
    """Shorter, longer, overlapping: none is ever garbled.

    On demand (the owner's limit on these is of the integration), none but whole slots.
    """
    window = window_at(5)
    garbled = []
    for start in range(window.start - 30, window.start + 31, 10):
        for length in (10, LENGTH // 3, LENGTH - 10, LENGTH, 2 * LENGTH, DAY):
            asked = replace(window, kind=kind, start=start, end=start + length)
            try:
                agreed.household.report(asked, (700,))
            except PlanError:
                continue
            garbled.append(asked)
    slots = [Window.instant_at(window.start + late) for late in range(-30, 31, 10)]
    expected = {WindowKind.INTERVAL: [window], WindowKind.INSTANT: slots}
    assert garbled == expected.get(kind, [])
    outside = replace(window, start=START - LENGTH, end=START)
    with pytest.raises(PlanError):
        agreed.household.report(outside, (700,))


@pytest.mark.usefixtures("trusted_party")
def test_two_providers_do_not_see_one_home() -> None:
    """A home has another key with each provider, and nothing in common otherwise."""
    agreements = [agree(offer_plan()) for _ in range(2)]
    keys = {agreed.household.identity.key for agreed in agreements}
    assert len(keys) == 2
    blocks = [
        {agreed.request[start : start + 16] for start in range(4, 68, 16)}
        for agreed in agreements
    ]
    assert not blocks[0] & blocks[1]
    assert HouseholdIdentity.new().key not in keys
