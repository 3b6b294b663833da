"""Questions on demand: which windows they are about, and which are answered."""

from itertools import pairwise

from currentcost_exchange import (
    ASK_SECONDS,
    Declined,
    HouseholdInput,
    Malformed,
    Measure,
    Missing,
    NotAuthentic,
    Period,
    PlanError,
    Report,
    Schedule,
    Verdict,
    Window,
    WindowKind,
    judge,
    parse_claim,
    window_to_ask,
)
from currentcost_exchange.asking import TOLERANCE
from hypothesis import given, strategies as st
import pytest

from .parties import DAY, START, Agreed, agree, asking, offer_plan, plan_of, retagged
from .strategies import examples

LATEST = 2**40
EVERY = (60, 900, 3600, DAY)


@examples(200)
@given(now=st.floats(0, LATEST))
def test_the_window_is_the_last_whole_one(now: float) -> None:
    window = window_to_ask(now)
    assert window.kind is WindowKind.INSTANT
    assert window.end - window.start == 10
    assert window.end <= now < window.end + 10


@examples(200)
@given(first=st.floats(0, LATEST), second=st.floats(0, LATEST))
def test_no_two_windows_overlap(first: float, second: float) -> None:
    one, other = sorted((window_to_ask(first), window_to_ask(second)))
    assert one == other or one.end <= other.start


@examples(200)
@given(
    every=st.sampled_from(EVERY),
    steps=st.lists(st.floats(0, 4000), max_size=60),
    lies=st.lists(st.integers(-200, 200), min_size=60, max_size=60),
)
def test_whatever_is_asked_answers_are_apart(
    every: int, steps: list[float], lies: list[int]
) -> None:
    now, answered, asked = float(START), 0, 0
    starts = []
    for step, lie in zip(steps, lies, strict=False):
        now += step
        window = window_to_ask(max(now + lie, 10))
        verdict = judge(window, now=now, every=every, answered=answered, asked=asked)
        asked = max(asked, window.start)
        if verdict is Verdict.ANSWER:
            assert now - ASK_SECONDS - TOLERANCE <= window.end <= now + TOLERANCE
            answered = window.start
            starts.append(answered)
    assert all(b - a >= every for a, b in pairwise(starts))


@pytest.mark.parametrize(
    ("start", "verdict"),
    [
        (START + 990, Verdict.ANSWER),
        (START + 1020, Verdict.ANSWER),
        (START + 1030, Verdict.EARLY),
        (START + 900, Verdict.ANSWER),
        (START + 890, Verdict.LATE),
    ],
)
def test_the_clocks_may_differ_a_little(start: int, verdict: Verdict) -> None:
    window = Window.instant_at(start)
    assert judge(window, now=START + 1000, every=60, answered=0, asked=START) is verdict


def test_a_question_is_answered_once_and_not_too_often() -> None:
    window = Window.instant_at(START + 100)

    def verdict(*, answered: int = 0, asked: int = 0, every: int = 60) -> Verdict:
        return judge(
            window, now=START + 111, every=every, answered=answered, asked=asked
        )

    assert verdict() is Verdict.ANSWER
    assert verdict(answered=window.start) is Verdict.REPEATED
    assert verdict(asked=window.start) is Verdict.REPEATED
    assert verdict(answered=window.start + 10) is Verdict.REPEATED
    assert verdict(answered=window.start - 50) is Verdict.TOO_OFTEN
    assert verdict(answered=window.start - 60) is Verdict.ANSWER
    assert verdict(answered=window.start - 60, every=3600) is Verdict.TOO_OFTEN


def test_asked_and_answered(agreed: Agreed) -> None:
    window = window_to_ask(START + 3600)
    assert agreed.household.read_ask(agreed.provider.ask(window)) == window
    report = Report.from_bytes(agreed.household.report(window, (700,)))
    agreed.provider.check(report)
    answer = agreed.provider.answer(report)
    assert answer.outcome == 2
    assert agreed.household.verify_reply(report.data, answer.reply) == 2


@pytest.mark.parametrize("name", ["missing", "declined"])
def test_not_answered(agreed: Agreed, name: str) -> None:
    window = window_to_ask(START + 3600)
    sent = getattr(agreed.household, name)(window)
    claim = parse_claim(sent)
    assert isinstance(claim, Missing)
    assert isinstance(claim, Declined) == (name == "declined")
    agreed.provider.check(claim)
    answer = agreed.provider.answer(claim)
    assert answer.outcome is None
    assert agreed.household.verify_reply(sent, answer.reply) is None


def test_only_a_question_on_demand_is_declined(agreed: Agreed) -> None:
    interval = agreed.plan.schedule.window_at(START)
    message = bytearray(agreed.household.declined(Window.instant_at(START)))
    message[20] = WindowKind.INTERVAL
    message[29:37] = interval.end.to_bytes(8)
    with pytest.raises(Malformed, match="on demand"):
        parse_claim(retagged(bytes(message), agreed.household.key))


def test_kinds_of_window_are_kept_apart() -> None:
    # A regular window that begins and ends with one on demand.
    agreed = agree(offer_plan(window=10))
    instant = Window.instant_at(START)
    interval = agreed.plan.schedule.window_at(START)
    assert (instant.start, instant.end) == (interval.start, interval.end)
    report = agreed.household.report(interval, (700,))
    moved = report[:20] + bytes((instant.kind,)) + report[21:]
    with pytest.raises(NotAuthentic):
        agreed.provider.check(Report.from_bytes(moved))
    # Even under a tag nothing comes out: seeds, tweaks and hashes are of the kind.
    claim = Report.from_bytes(retagged(moved, agreed.household.key))
    agreed.provider.check(claim)
    assert agreed.provider.answer(claim).outcome is None
    other = agreed.household.report(instant, (700,))
    assert not {other[at : at + 16] for at in range(37, len(other) - 16)} & {
        report[at : at + 16] for at in range(37, len(report) - 16)
    }


def test_windows_that_no_plan_has(agreed: Agreed) -> None:
    for window in (
        Window(WindowKind.INSTANT, START + 5, START + 15),
        Window(WindowKind.INSTANT, START, START + 20),
        Window.instant_at(START - 10),
        Window.instant_at(agreed.plan.end),
    ):
        assert not agreed.plan.has_window(window)
        with pytest.raises(PlanError):
            agreed.provider.ask(window)
        with pytest.raises(PlanError):
            agreed.household.declined(window)
        with pytest.raises(PlanError):
            agreed.household.report(window, (700,))


def test_plans_of_one_mean_power_can_be_asked(agreed: Agreed) -> None:
    plan = agreed.plan
    assert plan.can_be_asked
    assert plan.has_window(Window.instant_at(START))
    for measure in set(Measure) - {Measure.MEAN_POWER}:
        other = asking(plan, measure=measure)
        assert not other.can_be_asked
        assert not other.has_window(Window.instant_at(START))


def test_days_and_months_can_not_be_asked(agreed: Agreed) -> None:
    daily = plan_of(
        agreed.offered.values, schedule=Schedule(window=Period.DAY, part=900)
    )
    assert [HouseholdInput(measure=Measure.MEAN_POWER, width=17)] == list(
        daily.question.household
    )
    assert not daily.can_be_asked
