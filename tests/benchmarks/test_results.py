"""Figures as people read them, and where they go."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks.results import Result, number, of_times, table


def test_a_row_says_what_it_compares_with_and_whether_the_aim_is_met() -> None:
    result = Result(
        name="garble",
        value=0.2,
        unit="ms",
        low=0.19,
        high=0.25,
        beside="AES",
        reference=0.1,
        most=0.25,
        most_ratio=1.5,
    )
    assert result.ratio == 2
    assert table([result]).splitlines()[-1] == (
        "| garble | 0.2 ms | 0.19 to 0.25 | AES | 0.1 ms | 2 |"
        " 0.25 ms and ratio 1.5: **missed** |"
    )


def test_without_an_aim_nothing_is_met_or_missed() -> None:
    assert Result(name="gates", value=51, unit="").is_met is None
    assert table([Result(name="gates", value=51, unit="")]).endswith(
        "| gates | 51 |  |  |  |  |  |"
    )


def test_times_come_to_a_median_in_milliseconds() -> None:
    result = of_times("x", [0.003, 0.001, 0.002])
    assert (result.low, result.value, result.high) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2693, "2 693"),
        (0.12345, "0.123"),
        (123.4, "123"),
        (40_000.5, "40 000"),
        (0, "0"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_what_cannot_run_and_what_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents: dict[str, dict[str, Any]] = {
        "peers": {"results": [], "skipped": "MPyC is missing: script/benchmark"},
        "parser": {"results": [], "skipped": "", "failed": "it failed: a.log"},
        "report": {
            "results": [Result(name="gates", value=51, unit="").document()],
            "skipped": "",
        },
    }
    text = command.markdown({"Python": "3.14"}, documents)
    assert "Not measured: MPyC is missing: script/benchmark" in text
    assert "Not measured: it failed: a.log" in text
    assert "| gates | 51 |" in text

    document = tmp_path / "benchmarks.md"
    document.write_text(
        "Before\n<!-- figures -->\nold\n<!-- end of figures -->\nAfter\n"
    )
    monkeypatch.setattr(command, "DOCUMENT", document)
    command.write_document(text)
    command.write_document(text)
    written = document.read_text()
    assert written.startswith("Before\n")
    assert written.endswith("\nAfter\n")
    assert "old" not in written
    assert written.count(text) == 1
