"""Plans, question files and circuits as texts: damaged anywhere, refused by name."""

import json
from typing import Any, Final

from currentcost_exchange import ExchangeError, Plan
from currentcost_exchange.bristol import read_bristol, write_bristol
from currentcost_exchange.library import LIBRARY, _text, library_template, read_template
from hypothesis import given, strategies as st
import pytest

from ..exchange.parties import Offered, plan_of
from ..exchange.strategies import examples
from .damage import MEBIBYTE, bounded, damaged, damaged_document, damaged_text, outcome

MOST: Final = 16 * MEBIBYTE
"""Bytes that a plan of a few kB may take, its program's compilation included."""

A_CHARACTER: Final = 80
"""Bytes that a character of a circuit's text may take."""

TOML_WORDS: Final = [
    '"',
    "[",
    "]",
    "=",
    "\n",
    "[household.",
    "[provider.",
    "1e999",
    "-1",
    "99999999999999999999",
    "inf",
    "true",
    "1979-05-27T07:32:00Z",
    "'''",
    "{}",
    "take",
    '"each"',
    '"bands"',
    "width = 17",
]
SOURCES: Final = {f"{name}{end}.c" for name in LIBRARY for end in ("", "_policy")}
BRISTOL_WORDS: Final = [
    *("0", "1", "2", "999999999", "-1", "1048576"),
    *("XOR", "AND", "INV", "EQ", "EQW", " ", "\n"),
]


@pytest.fixture(scope="module")
def texts(offered: Offered) -> list[bytes]:
    """Plans of a range and of a program, as they are signed."""
    shipped = library_template("range")
    program = plan_of(
        offered.values,
        question=shipped.question,
        schedule=shipped.schedule,
        commitment=bytes(32),
    )
    return [offered.plan.to_json(), program.to_json()]


def taken(text: bytes) -> None:
    """Check that a text is refused, or is the one form of the plan that it is."""
    plan = outcome(Plan.from_json, text, MOST)
    assert plan is None or plan.to_json() == text


def test_undamaged_plans(texts: list[bytes]) -> None:
    for text in texts:
        assert Plan.from_json(text).to_json() == text


@examples(150)
@given(data=st.data())
def test_damaged_plans(texts: list[bytes], data: st.DataObject) -> None:
    taken(data.draw(damaged(texts)))


@examples(300)
@given(data=st.data())
def test_plans_of_odd_values(texts: list[bytes], data: st.DataObject) -> None:
    document = data.draw(damaged_document([json.loads(text) for text in texts]))
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    taken(text.encode(errors="surrogatepass"))


@pytest.mark.parametrize("name", ["range", "time_of_use_bill", "demand_response"])
@examples(60)
@given(data=st.data())
def test_damaged_question_files(name: str, data: st.DataObject) -> None:
    text = data.draw(damaged_text([_text(f"{name}.toml")], TOML_WORDS))
    with bounded(4 * MOST):
        try:
            read_template(text, _source)
        except ExchangeError:
            return


def _source(name: str) -> str:
    """Return a shipped source, whatever file a damaged text names."""
    return _text(name if name in SOURCES else "range.c")


@examples(150)
@given(data=st.data())
def test_damaged_circuits(offered: Offered, data: st.DataObject) -> None:
    plan = offered.plan
    honest = [write_bristol(plan.circuit), write_bristol(plan.policy)]
    text = data.draw(damaged_text(honest, BRISTOL_WORDS))
    # A header may announce a million wires: eight bytes each.
    with bounded(A_CHARACTER * len(text) + 512 * MEBIBYTE):
        try:
            circuit = read_bristol(text)
        except ExchangeError:
            return
    zeros: list[Any] = [0] * len(circuit.inputs)
    assert len(circuit.evaluate(*zeros)) == len(circuit.outputs)


@pytest.mark.parametrize("line", ["\n", "10 10 10 10\n", "1 1\n", "2 1 0 1 2 AND\n"])
def test_long_texts_of_circuits(line: str) -> None:
    text = line * (MEBIBYTE // 4 // len(line))
    with bounded(A_CHARACTER * len(text)), pytest.raises(ExchangeError):
        read_bristol(text)
