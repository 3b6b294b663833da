"""A thief of what the household stores for an agreement (a backup, a disk image).

Together with the messages that were recorded under way. Seeds are replaced once a day, so
a theft opens the day that it happens on and what comes after it, and no day before.
"""

from currentcost_exchange import HouseholdAgreement, Report, parse_claim
from currentcost_exchange.garbling import labels_of
from currentcost_exchange.hashing import Use, pads
from currentcost_exchange.transfer import SeedPair

from ..exchange.parties import Agreed, report_of, window_at
from .evaluating import corrections_of, reading_of

READINGS = (0, 1, 517, 700, 2000, 51_437, 61_357, 2**17 - 2)
A_DAY = 96
"""Windows."""

NOTHING = 2**17 - 1
"""What a search for a reading comes to where no labels are right."""


def test_every_reading_from_that_day_on(agreed: Agreed) -> None:
    stolen = agreed.household.advanced(5).to_bytes()
    thief = HouseholdAgreement.from_bytes(stolen)
    plan = thief.statement.plan
    for day, is_read in ((0, False), (4, False), (5, True), (20, True)):
        recorded = [
            report_of(agreed, x, window=day * A_DAY + n) for n, x in enumerate(READINGS)
        ]
        pairs = thief.advanced(max(day, 5)).pairs
        read = [reading_of(plan, Report.from_bytes(r.data), pairs) for r in recorded]
        assert read == ([*READINGS] if is_read else [NOTHING] * len(READINGS))


def test_delta_is_all_it_takes(agreed: Agreed) -> None:
    """One pair of seeds, of any bit, gives Delta; the rest follows from it."""
    report = report_of(agreed, 700)
    thief = HouseholdAgreement.from_bytes(agreed.household.to_bytes())
    corrections = corrections_of(agreed.plan, report)
    found = {
        correction ^ zero ^ one
        for correction, zero, one in zip(
            corrections,
            _pads(report, [pair[0] for pair in thief.pairs]),
            _pads(report, [pair[1] for pair in thief.pairs]),
            strict=True,
        )
    }
    (delta,) = found
    assert delta & 1


def _pads(report: Report, seeds: list[bytes]) -> list[int]:
    return labels_of(pads(Use.CORRECTION, seeds, report.context))


def test_the_household_s_name(agreed: Agreed) -> None:
    """The thief can sign and report as the household, given the token as well."""
    thief = HouseholdAgreement.from_bytes(agreed.household.to_bytes())
    for message, outcome in (
        (thief.report(window_at(9), (60_000,)), 0),
        (thief.missing(window_at(10)), None),
    ):
        claim = parse_claim(message)
        agreed.provider.check(claim)
        assert agreed.provider.answer(claim).outcome == outcome


def test_the_thresholds_stay_with_the_provider(agreed: Agreed) -> None:
    """What the household holds of them is points, and the seeds of both values.

    They are hidden under DDH: the thief knows neither b nor which z is y^a. Here only
    that nothing stored says it outright; the buckets seen tell what they tell anyone.
    """
    stolen = agreed.household.to_bytes()
    for secret in (
        agreed.provider.exponent,
        agreed.provider.choices,
        agreed.offered.values.salt,
    ):
        assert secret not in stolen


def test_one_seed_of_each_bit_is_not_enough(agreed: Agreed) -> None:
    """Had only one seed a bit been stolen, the readings would stay hidden."""
    report = report_of(agreed, 700)
    pairs: list[SeedPair] = [
        (seed, bytes(32)) if not bit else (bytes(32), seed)
        for seed, bit in zip(
            agreed.provider.seeds, agreed.provider.choices, strict=True
        )
    ]
    assert reading_of(agreed.plan, report, pairs) == 2**17 - 1
