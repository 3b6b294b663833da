"""What was found in a home, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .findings import HOUR, Findings, Habit, Moment, Span
from .words import Words

EXAMPLES = 3
SHORTEST = HOUR
"""What nobody would call being away."""


class Topic(StrEnum):
    """What a sentence is about."""

    AWAY = "away"
    SLEEP = "sleep"
    DAY = "day"
    APPLIANCES = "appliances"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and how sure one can be of it.

    Attributes:
        topic: what it is about.
        text: the sentence.
        probability: that it is so.
    """

    topic: Topic
    text: str
    probability: float

    def sure(self, words: Words) -> str:
        """Return how sure one can be."""
        if self.probability >= 0.9:
            return words.text("sure_certain")
        return words.text(
            "sure_probable" if self.probability >= 0.7 else "sure_possible"
        )

    def with_doubt(self, words: Words) -> str:
        """Return the sentence with how sure one can be."""
        return f"{self.text} ({self.sure(words)})"


def sentences(
    findings: Findings, absences: Sequence[Span], words: Words
) -> list[Sentence]:
    """Return what was found, topic by topic."""
    return [
        *_away(findings, absences, words),
        *_sleep(findings, words),
        *_day(findings, words),
        *_appliances(findings, words),
    ]


def _away(
    findings: Findings, absences: Sequence[Span], words: Words
) -> Iterator[Sentence]:
    for span in sorted(absences, key=_length, reverse=True)[:EXAMPLES]:
        yield Sentence(
            Topic.AWAY,
            words.text(
                "away_long",
                start=words.moment(span.start),
                end=words.moment(span.end),
            ),
            span.probability,
        )
    outings = [
        span
        for span in findings.away
        if span.end - span.start >= SHORTEST and span not in findings.absences
    ]
    shown = sorted(outings, key=lambda span: (span.probability, span.end))[-EXAMPLES:]
    for span in sorted(shown, key=lambda span: span.start):
        if span.start // 86_400 == (span.end - 1) // 86_400:
            text = words.text(
                "away_day",
                date=words.date(span.start),
                start=words.clock(span.start),
                end=words.clock(span.end),
            )
        else:
            text = words.text(
                "away_long",
                start=words.moment(span.start),
                end=words.moment(span.end),
            )
        yield Sentence(Topic.AWAY, text, span.probability)
    if len(outings) > len(shown):
        hours = sum(map(_length, outings)) / HOUR
        yield Sentence(
            Topic.AWAY,
            words.text(
                "away_all",
                count=words.number(len(outings)),
                hours=words.number(hours),
                days=words.number(findings.days),
            ),
            sum(span.probability for span in outings) / len(outings),
        )


def _sleep(findings: Findings, words: Words) -> Iterator[Sentence]:
    for habit in findings.habits:
        if habit.moment in {Moment.BED, Moment.WAKE}:
            yield _habit(Topic.SLEEP, habit, words)
    nights = [span for span in findings.asleep if _length(span) >= 3 * HOUR]
    if nights:
        last = nights[-1]
        yield Sentence(
            Topic.SLEEP,
            words.text(
                "night",
                date=words.date(last.end),
                start=words.clock(last.start),
                end=words.clock(last.end),
            ),
            last.probability,
        )


def _day(findings: Findings, words: Words) -> Iterator[Sentence]:
    for habit in findings.habits:
        if habit.moment in {Moment.LEAVE, Moment.RETURN}:
            yield _habit(Topic.DAY, habit, words)


def _habit(topic: Topic, habit: Habit, words: Words) -> Sentence:
    return Sentence(
        topic,
        words.text(
            f"habit_{habit.moment}",
            days=words.text("weekend" if habit.weekend else "workdays"),
            time=words.clock(round(habit.time / 300) * 300),
            minutes=words.number(max(round(habit.spread / 300) * 5, 5)),
        ),
        habit.share,
    )


def _appliances(findings: Findings, words: Words) -> Iterator[Sentence]:
    by_kind: dict[str, list[int]] = {}
    events = [event for event in findings.events if event.probability >= 0.5]
    for at, event in enumerate(events):
        by_kind.setdefault(event.kind, []).append(at)
    for kind, places in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        surest = max(places, key=lambda at: (events[at].probability, at))
        yield Sentence(
            Topic.APPLIANCES,
            words.count(
                "ran",
                len(places),
                appliance=appliance(kind, words),
                moment=words.moment(events[surest].start),
            ),
            sum(events[at].probability for at in places) / len(places),
        )


def appliance(kind: str, words: Words) -> str:
    """Return what people call an appliance."""
    return words.text(f"appliance_{kind.replace(' ', '_')}")


def _length(span: Span) -> int:
    return span.end - span.start
