"""A plan is read in its one form and within its bounds."""

import json
import math
from typing import Any

from currentcost_exchange import (
    ExchangeError,
    Malformed,
    Plan,
    PlanError,
    ProviderValues,
    Window,
    WindowKind,
)
from currentcost_exchange.question import circuit_digests
from hypothesis import given, strategies as st
import pytest

from .parties import DAY, LENGTH, START, plan_of, window_at
from .strategies import examples

type Path = tuple[str | int, ...]

THRESHOLDS = ProviderValues.new((512, 2000, 51_437))
PLAN = plan_of(THRESHOLDS)
FIELDS: list[Path] = [
    ("provider",),
    ("plan",),
    ("title",),
    ("period",),
    ("period", 0),
    ("period", 1),
    ("window",),
    ("lateness",),
    ("part",),
    ("zone",),
    ("question",),
    ("question", "kind"),
    ("question", "measure"),
    ("question", "width"),
    ("question", "thresholds"),
    ("question", "minimum_width"),
    ("question", "circuit"),
    ("question", "policy_circuit"),
    ("question", "outcomes"),
    ("question", "outcomes", 0),
    ("commitment",),
]
TEXTS: set[Path] = {
    ("provider",),
    ("plan",),
    ("title",),
    ("question", "outcomes", 0),
}


def compact(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def document_with(path: Path, value: Any) -> bytes:
    """Return the plan's text with another value in one place."""
    document = json.loads(PLAN.to_json())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return compact(document)


@pytest.mark.parametrize("path", FIELDS, ids=str)
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        1.0,
        900.0,
        float("nan"),
        float("inf"),
        -1,
        2**63,
        10**4000,
        [],
        [1],
        {},
        {"0": 1},
        [[[[[]]]]],
        "",
    ],
    ids=lambda value: repr(value)[:12],
)
def test_wrong_values(path: Path, value: Any) -> None:
    with pytest.raises((Malformed, PlanError)):
        Plan.from_json(document_with(path, value))


@pytest.mark.parametrize(
    "path", [path for path in FIELDS if path not in TEXTS], ids=str
)
@pytest.mark.parametrize("value", ["17", "900", "mean", "0", "x" * 64])
def test_texts_in_place_of_values(path: Path, value: str) -> None:
    with pytest.raises((Malformed, PlanError)):
        Plan.from_json(document_with(path, value))


@pytest.mark.parametrize("path", FIELDS, ids=str)
def test_missing_fields(path: Path) -> None:
    document = json.loads(PLAN.to_json())
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    with pytest.raises((Malformed, PlanError)):
        Plan.from_json(compact(document))


def other_forms() -> dict[str, bytes]:
    text = PLAN.to_json()
    document = json.loads(text)
    reordered = dict(reversed(document.items()))
    return {
        "spaces": json.dumps(document, ensure_ascii=False).encode(),
        "indented": json.dumps(document, indent=1).encode(),
        "line end": text + b"\n",
        "another order": compact(reordered),
        "one more field": compact(document | {"more": 1}),
        "a field in the question": document_with(("question", "more"), 1),
        "field twice": text.replace(b'"window":900', b'"window":900,"window":900'),
        "other field first": text.replace(b'{"prov', b'{"provider":"X","prov', 1),
        "escaped": text.replace(b"Acme", b"\\u0041cme"),
        "escaped slash": text.replace(b"evening", b"evenin\\u0067"),
        "upper case": text.replace(
            PLAN.commitment.hex().encode(), PLAN.commitment.hex().upper().encode()
        ),
        "hex with spaces": text.replace(
            PLAN.commitment.hex().encode(), PLAN.commitment.hex(" ").encode()
        ),
        "exponent": text.replace(b":900,", b":9e2,"),
        "minus zero": text.replace(b":21600,", b":-0,"),
        "mark": b"\xef\xbb\xbf" + text,
        "UTF-16": text.decode().encode("utf-16"),
        "UTF-32": text.decode().encode("utf-32"),
        "three ends": document_with(("period",), [PLAN.start, PLAN.end, PLAN.end]),
        "outcomes as text": document_with(("question", "outcomes"), "abcd"),
        "outcomes as keys": document_with(
            ("question", "outcomes"), dict.fromkeys("abcd", 1)
        ),
        "another kind": document_with(("question", "kind"), "sum"),
    }


@pytest.mark.parametrize("name", other_forms())
def test_one_form(name: str) -> None:
    text = other_forms()[name]
    assert text != PLAN.to_json()
    with pytest.raises((Malformed, PlanError)):
        Plan.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"0",
        b'"plan"',
        b"\xff\xfe",
        b"[" * 1_000_000,
        b'{"question":' * 1000,
        b"9" * 10_000,
        b'{"provider":"\\ud800"}',
    ],
    ids=lambda text: str(text[:12]),
)
def test_texts_that_are_no_plan(text: bytes) -> None:
    with pytest.raises(Malformed):
        Plan.from_json(text)


def test_surrogates_are_no_text() -> None:
    text = PLAN.to_json().replace(b"Acme", b"\\ud800")
    with pytest.raises(PlanError, match="provider"):
        Plan.from_json(text)


def test_another_circuit() -> None:
    for name, right in circuit_digests(PLAN.question).items():
        for stated in (right[::-1], right.upper(), "", "00" * 31, right + "00"):
            with pytest.raises(PlanError, match="circuit"):
                Plan.from_json(document_with(("question", name), stated))


def test_the_circuit_is_bound_by_shape() -> None:
    digests = circuit_digests(PLAN.question)
    wider = circuit_digests(plan_of(THRESHOLDS, width=18).question)
    narrow = circuit_digests(plan_of(THRESHOLDS, minimum_width=50).question)
    assert wider["circuit"] != digests["circuit"] == narrow["circuit"]
    assert narrow["policy_circuit"] != digests["policy_circuit"]


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("provider", ["A", "A" * 64, "Ärger & Söhne"], ["", "A" * 65, " A", "A\n"]),
        ("provider", [], ["A\u202eB", "A\0", "\u2028", "A\u200b"]),
        ("plan_id", ["a", "z" * 64, "a_b-9"], ["", "z" * 65, "A", "a b", "é", "a/b"]),
        ("title", ["T", "T" * 200], ["", "T" * 201, "T "]),
        ("start", [START, START - 3630 * DAY], [-1, 0, START + 30 * DAY, 2**37]),
        ("end", [START + 1, START + 3660 * DAY], [START, START - 1, 2**37, 2**48]),
        ("end", [], [START + 3660 * DAY + 1]),
        ("window", [10, 900, DAY], [0, 9, 11, -900, DAY + 1, 2 * DAY, 7]),
        ("lateness", [0, 31 * DAY], [-1, 31 * DAY + 1]),
        ("width", [17, 32], [0, 1, 33, -1, 10**9]),
        ("thresholds", [3], [0, -1, 2, 4, 16, 10**9]),
        ("minimum_width", [1, 32_767], [0, -1, 32_768, 10**30]),
        ("commitment", [bytes(32)], [b"", bytes(31), bytes(33)]),
        ("labels", [("o", "a", "b", "c" * 60)], [("o", "a", "b", "c" * 61)]),
        ("labels", [], [(), ("o", "a", "b"), ("o", "a", "b", "c", "d")]),
        ("labels", [], [("o", "a", "b", "a"), ("o", "a", "b", "")]),
        ("window", [], [True, 900.0, "900", None]),
        ("title", [], [b"title", 5, None]),
    ],
)
def test_bounds(name: str, inside: list[Any], outside: list[Any]) -> None:
    for value in inside:
        changes = {name: value}
        plan = plan_of(THRESHOLDS, **changes)
        assert value in {
            getattr(place, name, None) for place in (plan, plan.schedule, plan.question)
        }
    for value in outside:
        with pytest.raises(PlanError):
            plan_of(THRESHOLDS, **{"commitment": bytes(32), name: value})


@pytest.mark.parametrize("count", [1, 15])
def test_extreme_numbers_of_thresholds(count: int) -> None:
    thresholds = ProviderValues.new(tuple(range(1000, 1000 + 1000 * count, 1000)))
    plan = plan_of(thresholds)
    assert plan.output_bits == count.bit_length()
    assert plan.provider_bits == 17 * count
    assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(PlanError, match="number of thresholds"):
        plan_of(ProviderValues.new((1,) * 16))


@examples(100)
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from([str(p[0]) for p in FIELDS]), inner)
        ),
    )
)
def test_any_document_is_refused(document: Any) -> None:
    with pytest.raises(ExchangeError):
        Plan.from_json(json.dumps(document).encode())


def test_windows_of_a_plan() -> None:
    assert PLAN.has_window(window_at(0))
    assert PLAN.has_window(Window(WindowKind.INTERVAL, PLAN.end - LENGTH, PLAN.end))
    for kind, start, end in (
        (WindowKind.INSTANT, START, START + LENGTH),
        (WindowKind.PERIOD, START, START + LENGTH),
        (WindowKind.INTERVAL, START + 1, START + 1 + LENGTH),
        (WindowKind.INTERVAL, START, START + 2 * LENGTH),
        (WindowKind.INTERVAL, START, START + 1),
        (WindowKind.INTERVAL, START - LENGTH, START),
        (WindowKind.INTERVAL, PLAN.end, PLAN.end + LENGTH),
    ):
        assert not PLAN.has_window(Window(kind, start, end))


def test_bits_per_day() -> None:
    # One of four buckets, or missing.
    assert PLAN.bits_per_day == pytest.approx(96 * math.log2(5))
