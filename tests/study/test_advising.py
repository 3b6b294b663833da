"""The adviser finds the plan that is known to be the right one."""

from currentcost_study import Series
from currentcost_study.advising import (
    Advice,
    Candidate,
    Measure,
    Purpose,
    Question,
    advise,
    candidates_for,
    in_words,
    peaks,
)
import numpy as np
import pytest

MIDNIGHT = 86_400 * 20_000
DAYS = 24


@pytest.fixture(scope="module")
def home() -> Series:
    """Return a home above 3 kW in about one hour of eight, in quarters of an hour."""
    random = np.random.default_rng(1)
    base = random.normal(600, 200, DAYS * 96).clip(100, 1500)
    high = np.repeat(random.random(DAYS * 24) < 0.125, 4)
    return Series(MIDNIGHT, 900, np.where(high, base + 3000, base))


QUESTION = Question(Purpose.CAPACITY, 3000)


@pytest.fixture(scope="module")
def advice(home: Series) -> Advice:
    """Return what is advised where nobody knows who is at home."""
    return advise([(home, None)], QUESTION)


def test_one_threshold_at_the_limit_answers_a_limit(advice: Advice) -> None:
    assert advice.best.mcc == pytest.approx(1)
    assert advice.best.candidate.window == 3600
    assert len(advice.best.candidate.bounds) == 1
    assert advice.best.bits < 24
    assert advice.best.occupancy is None
    finer = [each for each in advice.weighed if each.candidate.window == 900]
    assert min(each.bits for each in finer if each.mcc > 0.99) > advice.best.bits
    words = in_words(advice, QUESTION)
    assert "each 60 minutes" in words
    assert "MCC of 1.00" in words


def test_homes_that_never_exceed_a_limit_are_judged_by_the_rule_of_all(
    home: Series,
) -> None:
    quiet = Series(MIDNIGHT, 900, np.minimum(home.watts, 1500))
    candidate = Candidate(3600, Measure.MEAN, (3000,))
    advice = advise([(home, None), (quiet, None)], QUESTION)
    found = next(each for each in advice.weighed if each.candidate == candidate)
    assert found.mcc == pytest.approx(1)


def test_nothing_of_the_curve_is_beaten(advice: Advice) -> None:
    bits = [each.bits for each in advice.pareto]
    assert bits == sorted(bits)
    useful = [each.mcc for each in advice.pareto]
    assert useful == sorted(useful)
    assert advice.best in advice.pareto


def test_called_hours_need_no_finer_windows_than_they_are(home: Series) -> None:
    random = np.random.default_rng(2)
    watts = home.watts.copy().reshape(DAYS, 96)
    watts[:, 68:76] = np.where(random.random((DAYS, 1)) < 0.5, 400, 2200)
    answered = Series(MIDNIGHT, 900, watts.ravel())
    question = Question(Purpose.RESPONSE, 1200, hours=(17, 19))
    advice = advise([(answered, None)], question)
    assert advice.best.mcc == pytest.approx(1)
    assert advice.best.candidate.window == 3600
    assert advice.best.decisions == DAYS // 2
    assert "from 17 to 19 o'clock" in in_words(advice, question)


def test_a_call_that_is_a_window_is_asked_for_as_one(home: Series) -> None:
    question = Question(Purpose.RESPONSE, 600, hours=(18, 20))
    advice = advise([(home, None)], question, within=0.02)
    assert advice.best.candidate.window == 7200
    assert list(advice.best.candidate.bounds) == [600]
    assert not Question(Purpose.RESPONSE, 600, hours=(17, 19)).whole_call


def test_what_is_good_enough_is_the_provider_s_choice(advice: Advice) -> None:
    worse = [each for each in advice.pareto if each.bits < advice.best.bits]
    assert all(each.mcc < 1 - advice.within for each in worse)


def test_who_is_at_home_is_told_where_it_is_known(home: Series) -> None:
    week = home.between(MIDNIGHT, MIDNIGHT + 6 * 86_400)
    occupied = np.arange(len(week)) % 96 > 30
    advice = advise([(week, occupied)], QUESTION)
    assert advice.best.occupancy is not None
    assert -1 <= advice.best.occupancy <= 1
    assert "Who is at home" in in_words(advice, QUESTION)


def test_an_answer_that_never_changes_needs_no_plan(home: Series) -> None:
    with pytest.raises(ValueError, match="always no"):
        advise([(home, None)], Question(Purpose.CAPACITY, 50_000))


def test_candidates_are_plans_that_a_provider_can_make(home: Series) -> None:
    found = list(candidates_for([(home, None)], Question(Purpose.CAPACITY, 120)))
    assert len(set(found)) == len(found)
    for candidate in found:
        assert np.diff((0.0, *candidate.bounds)).min() >= 100
        assert 86_400 % candidate.window == 0


def test_a_plan_is_written_as_the_provider_s_command_takes_it() -> None:
    candidate = Candidate(3600, Measure.PEAK, (1500.0, 3000.0))
    assert candidate.order() == (
        "--window 3600 --measure peak_power --threshold 1500 --threshold 3000"
    )
    narrow = Candidate(900, Measure.MEAN, (50.0,)).order()
    assert narrow.endswith("--minimum-width 50")


def test_a_peak_is_the_highest_reading() -> None:
    watts = np.array([1, 5, 2, np.nan, np.nan, 9, np.nan, np.nan], dtype=np.float64)
    found = peaks(Series(MIDNIGHT, 900, watts), 3600)
    assert found.watts == pytest.approx([5, np.nan], nan_ok=True)
