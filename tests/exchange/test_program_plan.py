"""Plans that carry a program: from its source to an outcome, and what is refused."""

from contextlib import nullcontext
from dataclasses import replace
import json
from typing import Any

from currentcost_exchange import (
    ExchangeError,
    HouseholdInput,
    Malformed,
    Measure,
    Period,
    Plan,
    PlanError,
    ProgramError,
    ProgramQuestion,
    ProviderIdentity,
    ProviderInput,
    ProviderValues,
    Report,
    Schedule,
    Take,
)
import pytest

from .parties import DAY, START, Agreed, Offered, agree, plan_of

SOURCE = """\
/* On which side of the limit was most of the window? ("sides": é is not C's) */
void sides(unsigned INPUT_A_power[3], unsigned INPUT_B_limit, unsigned INPUT_B_step)
{
    unsigned above = 0;
    for (int i = 0; i < 3; i++)
        if (INPUT_A_power[i] > INPUT_B_limit + i * INPUT_B_step)
            above |= 1u << i;
    unsigned OUTPUT_above = above & 3;
}
""".replace(' ("sides": é is not C\'s)', "")
POLICY = """\
void policy(unsigned INPUT_B_limit, unsigned INPUT_B_step)
{
    _Bool OUTPUT_fine = INPUT_B_limit >= 100 && INPUT_B_step >= 10;
}
"""
VALUES = ProviderValues.new((1000, 500))
VALUES_OF_A_RANGE = ProviderValues.new((512, 2000, 51_437))
PARTS = Schedule(window=900, part=300)


def question(**changes: Any) -> ProgramQuestion:
    fields: dict[str, Any] = {
        "source": SOURCE,
        "policy_source": POLICY,
        "household": (
            HouseholdInput(
                name="INPUT_A_power",
                meaning="mean power of a third of the window",
                measure=Measure.MEAN_POWER,
                width=17,
                take=Take.EACH,
                count=3,
            ),
        ),
        "provider": (
            ProviderInput(name="INPUT_B_limit", meaning="limit", unit="W", width=17),
            ProviderInput(name="INPUT_B_step", meaning="step", unit="W", width=10),
        ),
        "labels": ("low", "first", "second", "both"),
    }
    return ProgramQuestion(**fields | changes)


QUESTION = question()


def program_plan(values: ProviderValues = VALUES, **changes: Any) -> Plan:
    return plan_of(values, **{"question": QUESTION, "schedule": PARTS} | changes)


def offered(values: ProviderValues = VALUES, **changes: Any) -> Offered:
    identity = ProviderIdentity.new()
    statement = identity.sign_plan(program_plan(values, **changes))
    return Offered(identity=identity, values=values, statement=statement)


def ask(agreed: Agreed, *powers: float, window: int = 0) -> int | None:
    """Return the outcome that both parties hold."""
    plan = agreed.plan
    start = plan.start + window * 900
    sent = agreed.household.report(
        plan.schedule.window_at(start), plan.encode([list(powers)])
    )
    assert len(sent) == plan.report_bytes
    answer = agreed.provider.answer(Report.from_bytes(sent))
    assert agreed.household.verify_reply(sent, answer.reply) == answer.outcome
    return answer.outcome


def test_from_source_to_outcome() -> None:
    agreed = agree(offered())
    for window, (powers, outcome) in enumerate(
        [
            ((0, 0, 0), 0),
            ((1001, 0, 0), 1),
            ((1000, 1501, 0), 2),
            ((5000, 5000, 5000), 3),
            ((1000.4, 1500.4, 9000), 0),
            ((1000.5, 1500.5, 0), 3),
        ]
    ):
        assert ask(agreed, *powers, window=window) == outcome


def test_an_amount() -> None:
    source = "void f(unsigned INPUT_A_a, unsigned INPUT_B_b) { %s }"
    sums = question(
        source=source % "unsigned OUTPUT_sum = (INPUT_A_a ^ INPUT_B_b) & 1023;",
        policy_source=None,
        household=(
            HouseholdInput(
                name="INPUT_A_a", meaning="energy", measure=Measure.ENERGY, width=10
            ),
        ),
        provider=(
            ProviderInput(name="INPUT_B_b", meaning="price", unit="cents", width=10),
        ),
        labels=(),
        unit="cents",
    )
    agreed = agree(offered(ProviderValues.new((5,)), question=sums))
    assert sums.outcomes == 1024
    assert ask(agreed, 700) == 700 ^ 5
    # Too much for the width: the largest value that there is.
    assert ask(agreed, 5000, window=1) == 1023 ^ 5


def test_what_is_signed_is_what_is_read() -> None:
    plan = program_plan()
    assert Plan.from_json(plan.to_json()) == plan
    document = json.loads(plan.to_json())["question"]
    assert document["source"] == SOURCE
    assert document["policy"] == POLICY


def test_the_policy_holds() -> None:
    for values in ((99, 500), (1000, 9), (0, 0)):
        private = ProviderValues.new(values)
        with pytest.raises(PlanError, match="promise"):
            program_plan(private).choices(private)
        agree(offered(private, question=question(policy_source=None)))


def test_without_a_policy_anything_passes_and_nothing_is_proven() -> None:
    plan = program_plan(question=question(policy_source=None))
    assert plan.policy.and_gates == 0
    assert plan.policy.evaluate(0) == plan.policy.evaluate(2**27 - 1) == (1,)


def test_another_number_of_measures() -> None:
    plan = program_plan()
    for numbers in ([[1.0]], [[1.0, 2.0, 3.0, 4.0]], [], [[1.0, 2.0, 3.0], [1.0]]):
        with pytest.raises(PlanError):
            plan.encode(numbers)


HOUSEHOLD = QUESTION.household[0]
LIMIT, STEP = QUESTION.provider
ENTRY = (
    "void f(unsigned INPUT_A_power[3], unsigned INPUT_B_limit, unsigned INPUT_B_step)"
)
UNFIT: dict[str, dict[str, Any]] = {
    "no text": {"source": 5},
    "no source": {"source": ""},
    "long source": {"source": SOURCE + " " * 9000},
    "a policy without end": {"policy_source": POLICY + " " * 9000},
    "inputs in another order": {"provider": (STEP, LIMIT)},
    "an input too few": {"provider": (LIMIT,)},
    "no input of the household": {"household": ()},
    "an input named otherwise": {
        "household": (replace(HOUSEHOLD, name="INPUT_A_other"),)
    },
    "another count": {"household": (replace(HOUSEHOLD, count=2),)},
    "width of another kind": {"provider": (replace(LIMIT, width=True), STEP)},
    "width beyond the type": {"household": (replace(HOUSEHOLD, width=33),)},
    "no meaning": {"household": (replace(HOUSEHOLD, meaning=""),)},
    "a long meaning": {"provider": (replace(LIMIT, meaning="m" * 201), STEP)},
    "lines in a meaning": {"provider": (replace(LIMIT, meaning="a\nb"), STEP)},
    "no unit of a value": {"provider": (replace(LIMIT, unit=""), STEP)},
    "too few labels": {"labels": ("low", "high", "higher")},
    "too many labels": {"labels": ("a", "b", "c", "d", "e")},
    "the same label": {"labels": ("a", "b", "c", "a")},
    "neither labels nor unit": {"labels": ()},
    "labels and unit": {"unit": "W"},
    "two outputs": {
        "source": ENTRY
        + "{ _Bool OUTPUT_a = INPUT_A_power[0] > INPUT_B_limit + INPUT_B_step;"
        " _Bool OUTPUT_b = 1; }"
    },
    "a negative output": {
        "source": ENTRY + "{ int OUTPUT_a = -(int)(INPUT_A_power[0] > INPUT_B_limit);"
        " INPUT_B_step = 0; }"
    },
    "a constant output": {"source": ENTRY + "{ _Bool OUTPUT_a = 1; }"},
    "a policy with an input of the household": {"policy_source": SOURCE},
    "a policy of other inputs": {
        "policy_source": "void p(unsigned INPUT_B_limit)"
        "{ _Bool OUTPUT_fine = INPUT_B_limit > 1; }"
    },
    "a policy of more bits": {
        "policy_source": "void p(unsigned INPUT_B_limit, unsigned INPUT_B_step)"
        "{ unsigned OUTPUT_fine = INPUT_B_limit + INPUT_B_step; }"
    },
}


@pytest.mark.parametrize("name", UNFIT)
def test_unfit_questions(name: str) -> None:
    with pytest.raises(ExchangeError):
        question(**UNFIT[name])


def test_a_program_that_can_not_be_compiled() -> None:
    with pytest.raises(ProgramError, match="float"):
        question(source="void f(float INPUT_A_x) { int OUTPUT_y = 1; }")
    with pytest.raises(ProgramError, match="float"):
        question(policy_source="void f(float INPUT_B_x) { int OUTPUT_y = 1; }")


def month(**changes: Any) -> HouseholdInput:
    fields: dict[str, Any] = {
        "name": "INPUT_A_power",
        "meaning": "m",
        "measure": Measure.MEAN_POWER,
        "width": 17,
        "take": Take.HIGHEST_DAYS,
        "count": 3,
    }
    return HouseholdInput(**fields | changes)


DAYS, HOURS = Schedule(window=Period.DAY, part=900), Schedule(window=3600, part=900)
MONTHS = Schedule(window=Period.MONTH, part=3600)
BANDS = ("000000001111111122222222",) * 7
TAKEN: list[tuple[Schedule, dict[str, Any]]] = [
    (MONTHS, {}),
    (PARTS, {"take": Take.EACH}),
    (DAYS, {"take": Take.EACH, "hours": (17, 18), "count": 4}),
    (MONTHS, {"take": Take.DAYS, "count": 31}),
    (MONTHS, {"take": Take.BANDS, "bands": BANDS, "measure": Measure.ENERGY}),
    (HOURS, {"take": Take.BANDS, "bands": BANDS, "measure": Measure.ENERGY}),
    (HOURS, {"take": Take.WHOLE, "count": 1}),
]
NOT_TAKEN: list[tuple[Schedule, dict[str, Any]]] = [
    (DAYS, {}),
    (MONTHS, {"count": 32}),
    (MONTHS, {"take": Take.DAYS}),
    (MONTHS, {"take": Take.EACH}),
    (DAYS, {"take": Take.EACH}),
    (DAYS, {"take": Take.EACH, "hours": (17, 18)}),
    (DAYS, {"take": Take.EACH, "hours": (18, 17)}),
    (DAYS, {"take": Take.EACH, "hours": (0, 25)}),
    (DAYS, {"take": Take.EACH, "hours": ("17", "18")}),
    (DAYS, {"take": Take.EACH, "hours": (False, True), "count": 4}),
    (HOURS, {"take": Take.EACH, "hours": (17, 18), "count": 4}),
    (MONTHS, {"hours": (17, 18)}),
    (MONTHS, {"bands": BANDS}),
    (MONTHS, {"take": Take.BANDS, "measure": Measure.ENERGY}),
    (MONTHS, {"take": Take.BANDS, "bands": BANDS}),
    (MONTHS, {"take": Take.BANDS, "bands": BANDS[:6], "measure": Measure.ENERGY}),
    (
        MONTHS,
        {"take": Take.BANDS, "bands": ("²" * 24,) * 7, "measure": Measure.ENERGY},
    ),
    (MONTHS, {"take": Take.BANDS, "bands": ("0",) * 7, "measure": Measure.ENERGY}),
    (HOURS, {"take": Take.WHOLE}),
    (HOURS, {"take": Take.WHOLE, "count": 1, "width": 1}),
    (HOURS, {"take": Take.WHOLE, "count": 1, "width": 33}),
    (HOURS, {"take": Take.WHOLE, "count": 1, "width": True}),
    (Schedule(window=86_400, part=300), {"take": Take.EACH, "count": 288}),
]


@pytest.mark.parametrize(("schedule", "changes"), TAKEN)
def test_what_windows_give(schedule: Schedule, changes: dict[str, Any]) -> None:
    month(**changes).check(schedule)


@pytest.mark.parametrize(("schedule", "changes"), NOT_TAKEN)
def test_what_windows_do_not_give(schedule: Schedule, changes: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        month(**changes).check(schedule)


def test_a_plan_refuses_what_its_windows_do_not_give() -> None:
    with pytest.raises(PlanError, match="numbers of a measure"):
        program_plan(schedule=HOURS)


@pytest.mark.parametrize(
    ("zone", "part", "right"),
    [
        ("Asia/Kolkata", 3600, False),
        ("Asia/Kolkata", 1800, True),
        ("Asia/Kathmandu", 1800, False),
        ("Asia/Kathmandu", 900, True),
        ("Europe/Rome", 3600, True),
        # Half an hour beside UTC in winter only.
        ("Australia/Lord_Howe", 3600, False),
    ],
)
def test_parts_lie_whole_within_windows(zone: str, part: int, *, right: bool) -> None:
    days = Schedule(window=Period.DAY, part=part, zone=zone)
    whole = replace(HOUSEHOLD, take=Take.EACH, hours=(0, 3))
    whole = replace(whole, count=3 * 3600 // part)
    source = SOURCE.replace("[3]", f"[{whole.count}]")
    asked = question(household=(whole,), source=source)
    with nullcontext() if right else pytest.raises(PlanError, match="parts"):
        program_plan(schedule=days, question=asked, end=START + 365 * DAY)


@pytest.mark.parametrize("window", [*Period, 86_400])
def test_the_end_of_the_calendar(window: Period | int) -> None:
    plan = plan_of(VALUES_OF_A_RANGE, schedule=Schedule(window=window, part=900))
    period = f"[{START},{START + 30 * DAY}]"
    # The last day of the year 9999, and what comes after it.
    for start in (253_402_214_400, 253_402_300_800, 2**47):
        text = plan.to_json().replace(
            period.encode(), f"[{start},{start + 86_399}]".encode()
        )
        with pytest.raises(PlanError, match="period"):
            Plan.from_json(text)


def test_a_question_too_large() -> None:
    many = "void f(unsigned INPUT_A_power[3], unsigned INPUT_B_limit[20])"
    wide = replace(
        QUESTION,
        source=many
        + "{ _Bool OUTPUT_a = INPUT_A_power[0] > INPUT_B_limit[0] + INPUT_A_power[1]; }",
        provider=(replace(LIMIT, width=32),),
        policy_source=None,
        labels=("no", "yes"),
    )
    with pytest.raises(PlanError, match="number of input bits"):
        program_plan(ProviderValues.new((1,) * 20), question=wide)
    product = replace(
        QUESTION,
        source=ENTRY + "{ unsigned long y = INPUT_A_power[0] + INPUT_B_step;"
        " for (int i = 0; i < 3; i++) y = y * INPUT_A_power[i];"
        " y = y * y; unsigned OUTPUT_a = (y >> 32) + INPUT_B_limit; }",
        policy_source=None,
        labels=(),
        unit="nothing",
    )
    with pytest.raises(PlanError, match="size"):
        program_plan(question=product)


PATHS = [
    ("source",),
    ("policy",),
    ("household",),
    ("household", 0),
    *(("household", 0, key) for key in HOUSEHOLD.document()),
    ("provider",),
    *(("provider", 0, key) for key in LIMIT.document()),
    ("outcomes",),
    ("unit",),
    ("circuit",),
    ("policy_circuit",),
]
WRONG: list[Any] = [True, 1.0, -1, 10**400, [], [1], {}, [[[]]], "", "INPUT_A_"]
TEXTS = {"meaning", "unit"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (path, value)
        for path in PATHS
        for value in WRONG
        # One text is as good as another.
        if not (path[-1] in TEXTS and len(path) > 1 and value == "INPUT_A_")
        and not (path == ("unit",) and value == "")
    ],
    ids=lambda value: repr(value)[:40],
)
def test_wrong_values(path: tuple[str | int, ...], value: Any) -> None:
    document = json.loads(program_plan().to_json())
    place = document["question"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    with pytest.raises((Malformed, PlanError, ProgramError)):
        Plan.from_json(text)
