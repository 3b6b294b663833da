"""The command makes of a file what its guide says, and tells what is wrong with one."""

import csv
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys

from currentcost_study import command
from currentcost_study.command import app, main
import numpy as np
import pytest
from typer.testing import CliRunner

START = datetime(2024, 6, 3, tzinfo=UTC)
VIEWS = 11
INTEGRATION = Path(__file__).parents[2] / "custom_components/currentcost_private"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return six days of a home with a kettle."""
    path = tmp_path_factory.mktemp("study") / "home.csv"
    lines = ["Time,Aggregate,Kettle"]
    for minute in range(6 * 1440):
        at = START + timedelta(minutes=minute)
        boils = at.hour in {7, 13, 19} and at.minute % (20 + at.day) < 3
        up = 200 * (7 <= at.hour < 23) * (1 + minute % 3)
        lines.append(f"{at:%F %T},{100 + up + 2200 * boils},{2200 * boils}")
    path.write_text("\n".join(lines))
    return path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Return code, output and errors of a run."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def studied(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of a study without attacks."""
    out = tmp_path_factory.mktemp("out") / "new"
    code, _, told = run(
        file, "--out", out, "--no-attacks", "--threshold", "400", "--window", "60"
    )
    assert code == 0, told
    assert "Appliances, taken as the truth: Kettle." in told
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_figures_tables_and_their_origin_are_written(studied: Path, file: Path) -> None:
    names = {path.relative_to(studied).as_posix() for path in studied.rglob("*.*")}
    assert names >= {
        f"figures/{name}.{kind}"
        for name in ("hour", "day", "month", "disclosure")
        for kind in ("svg", "png")
    }
    page = (studied / "report.html").read_text()
    assert "up to 400 W, above 400 W" in page
    assert "The ranges that were told end at 400 W." in page
    assert "<script" not in page
    facts = json.loads((studied / "study.json").read_text())
    assert facts["source"]["file"] == file.name
    assert len(facts["source"]["sha256"]) == 64
    assert facts["source"]["rows"] == 6 * 1440
    assert facts["thresholds (W)"] == {"3600": [400]}
    assert facts["versions"]["numpy"]


def test_tables_say_what_each_view_gives_away(studied: Path) -> None:
    found = {row["view"]: row for row in rows(studied / "tables" / "disclosure.csv")}
    assert len(found) == VIEWS + 1
    given = found["buckets, 60 min, given"]
    assert float(given["bound (bits/day)"]) == pytest.approx(24 * np.log2(3), abs=0.001)
    coded = [float(row["coded (bits/day)"]) for row in found.values()]
    assert coded[0] == max(coded)
    secrets = rows(studied / "tables" / "secrets.csv")
    assert {row["secret"] for row in secrets} == {"Kettle"}
    assert len(secrets) == VIEWS + 1
    raw = next(row for row in secrets if row["view"] == "raw")
    assert float(raw["share of the secret"]) > 0.9


def test_the_same_study_gives_the_same_bytes(
    studied: Path, file: Path, tmp_path: Path
) -> None:
    code, _, _ = run(
        file, "--out", tmp_path, "--no-attacks", "--threshold", "400", "--window", "60"
    )
    assert code == 0
    for name in ("tables/disclosure.csv", "tables/secrets.csv", "study.json"):
        assert (tmp_path / name).read_bytes() == (studied / name).read_bytes()
    svg = "figures/day.svg"
    assert (tmp_path / svg).read_bytes() == (studied / svg).read_bytes()


def test_advice_is_given(file: Path, tmp_path: Path) -> None:
    code, told, _ = run("advise", file, "--limit", "400", "--out", tmp_path)
    assert code == 0
    assert "currentcost-provider plan create ID --window" in told
    found = rows(tmp_path / "tables" / "advice-capacity.csv")
    assert [row["recommended"] for row in found].count("yes") == 1
    assert (tmp_path / "figures" / "advice-capacity.svg").exists()
    assert told.strip() == (tmp_path / "advice-capacity.txt").read_text().strip()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--simulated", "FILE"], "Give a file, or --simulated"),
        ([], "Give a file, or --simulated"),
        (["no-such-file.csv"], "can't be read"),
        (["FILE", "--window", "7"], "window is a number of minutes"),
        (["FILE", "--threshold", "5", "--threshold", "5"], "ascending"),
        (["FILE", "--zone", "Europe/Nowhere"], "no time zone"),
        (["FILE", "--power", "Fridge"], "no column 'Fridge'"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str], reason: str, file: Path, tmp_path: Path
) -> None:
    given = [str(file) if each == "FILE" else each for each in arguments]
    code, _, told = run("study", *given, "--out", tmp_path / "out")
    assert code == 1
    assert reason in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--limit", "90000"], "always no"),
        (["--limit", "400", "--hours", "19-17"], "two hours"),
        (["--limit", "400", "--unit-minutes", "7"], "15, 60 or 1440"),
    ],
)
def test_no_advice_without_a_question(
    arguments: list[str], reason: str, file: Path, tmp_path: Path
) -> None:
    code, _, told = run("advise", file, "--out", tmp_path / "out", *arguments)
    assert code == 1
    assert reason in told


def test_too_few_days_are_told(file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.csv"
    short.write_text("\n".join(file.read_text().split("\n")[:2000]))
    code, _, told = run(short, "--out", tmp_path / "out")
    assert code == 1
    assert "under 3 days" in told


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_EXTRA", ("matplotlib", "no_such_module"))
    monkeypatch.setattr(sys, "argv", ["currentcost-study", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "currentcost-private[study]" in capsys.readouterr().err


def test_the_page_says_what_home_assistant_s_does() -> None:
    texts = INTEGRATION / "translations" / "en.json"
    options = json.loads(texts.read_text())["selector"]["privacy_study"]["options"]
    ours = INTEGRATION / "study" / "english.json"
    assert json.loads(ours.read_text()) == options, "copy them: the wheel has no others"
