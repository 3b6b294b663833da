"""Results page by page, as files, and of a part of them."""

import csv
from datetime import UTC, datetime
from html.parser import HTMLParser
import io
import json
from pathlib import Path
import stat
import sys
from typing import Any

from pyarrow import parquet
import pytest

from currentcost_provider import results
from currentcost_provider.results import Result, Results, document
from currentcost_provider.storage.ledger import Ledger, ResultFilter
from currentcost_provider.storage.registry import Registry
from currentcost_provider.telling.exporting import CsvWriter, UnfitFile, export

from .conftest import ENGINES, NOON, WINDOW, Provider
from .household import Household
from .shell import Shell


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


@pytest.fixture
async def learnt(provider: Provider, anna: Household) -> Results:
    """What a dozen reports of two households came to."""
    ben = await (await provider.household("ben")).set_up()
    for number in range(6):
        start = NOON - (number + 1) * WINDOW
        await anna.send(anna.report(anna.window(start), 900 * number))
        await ben.send(ben.agreement.missing(ben.window(start)))
    return Results(Ledger(provider.database), Registry(provider.database))


async def all_of(learnt: Results, **wanted: object) -> list[Result]:
    found = learnt.all(ResultFilter(**wanted))  # type: ignore[arg-type]
    return [result async for part in found for result in part]


async def test_pages_are_the_whole(learnt: Results) -> None:
    whole = await all_of(learnt)
    assert len(whole) == 12
    assert whole == sorted(whole, key=lambda result: result.start)
    paged, after = await learnt.page(ResultFilter(), limit=5)
    while after is not None:
        more, after = await learnt.page(ResultFilter(), after=after, limit=5)
        paged += more
    assert paged == whole


async def test_parts(learnt: Results) -> None:
    whole = await all_of(learnt)
    annas = [result for result in whole if result.household == "anna"]
    assert len(annas) == 6
    assert await all_of(learnt, user="anna") == annas
    assert await all_of(learnt, plan="evening") == whole
    assert await all_of(learnt, plan="other") == []
    since = NOON - 2 * WINDOW
    assert await all_of(learnt, since=since) == whole[-4:]
    assert await all_of(learnt, until=since) == whole[:-4]


async def test_files(
    learnt: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "_PAGE", 5)
    whole = [document(result) for result in await all_of(learnt)]
    for name in ("r.csv", "r.jsonl", "r.parquet"):
        path = tmp_path / name
        assert await export(path, learnt.all(ResultFilter())) == 12
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(UnfitFile, match="exists already"):
            await export(path, learnt.all(ResultFilter()))
    with (tmp_path / "r.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in each.items()}
        for each in whole
    ]
    lines = (tmp_path / "r.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == whole
    table = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert [row["outcome"] for row in table] == [each["outcome"] for each in whole]
    assert table[-1]["end"] == datetime.fromtimestamp(NOON, UTC)
    assert not (tmp_path / "r.csv.part").exists()


async def test_file_of_another_kind(learnt: Results, tmp_path: Path) -> None:
    with pytest.raises(UnfitFile, match="must end in"):
        await export(tmp_path / "r.xlsx", learnt.all(ResultFilter()))
    with pytest.raises(UnfitFile, match="No such file"):
        await export(tmp_path / "none" / "r.csv", learnt.all(ResultFilter()))


async def test_parquet_without_pyarrow(
    learnt: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnfitFile, match="pip install"):
        await export(tmp_path / "r.parquet", learnt.all(ResultFilter()))


class Page(HTMLParser):
    """The text of a page, and the addresses of what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {"src", "href"} & {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_thousands_from_a_list(shell: Shell, tmp_path: Path, engine: str) -> None:
    assert engine
    title = "<b>How much?</b>"
    shell.done("plan", "create", "p", "--title", title, "--threshold", "1000")
    listed, sheets = tmp_path / "list.csv", tmp_path / "sheets.html"
    listed.write_text("name,user\n" + "".join(f"N,home-{n}\n" for n in range(40)))
    arguments = ("household", "import", str(listed), "--plan", "p")
    printed = shell.done(
        *arguments, "--address", "https://acme.example", "--sheets", str(sheets)
    )
    assert "40 households are enrolled" in printed
    assert stat.S_IMODE(sheets.stat().st_mode) == 0o600
    page = Page(sheets.read_text())
    assert page.tags.count("section") == page.tags.count("svg") == 40
    assert "b" not in page.tags
    assert f"p, {title}" in page.text
    assert "https://acme.example" in page.text
    assert shell.done("household", "list").count("password waits") == 40

    # All or none: one of them is there already.
    listed.write_text("user\nnew\nhome-7\n")
    refused = shell.refused(*arguments)
    assert "There is a household home-7 already" in refused
    assert "new " not in shell.done("household", "list")
    listed.write_text("user\nnew\nnewer\n")
    rows = list(csv.DictReader(shell.done(*arguments).splitlines()))
    assert [row["user"] for row in rows] == ["new", "newer"]
    assert len({row["password"] for row in rows}) == 2


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must name the columns"),
        ("name\nanna\n", "must name the columns"),
        ("user\n", "no households"),
        ("user\nan na\n", "Line 2: a user name has"),
        ("user\nanna\n\nanna\n", "Line 4: anna stands in line 2"),
        ('user\n"anna\n', "not a CSV file"),
    ],
)
def test_list_that_is_not_one(
    shell: Shell, tmp_path: Path, text: str, message: str, engine: str
) -> None:
    assert engine
    shell.done("plan", "create", "p", "--title", "x", "--threshold", "1000")
    listed = tmp_path / "list.csv"
    listed.write_text(text)
    assert message in shell.refused("household", "import", str(listed), "--plan", "p")
    assert shell.done("household", "list").count("\n") == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_cell_is_a_formula(engine: str) -> None:
    assert engine
    rows = io.StringIO()
    row: dict[str, Any] = {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T00:15:00Z",
        "state": "bucket",
        "lower": -5,
        "upper": None,
        "unit": "",
    }
    for text in ("=1+1", "+ben", "-2", "@A1", "plain-1", ""):
        one = Result(**row, outcome=1, household=text, label=text)
        CsvWriter(rows).write([one])
    written = [
        (each["household"], each["label"], each["lower"])
        for each in csv.DictReader(io.StringIO(rows.getvalue()))
        if each["state"] == "bucket"
    ]
    assert written == [
        *((f"'{text}", f"'{text}", "-5") for text in ("=1+1", "+ben", "-2", "@A1")),
        ("plain-1", "plain-1", "-5"),
        ("", "", "-5"),
    ]
