"""Meters beside buckets: what can't be true is found, what may be is let be."""

from itertools import pairwise
import json
from pathlib import Path

from currentcost_exchange import Measure, bucket_of
from currentcost_exchange.library import library_template
from hypothesis import given, strategies as st
import pytest

from currentcost_provider.operating.meters import Meter, read_meters
from currentcost_provider.operating.plausibility import (
    Assumptions,
    Verdict,
    check_question,
    compare,
    powers,
)
from currentcost_provider.plans import range_question
from currentcost_provider.refusals import Unfit

from .conftest import ENGINES, NOON, THRESHOLDS, WINDOW, Provider
from .household import Household, problem
from .shell import Shell
from .test_operating import Desk, desk, enrolled

__all__ = ["desk"]

EXACT = Assumptions(tolerance=0)
LAST = NOON - WINDOW
CHECK = "/v1/operator/meters/check"


@given(
    st.lists(st.floats(0, 20_000), min_size=1, max_size=60),
    st.integers(0, 5),
    st.sampled_from([None, 20_000]),
)
def test_no_honest_household_is_ever_accused(
    watts: list[float], silent: int, limit: int | None
) -> None:
    """Whatever it draws, also in windows that it doesn't tell of."""
    assumed = Assumptions(tolerance=0, limit=limit)
    told = watts[silent:]
    spans = [
        powers(THRESHOLDS, bucket_of(int(each + 0.5), THRESHOLDS), WINDOW, assumed)
        for each in told
    ]
    metered = sum(watts) * WINDOW / 3600
    found = compare(spans, len(watts) * WINDOW, metered, assumed)
    # A hair, for the order in which floats are summed.
    assert found.beyond <= 1e-6
    assert found.verdict is Verdict.UNKNOWN or told
    assert found.answered == pytest.approx(len(told) / len(watts))


@given(st.lists(st.floats(-9000, 9000), min_size=1, max_size=40))
def test_nor_one_that_feeds_in(watts: list[float]) -> None:
    assumed = Assumptions(tolerance=0, limit=9000, feeds_in=True)
    spans = [
        powers(
            THRESHOLDS,
            0 if each < 0 else bucket_of(int(each + 0.5), THRESHOLDS),
            WINDOW,
            assumed,
        )
        for each in watts
    ]
    metered = sum(watts) * WINDOW / 3600
    assert compare(spans, len(watts) * WINDOW, metered, assumed).beyond <= 1e-6


def test_known_bounds() -> None:
    # An hour in bucket 2 (1000 to 2000 W), an hour in bucket 1, one unknown.
    hour = 3600
    spans = [powers(THRESHOLDS, outcome, hour, EXACT) for outcome in (2, 1)]
    found = compare(spans, 2 * hour, 1500, EXACT)
    assert (found.lower, found.upper) == (1000.5, 3001)
    assert (found.verdict, found.answered) == (Verdict.POSSIBLE, 1)
    assert compare(spans, 2 * hour, 3100, EXACT).verdict is Verdict.LOW
    low = compare(spans, 2 * hour, 900, EXACT)
    assert (low.verdict, low.beyond) == (Verdict.HIGH, 100.5)
    # The unknown hour may have used anything, or what the connection takes.
    assert compare(spans, 3 * hour, 90_000, EXACT).upper is None
    limited = Assumptions(tolerance=0, limit=5000)
    found = compare(spans, 3 * hour, 8002, limited)
    assert (found.upper, found.verdict) == (8001, Verdict.LOW)
    # Within a tenth it may be the clamp.
    assert compare(spans, 2 * hour, 3100, Assumptions()).verdict is Verdict.POSSIBLE
    assert compare(spans, 2 * hour, 900, Assumptions()).verdict is Verdict.HIGH


def test_what_has_no_end() -> None:
    outside = [powers(THRESHOLDS, 0, 3600, EXACT)]
    found = compare(outside, 3600, 3000, EXACT)
    assert (found.lower, found.upper, found.verdict) == (3000.5, None, Verdict.HIGH)
    assert compare([], 3600, 500, EXACT).verdict is Verdict.UNKNOWN
    feeding = Assumptions(tolerance=0, feeds_in=True)
    open_ended = [powers(THRESHOLDS, 0, 3600, feeding)]
    assert compare(open_ended, 3600, -500, feeding).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("measure", [m for m in Measure if m != Measure.MEAN_POWER])
def test_other_measures_are_explained(measure: Measure) -> None:
    question = range_question(THRESHOLDS, measure=measure, minimum_width=100, labels=[])
    with pytest.raises(Unfit, match="mean power"):
        check_question(question)


def test_programs_are_explained() -> None:
    with pytest.raises(Unfit, match="depends on the program"):
        check_question(library_template("contracted_power").question)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("household,start\n", "must name the columns"),
        ("household,start,end,kwh\na,2026-01-02,2026-01-01,5\n", "Line 2: A period"),
        ("household,start,end,kwh\na,2026-01-01,2036-01-01,5\n", "five years"),
        ("household,start,end,kwh\na,monday,2026-01-01,5\n", "Line 2: times"),
        ("household,start,end,kwh\na,2026-01-01,2026-01-02,much\n", "Line 2: times"),
        ("household,start,end,kwh\na,2026-01-01,2026-01-02,nan\n", "number of kWh"),
        ("household,start,end,kwh\na,2026-01-01,2026-01-02,1e10\n", "number of kWh"),
        ("household,start,end,kwh\na\n", "Line 2: times"),
        ('household,start,end,kwh\n"a', "not a CSV"),
    ],
)
def test_lists_are_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(Unfit, match=message):
        list(read_meters(text.splitlines(keepends=True)))


def test_lists_are_read() -> None:
    text = "kwh,household,start,end\n1.5,anna,2026-01-01T01:00+01:00,2026-01-02\n"
    [meter] = read_meters(text.splitlines())
    day = 1_767_225_600
    assert meter == Meter(household="anna", start=day, end=day + 86_400, kwh=1.5)


@pytest.mark.parametrize("engine", ENGINES)
async def test_whose_buckets_cant_be_true(desk: Desk, engine: str) -> None:
    assert engine
    anna, ben = await enrolled(desk, "anna", "ben")
    # Both say that they drew little for an hour; Ben's clamp hangs in the air.
    for household, watts in ((anna, 700), (ben, 5)):
        await household.set_up()
        for number in range(4):
            window = household.window(LAST - number * WINDOW)
            await household.send(household.report(window, watts))
        # A second agreement tells of the last window again: it is counted once.
        await household.agree()
        await household.send(household.report(household.window(LAST), watts))
    period = {"start": "2026-01-01T11:00:00Z", "end": "2026-01-01T12:00:00Z"}
    body = {
        "meters": [
            {"household": "anna", "kwh": 0.7, **period},
            {"household": "ben", "kwh": 3.2, **period},
            {"household": "cleo", "kwh": 1, **period},
        ]
    }
    response = await desk.post(CHECK, body)
    assert response.status_code == 200, response.text
    first, second, third = response.json()["meters"]
    assert (first["verdict"], first["answered"]) == ("possible", 1)
    assert (first["lower"], first["upper"]) == (0, 1.0005)
    assert second["verdict"] == "impossible low"
    assert second["beyond"] == pytest.approx(3.2 - 1.1 * 1.0005)
    assert (third["verdict"], third["note"]) == (
        "can't tell",
        "There is no household cleo.",
    )
    for wrong in (
        {"kwh": 1, "start": period["end"], "end": period["start"]},
        {"kwh": 1, "start": "2016-01-01T00:00:00Z", "end": period["end"]},
    ):
        refused = await desk.post(CHECK, {"meters": [{"household": "anna", **wrong}]})
        assert problem(refused) == (422, "unfit")
    for malformed in (
        {"kwh": "NaN", **period},
        {"kwh": 1e10, **period},
        {"kwh": 1, "start": "2026-01-01", "end": period["end"]},
    ):
        refused = await desk.post(
            CHECK, {"meters": [{"household": "anna", **malformed}]}
        )
        assert problem(refused) == (400, "malformed")


async def test_another_measure_is_said_to_be_none(
    provider: Provider, desk: Desk
) -> None:
    order = {
        "plan": "peak",
        "title": "Peak?",
        "thresholds": [1000],
        "measure": "peak_power",
        "start": "2026-01-01",
    }
    assert (await desk.post("/v1/operator/plans", order)).status_code == 201
    [anna] = await enrolled(desk, "anna", plan="peak")
    await anna.set_up()
    await _report(anna, 700)
    period = {"start": "2026-01-01T11:45:00Z", "end": "2026-01-01T12:00:00Z"}
    body = {"meters": [{"household": "anna", "kwh": 9, **period}]}
    [found] = (await desk.post(CHECK, body)).json()["meters"]
    assert found["verdict"] == "can't tell"
    assert "peak: A plan of peak_power" in found["note"]
    assert provider.clock.now == NOON


async def _report(household: Household, watts: float) -> None:
    await household.send(household.report(household.window(LAST), watts))


def test_by_command(shell: Shell, tmp_path: Path) -> None:
    shell.done("plan", "create", "p", "--title", "How much?", "--threshold", "1000")
    shell.done("household", "enrol", "anna", "--plan", "p")
    listed = tmp_path / "meters.csv"
    listed.write_text("household,start,end,kwh\nanna,2026-01-01,2026-01-02,5\n")
    shown = shell.done("check-meters", str(listed))
    assert "can't tell" in shown
    assert "1 compared, 0 can't be true." in shown
    [found] = json.loads(shell.done("check-meters", str(listed), "--json"))
    assert (found["household"], found["answered"]) == ("anna", 0)
    listed.write_text("household\n")
    assert "must name" in shell.refused("check-meters", str(listed))


def test_bounds_join_without_gaps() -> None:
    """Where one bucket ends the next begins."""
    ends = [powers(THRESHOLDS, outcome, 1, EXACT) for outcome in (1, 2, 3, 0)]
    assert all(one.upper == other.lower for one, other in pairwise(ends))
