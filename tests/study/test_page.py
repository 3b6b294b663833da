"""The page of a home's study: what it says, and that it is only words and shapes."""

from html.parser import HTMLParser
import json
from pathlib import Path
import re
from typing import Final

from currentcost_study import (
    Asked,
    OwnHome,
    Report,
    Series,
    Taken,
    Words,
    page,
    study_home,
    told,
)
from currentcost_study.bounds import even_bounds
from currentcost_study.own_home import taken_of
from currentcost_study.page import GUIDE
from currentcost_study.simulated import simulate
import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion

DAY: Final = 86_400
ASKED: Final = Asked(window=900, taken=Taken.MEAN, buckets=4, minimum_width=100)
HOSTILE: Final = (
    "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{date}"
)
TRANSLATIONS: Final = (
    Path(__file__).parents[2]
    / "custom_components"
    / "currentcost_private"
    / "translations"
)
LANGUAGES: Final = sorted(path.stem for path in TRANSLATIONS.glob("*.json"))


def words_of(language: str) -> Words:
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text())
    return Words(texts["selector"]["privacy_study"]["options"])


@pytest.fixture(scope="module")
def readings() -> Series:
    return simulate(3, days=31).series


@pytest.fixture(scope="module")
def home(readings: Series) -> OwnHome:
    return home_of(readings, ASKED)


def home_of(readings: Series, asked: Asked | None) -> OwnHome:
    fine = readings.between(readings.start + 21 * DAY, readings.start + 31 * DAY)
    return study_home(fine, readings.coarser(3600), asked)


def report_of(text: str = "", *, made: int = 0) -> Report:
    return Report(
        provider=text or "Example Energy",
        question=text or "How much do you draw?",
        source=text or "Whole house",
        made=made,
        bits_at_most=223,
    )


class Reader(HTMLParser):
    """Takes a page apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"} and data.strip():
            self.lines.append(data.strip())


def test_words(home: OwnHome, readings: Series, snapshot: SnapshotAssertion) -> None:
    made = readings.start + 31 * DAY
    html = page(home, report_of(made=made), words_of("en"), language="en")
    reader = Reader(html)
    assert reader.open == []
    assert "\n".join(reader.lines) == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all(home: OwnHome, language: str) -> None:
    html = page(home, report_of("Anna"), words_of(language), language=language)
    assert f'<html lang="{language}">' in html
    text = "\n".join(Reader(html).lines)
    assert not re.search(r"\{\w+\}", text)
    if language != "en":
        assert not re.search(r"\b(the|and|you)\b", text)


def test_whatever_others_wrote_is_text(home: OwnHome) -> None:
    html = page(home, report_of(HOSTILE), words_of("en"), language="en")
    plain = Reader(page(home, report_of(), words_of("en"), language="en"))
    hostile = Reader(html)
    assert hostile.tags == plain.tags
    assert "<script" not in html
    assert any(HOSTILE in line for line in hostile.lines)


def test_nothing_runs_and_nothing_is_loaded(home: OwnHome) -> None:
    html = page(home, report_of(), words_of("en"), language="en")
    reader = Reader(html)
    assert not reader.tags & {"script", "img", "iframe", "link", "object", "form"}
    names = {name for name, _ in reader.attributes}
    assert not {name for name in names if name.startswith("on")}
    links = [value for name, value in reader.attributes if name in {"href", "src"}]
    assert links == [GUIDE]
    assert "url(" not in html
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in (
        reader.attributes
    )


def test_fewer_can_be_told_from_buckets(home: OwnHome) -> None:
    found = told(home, words_of("en"))
    assert found.buckets is not None
    said = {text.text.partition(":")[0] for text in found.readings}
    assert {"Kettle", "Washing machine"} <= said
    assert not any(text.text.startswith("Kettle") for text in found.buckets)
    same, usual = home.agreement() or (0.0, 1.0)
    assert 0 < usual < same < 1


def test_a_question_that_is_no_range(readings: Series) -> None:
    home = home_of(readings, None)
    assert told(home, words_of("en")).buckets is None
    assert home.agreement() is None
    lines = Reader(page(home, report_of(), words_of("en"), language="en")).lines
    assert any(
        line.startswith("What the answers to this question tell") for line in lines
    )
    assert "Answers, told as briefly as possible" not in lines


def test_hours_alone(readings: Series) -> None:
    hours = readings.coarser(3600)
    home = study_home(hours, hours, ASKED)
    lines = Reader(page(home, report_of(), words_of("en"), language="en")).lines
    assert any(line.startswith("Only the means of hours") for line in lines)


def test_gaps_are_shown(readings: Series) -> None:
    watts = readings.watts.copy()
    watts[-3 * 1440 : -1440] = np.nan
    asked = Asked(3600, Taken.PEAK, 2, 1.0)
    gappy = Series(readings.start, readings.step, watts)
    html = page(home_of(gappy, asked), report_of(), words_of("en"), language="en")
    assert 'class="none"' in html


def test_two_days_are_too_few() -> None:
    short = simulate(3, days=2).series
    with pytest.raises(ValueError, match="too few"):
        study_home(short, short.coarser(3600), ASKED)


def test_limits_keep_their_distance() -> None:
    watts = np.array([50.0] * 90 + [400.0] * 10)
    assert even_bounds(watts, 4, 100.0, 10.0) == (100.0, 200.0, 300.0)
    assert even_bounds(np.array([np.nan]), 2, 10.0) == (500.0,)


def test_what_is_taken_of_a_window() -> None:
    watts = np.array([100.0, 900.0, 300.0, np.nan, np.nan, np.nan, 70.0, np.nan])
    series = Series(DAY, 300, watts)

    def taken(way: Taken, window: int) -> list[float]:
        asked = Asked(window, way, 2, 1.0)
        values: list[float] = taken_of(series, asked).watts.tolist()
        return values

    assert taken(Taken.MEAN, 600) == pytest.approx([500, 300, np.nan, 70], nan_ok=True)
    assert taken(Taken.PEAK, 600) == pytest.approx([900, 300, np.nan, 70], nan_ok=True)
    assert taken(Taken.LAST, 600) == pytest.approx([900, 300, np.nan, 70], nan_ok=True)
    assert taken(Taken.LAST, 60)[:2] == [100.0, 900.0]


def test_numbers_and_times() -> None:
    words = words_of("de")
    assert words.number(1234.56, 1) == "1234,6"
    assert words.number(12_345) == "12\u202f345"
    assert words.number(2.0, 1) == "2"
    assert words.power(1999) == "1999 W"
    assert words.power(4620) == "4,62 kW"
    assert words.moment(86_400 * 19_786 + 8 * 3600 + 40 * 60) == "Montag, 4. März, 8:40"
    assert words.clock(86_399) == "0:00"
    assert [words.length(s) for s in (3600, 900, 10)] == ["1 h", "15 min", "10 s"]
