"""The privacy study of one home as one page: no script, nothing loaded, for anyone."""

from collections.abc import Sequence
from dataclasses import dataclass

from .disclosure import disclosure
from .look import STYLE
from .markup import Markup, element
from .own_home import HOUR, OwnHome, known_days
from .pictures import bars, day_picture, month_picture
from .telling import Sentence, Topic, sentences
from .views import raw_view
from .words import Words

GUIDE = (
    "https://github.com/currentcost-private/currentcost-private"
    "/blob/main/docs/privacy-study.md"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the page is about, as people call it.

    Attributes:
        provider: who asks.
        question: what.
        source: what measures.
        made: local time of the wall clock (s).
        bits_at_most: of a day, by the plan.
    """

    provider: str
    question: str
    source: str
    made: int
    bits_at_most: float


@dataclass(frozen=True, slots=True)
class Told:
    """The sentences of the page.

    Attributes:
        readings: what the readings show.
        buckets: what the buckets show; None where that can't be worked out.
    """

    readings: Sequence[Sentence]
    buckets: Sequence[Sentence] | None


def told(home: OwnHome, words: Words) -> Told:
    """Return what was found, in sentences."""
    return Told(
        sentences(home.readings, home.absences, words),
        None
        if home.buckets is None
        else sentences(home.buckets, home.absences_told, words),
    )


def page(home: OwnHome, report: Report, words: Words, *, language: str) -> str:
    """Return the page as HTML.

    Args:
        home: what was found.
        report: what it is about; nothing in it is taken for HTML.
        words: texts of the page's language.
        language: its tag, such as "en".
    """
    title = words.text("title", provider=report.provider)
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    body = element(
        "main",
        element(
            "header",
            element("h1", title),
            element(
                "p",
                words.text(
                    "lead",
                    provider=report.provider,
                    question=report.question,
                    source=report.source,
                    date=words.date(report.made),
                    days=words.number(known_days(home.month)),
                ),
            ),
        ),
        _words(home, report, words),
        element("section", day_picture(home, words)),
        element("section", month_picture(home, words)),
        _bits(home, report, words),
        _leaks(home, words),
        _how(home, words),
    )
    document = element("html", head, element("body", body), lang=language)
    return f"<!doctype html>\n{document}\n"


def _words(home: OwnHome, report: Report, words: Words) -> Markup:
    found = told(home, words)
    heads = (
        words.text("from_readings", provider=report.provider),
        words.text("from_buckets", provider=report.provider),
    )
    topics = []
    for topic in Topic:
        cells = [_cell(found.readings, topic, heads[0], "readings", words)]
        if found.buckets is not None:
            cells.append(_cell(found.buckets, topic, heads[1], "buckets", words))
        topics.append(
            element(
                "div",
                element("h3", words.text(f"topic_{topic}")),
                element("div", *cells, class_="pair"),
                class_="topic",
            )
        )
    note = (
        words.text("not_told")
        if home.asked is None
        else words.text(
            "limits_assumed",
            bounds=", ".join(map(words.power, home.bounds)),
            window=words.length(home.asked.window),
        )
    )
    return element(
        "section",
        element("h2", words.text("words_title")),
        element("p", note),
        *topics,
    )


def _cell(
    found: Sequence[Sentence], topic: Topic, head: str, kind: str, words: Words
) -> Markup:
    here = [sentence for sentence in found if sentence.topic == topic]
    listed = (
        element(
            "ul",
            *(
                element("li", sentence.text, " ", element("em", sentence.sure(words)))
                for sentence in here
            ),
        )
        if here
        else element("p", words.text("nothing"), class_="nothing")
    )
    return element("div", element("h4", head), listed, class_=f"cell {kind}")


def _bits(home: OwnHome, report: Report, words: Words) -> Markup:
    """Return how much is given away each day."""

    def row(name: str, bits: float) -> tuple[str, str, float, str]:
        said = words.number(bits, 0 if bits >= 10 else 1)
        return (
            words.text(name),
            words.count("bits", 1 if said == "1" else 2, n=said),
            bits,
            "readings" if name == "bits_readings" else "buckets",
        )

    rows = [row("bits_most", report.bits_at_most)]
    if home.step < HOUR:
        rows.insert(0, row("bits_readings", disclosure(raw_view(home.fine)).coded))
    if home.asked and home.buckets and home.step <= home.asked.window:
        rows.append(row("bits_disclosed", disclosure(home.buckets.view).coded))
    return element(
        "section",
        element("h2", words.text("bits_title")),
        element("p", words.text("bits_text")),
        bars(rows),
    )


def _leaks(home: OwnHome, words: Words) -> Markup:
    """Return what buckets still tell."""
    paragraphs = [words.text("leaks_text")]
    if agreement := home.agreement():
        same, usual = agreement
        paragraphs.append(
            words.text(
                "leaks_same",
                same=words.number(100 * same),
                usual=words.number(100 * usual),
            )
        )
    return element(
        "section",
        element("h2", words.text("leaks_title")),
        *(element("p", text) for text in paragraphs),
    )


def _how(home: OwnHome, words: Words) -> Markup:
    """Return how it was worked out, and how far it goes."""
    known = words.text(
        "resolution_hours" if home.step == HOUR else "resolution",
        days=words.number(known_days(home.fine)),
        step=words.length(home.step),
        all=words.number(known_days(home.month)),
    )
    return element(
        "section",
        element("h2", words.text("how_title")),
        element("p", words.text("how_text")),
        element("p", known),
        element("p", words.text("how_limits")),
        element(
            "p",
            element(
                "a",
                words.text("guide"),
                href=GUIDE,
                rel="noopener noreferrer",
                target="_blank",
            ),
        ),
        class_="how",
    )
