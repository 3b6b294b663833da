"""Attacks tell what can be told, nothing of what can't, and the scores say so."""

from currentcost_study import Series, coarse_view, raw_view
from currentcost_study.attacks import thresholds
from currentcost_study.attacks.events import event_counts, runs
from currentcost_study.attacks.features import shifted, windows_of
from currentcost_study.attacks.learning import fitted, told
from currentcost_study.bounds import even_bounds
from currentcost_study.evaluation import (
    Household,
    Row,
    evaluate,
    household_of,
    kind_of,
)
from currentcost_study.ladder import ladder
from currentcost_study.scores import (
    accuracy,
    balanced,
    best_threshold,
    counted,
    f1,
    interval,
    mcc,
)
from currentcost_study.simulated import simulate
from hypothesis import given, strategies as st
import numpy as np
import pytest

from .test_findings import MONDAY, simple_home

pytest.importorskip("sklearn", reason="uv sync --extra study")


def value(rows: list[Row], view: str, metric: str = "MCC") -> Row:
    """The attack that learns is the first of a view."""
    return next(row for row in rows if row.view == view and row.metric == metric)


def toy() -> Household:
    """Nobody's home that draws 100 W, and 600 W while there is somebody."""
    rng = np.random.default_rng(4)
    days, home = 28, np.ones((28, 1440), dtype=bool)
    for day in range(days):
        out = int(rng.integers(6 * 60, 12 * 60))
        home[day, out : out + int(rng.integers(180, 600))] = rng.random() < 0.2
    watts = np.where(home.ravel(), 600.0, 100.0)
    return Household("toy", Series(MONDAY, 60, watts), {"occupied": home.ravel()})


def test_scores_are_those_of_the_textbook() -> None:
    counts = np.array([6.0, 2.0, 1.0, 3.0])
    assert float(mcc(counts)) == pytest.approx((18 - 2) / np.sqrt(8 * 7 * 5 * 4))
    assert float(f1(counts)) == pytest.approx(12 / 15)
    assert float(balanced(counts)) == pytest.approx((6 / 7 + 3 / 5) / 2)
    assert float(accuracy(counts)) == pytest.approx(9 / 12)
    assert float(mcc(np.array([0.0, 0.0, 5.0, 5.0]))) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_best_threshold_has_the_best_correlation(
    pairs: list[tuple[bool, int]],
) -> None:
    truth = np.array([each for each, _ in pairs])
    chance = np.array([score / 10 for _, score in pairs])
    threshold, best = best_threshold(truth, chance)
    blocks = np.zeros(len(truth), dtype=np.int64)

    def reached(at: float) -> float:
        return float(mcc(counted(truth, chance > at, blocks)[0]))

    assert reached(threshold) == pytest.approx(best)
    if not truth.all() and truth.any():
        assert best >= max(reached(at / 10 - 0.05) for at in range(11)) - 1e-9


def test_an_interval_holds_the_value_and_narrows_with_more_days() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(4000) < 0.4
    said = np.where(rng.random(4000) < 0.8, truth, ~truth)
    counts = counted(truth, said, np.arange(4000) // 40)
    low, high = interval(counts, mcc)
    assert low < float(mcc(counts.sum(axis=0))) < high
    few_low, few_high = interval(counts[:10], mcc)
    assert few_high - few_low > high - low


def test_runs_are_found_if_they_begin_together() -> None:
    truth, told = np.zeros(4000, dtype=bool), np.zeros(4000, dtype=bool)
    for start in (100, 500, 900):
        truth[start : start + 4] = True
    told[103:105] = told[620:623] = told[899:903] = True
    assert event_counts(truth, told, "kettle").tolist() == [[2, 1, 1, 0]]
    assert runs(truth, 3).tolist() == [[100, 104], [500, 504], [900, 904]]
    assert runs(truth, 400).tolist() == [[100, 904]]


def test_neighbours_are_where_they_are() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert shifted(values, 1) == pytest.approx([2, 3, np.nan], nan_ok=True)
    assert shifted(values, -2) == pytest.approx([np.nan, np.nan, 1], nan_ok=True)


def test_windows_of_any_view_lie_on_the_same_grid() -> None:
    home = simulate(1, days=3)
    shapes = {windows_of(view, 900).values.shape[0] for view in ladder(home.series)}
    assert shapes == {3 * 96}


def test_a_column_names_a_kind() -> None:
    assert [kind_of(n) for n in ("WashingMachine", "Kettle", "tumble_dryer")] == [
        "washing machine",
        "kettle",
        "tumble dryer",
    ]


def test_own_thresholds_keep_the_width_that_policies_ask_for() -> None:
    bounds = even_bounds(np.full(192, 150.0), 6)
    assert np.diff([0, *bounds]).min() >= 100


def test_a_plain_secret_is_told_and_a_shuffled_one_is_not() -> None:
    home = toy()
    rows = evaluate([home], views=["raw", "15 min"])
    for view in ("raw", "15 min"):
        assert value(rows, view).value > 0.97
        assert value(rows, view).value > value(rows, view).clock + 0.2
    days = home.truth["occupied"].reshape(28, 1440)
    order = np.random.default_rng(0).permutation(28)
    clockless = np.stack(
        [np.roll(days[day], 60 * (7 * n % 24)) for n, day in enumerate(order)]
    )
    shuffled = Household("toy", home.series, {"occupied": clockless.ravel()})
    blind = value(evaluate([shuffled], views=["15 min"]), "15 min")
    assert abs(blind.value) < 0.25


def test_coarser_views_tell_no_more() -> None:
    homes = [household_of(simulate(seed, days=20)) for seed in range(300, 303)]
    views = ["raw", "60 min", "buckets, 60 min, 3 fixed"]
    rows = evaluate(homes, secrets=["occupied"], views=views)
    raw, hourly, buckets = (value(rows, view) for view in views)
    assert raw.value > hourly.low
    assert raw.value > buckets.low
    assert raw.value > raw.clock
    assert (raw.majority, raw.n) == (0, 3 * 8 * 96)
    assert (
        value(rows, "raw", "accuracy").value > value(rows, "raw", "accuracy").majority
    )


def test_a_kettle_is_told_from_the_minutes_of_a_simple_home() -> None:
    series = simple_home()
    minute = np.arange(len(series)) % 1440
    on = (minute >= 450) & (minute < 453) & (series.watts > 2000)
    rows = evaluate([Household("toy", series, {"kettle": on})], views=["raw"])
    assert value(rows, "raw", "F1 of runs").value > 0.9


def test_what_is_never_known_is_no_hindrance() -> None:
    random = np.random.default_rng(6)
    truth = random.random(400) < 0.5
    values = np.stack([truth + random.normal(0, 0.1, 400), np.full(400, np.nan)], 1)
    found = told(fitted(values, truth), values)
    assert ((found > 0.5) == truth).mean() > 0.95
    assert np.isnan(values[:, 1]).all()


def test_night_thresholds_need_a_night() -> None:
    noon = Series(MONDAY + 43_200, 60, np.full(60, 300.0))
    assert thresholds.occupied(coarse_view(noon, 900), 900).all()
    busy = thresholds.occupied(raw_view(simple_home(14)), 900).reshape(14, 96)
    assert busy[:5, 40:60].mean() < 0.5
    assert busy[:5, 72:88].mean() > 0.95
