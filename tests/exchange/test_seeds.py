"""A day's seeds open no earlier day, whoever has them."""

from dataclasses import replace

from currentcost_exchange import (
    HouseholdAgreement,
    PlanError,
    ProviderAgreement,
    Report,
    bucket_of,
)
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.inputs import garbled_inputs
from currentcost_exchange.seeds import advance
import pytest

from .parties import DAY, LENGTH, START, VALUES, Agreed, agree, offer_plan, window_at

A_DAY = DAY // LENGTH
"""Windows."""


@pytest.fixture(scope="module")
def agreed() -> Agreed:
    return agree(offer_plan())


def at_day(agreed: Agreed, number: int) -> tuple[HouseholdAgreement, ProviderAgreement]:
    return agreed.household.advanced(number), agreed.provider.advanced(number)


def delta_of(agreement: HouseholdAgreement, report: Report) -> int | None:
    """Return the Delta that a thief of the seeds reads from a recorded report.

    A correction is PRF(k0) xor PRF(k1) xor Delta; the same for every bit, if the seeds
    are the report's.
    """
    body = report.body(agreement.statement.plan)
    _, pads = garbled_inputs(Use.CORRECTION, agreement.pairs, report.context, 0)
    found = {
        int.from_bytes(body.corrections[start : start + 16])
        ^ int.from_bytes(pads[start : start + 16])
        for start in range(0, len(pads), 16)
    }
    return found.pop() if len(found) == 1 else None


def test_a_seed_is_the_hash_of_the_day_before() -> None:
    seed = bytes(range(32))
    one = digest(Use.SEED, seed)
    assert advance([seed], since=0, day=0) == [seed]
    assert advance([seed], since=4, day=5) == [one]
    assert advance([seed, one], since=4, day=6) == [
        digest(Use.SEED, one),
        digest(Use.SEED, digest(Use.SEED, one)),
    ]


@pytest.mark.parametrize("day", [0, 1, 2, 29])
@pytest.mark.parametrize("behind", [0, 1, 2])
def test_both_sides_are_of_the_windows_day(
    agreed: Agreed, day: int, behind: int
) -> None:
    household, provider = at_day(agreed, max(day - behind, 0))
    # The last window of a day is of that day, though it is over on the next.
    for number in (0, A_DAY - 1):
        window = window_at(day * A_DAY + number)
        for one in (household, agreed.household):
            sent = Report.from_bytes(one.report(window, (1500,)))
            for other in (provider, agreed.provider):
                assert other.answer(sent).outcome == bucket_of(1500, VALUES)


def test_forgotten_days(agreed: Agreed) -> None:
    household, provider = at_day(agreed, 2)
    yesterday = window_at(2 * A_DAY - 1)
    with pytest.raises(PlanError, match="forgotten"):
        household.report(yesterday, (1500,))
    sent = Report.from_bytes(agreed.household.report(yesterday, (1500,)))
    with pytest.raises(PlanError, match="forgotten"):
        provider.answer(sent)
    for party in (household, provider):
        with pytest.raises(PlanError, match="forgotten"):
            party.advanced(1)
    # That a window is missing takes no seeds.
    assert household.missing(yesterday)


def test_days_of_no_period(agreed: Agreed) -> None:
    """A window of the year 9999 is refused before there is any work."""
    report = agreed.household.report(window_at(0), (1500,))
    late = report[:20] + b"\1" + (2**48 - 901).to_bytes(8) + (2**48 - 1).to_bytes(8)
    with pytest.raises(PlanError, match="beyond"):
        agreed.provider.answer(Report.from_bytes(late + report[37:]))


def test_storage_keeps_the_day(agreed: Agreed) -> None:
    household, provider = at_day(agreed, 3)
    assert HouseholdAgreement.from_bytes(household.to_bytes()) == household
    assert ProviderAgreement.from_bytes(provider.to_bytes()) == provider


def test_a_thief_reads_the_day_that_was_stolen_and_no_earlier_one(
    agreed: Agreed,
) -> None:
    reports = [
        Report.from_bytes(agreed.household.report(window_at(day * A_DAY), (1500,)))
        for day in range(4)
    ]
    stolen = agreed.household.advanced(2)
    opened = [
        delta_of(stolen.advanced(max(day, 2)), report) is not None
        for day, report in enumerate(reports)
    ]
    assert opened == [False, False, True, True]
    # Had the first day's seeds been kept, so would all have been.
    assert delta_of(agreed.household, reports[0]) is not None


def test_a_household_that_is_ahead_can_not_be_evaluated(agreed: Agreed) -> None:
    """Another day's seeds give labels that stand for nothing: a refusal."""
    wrong = replace(agreed.household.advanced(1), day=0)
    sent = Report.from_bytes(wrong.report(window_at(0), (1500,)))
    assert agreed.provider.answer(sent).outcome is None


@pytest.mark.parametrize(
    ("time", "day"),
    [(START - 5, 0), (START, 0), (START + DAY - 1, 0), (START + DAY, 1)],
)
def test_days_of_the_period(agreed: Agreed, time: int, day: int) -> None:
    assert agreed.plan.day_of(time) == day
