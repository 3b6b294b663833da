"""Every language says all that English says, in the same order and with the same blanks.

They hold for the files as they stand: nothing is imported, and Home Assistant need not
be there.
"""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
TRANSLATIONS: Final = (
    ROOT / "custom_components" / "currentcost_private" / "translations"
)

REQUIRED: Final = {"de", "en", "es", "fr", "it", "nl"}
THERE: Final = {path.stem for path in TRANSLATIONS.glob("*.json")}
OTHERS: Final = sorted((REQUIRED | THERE) - {"en"})

# What is the same in every language: models and what they send, the order of a date.
NAMES: Final = {
    "57600 (EnviR, Envi, CC128)",
    "9600 (Classic)",
    "{weekday} {day} {month}",
}

# Words that a language happens to share with English.
SHARED: Final = {
    "de": {"Gas in ft³", "Gas in m³", "Name", "Sensor"},
    "es": {"Sensor"},
    "fr": {"messages"},
    "it": {"Gas in ft³", "Gas in m³"},
    "nl": {
        "Gas in ft³",
        "Gas in m³",
        "Meter",
        "Meters",
        "Sensor",
        "Water in L",
        "Water in m³",
    },
}

# No language but English has these words.
ENGLISH: Final = re.compile(r"\b(?:the|this|which|with|isn't|doesn't)\b", re.IGNORECASE)

PLACEHOLDER: Final = re.compile(r"\{\w+\}")
# What a form or an issue shows otherwise than as letters: a translation has as many.
MARKDOWN: Final = {
    "link": re.compile(r"\]\("),
    "address": re.compile(r"(?:https?|socket)://"),
    "new line": re.compile(r"\n"),
    "heading": re.compile(r"^#+ ", re.MULTILINE),
    "emphasis": re.compile(r"\*+"),
    "code": re.compile(r"`+"),
}


def texts(
    node: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Return every text with the path that leads to it, in the order of the file."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from texts(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def source(language: str) -> str:
    return (TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8")


def read(language: str) -> dict[str, str]:
    return dict(texts(json.loads(source(language))))


def pairs(language: str) -> Iterator[tuple[str, str, str]]:
    """Return the paths that both have, with the English text and the other one."""
    translated = read(language)
    for path, english in read("en").items():
        if path in translated:
            yield path, english, translated[path]


def test_the_required_languages_are_there() -> None:
    assert THERE >= REQUIRED


@pytest.mark.parametrize("language", ["en", *OTHERS])
def test_a_file_is_written_like_the_others(language: str) -> None:
    written = json.dumps(json.loads(source(language)), ensure_ascii=False, indent=2)
    assert source(language) == written + "\n"


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_keys_of_english_in_its_order(language: str) -> None:
    english, translated = read("en"), read(language)
    assert [path for path in english if path not in translated] == []
    assert [path for path in translated if path not in english] == []
    assert list(translated) == list(english)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_placeholders_of_english(language: str) -> None:
    assert [
        path
        for path, english, translated in pairs(language)
        if sorted(PLACEHOLDER.findall(english))
        != sorted(PLACEHOLDER.findall(translated))
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_markdown_of_english(language: str) -> None:
    assert [
        (path, name)
        for path, english, translated in pairs(language)
        for name, pattern in MARKDOWN.items()
        if len(pattern.findall(english)) != len(pattern.findall(translated))
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    same = NAMES | SHARED.get(language, set())
    assert [
        path
        for path, english, translated in pairs(language)
        if (translated == english and not english.isdigit() and english not in same)
        or ENGLISH.search(translated)
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_words_are_translated_into_the_same(language: str) -> None:
    """A sentence that stands in several places reads the same in all of them."""
    translations: dict[str, set[str]] = {}
    for _, english, translated in pairs(language):
        if " " in english:
            translations.setdefault(english, set()).add(translated)
    assert [english for english, found in translations.items() if len(found) > 1] == []


@pytest.mark.parametrize("language", ["en", *OTHERS])
def test_home_assistant_can_show_every_text(language: str) -> None:
    """Neither empty nor with HTML, and no placeholder in single quotes."""
    assert [
        path
        for path, text in read(language).items()
        if not text.strip()
        or text != text.strip()
        or re.search(r"</?\w+[ >/]|'\{\w+\}'", text)
    ] == []
