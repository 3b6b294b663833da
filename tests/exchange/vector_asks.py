"""Known answers of questions on demand, in an agreement of v1-range."""

from typing import Final

from currentcost_exchange import Window, parse_claim, window_to_ask
from currentcost_exchange.authentication import tagged
from currentcost_exchange.hashing import Use
from currentcost_exchange.wire import MAX_CLAIM, MAX_MESSAGE

from .negatives import Cases, edits, flipped, frames, put
from .parties import retagged
from .vector_parties import Json, Parties, drawing, octets

MEASURE: Final = 7


def ask_vectors(small: Parties) -> Json:
    """Return a question that is answered, one that is missing and one declined."""
    household, provider = small.household, small.provider
    start, fresh = small.statement.plan.start, octets("asked: report")
    answered, missing, declined = (
        window_to_ask(start + seconds) for seconds in (40.9, 59, 86_405)
    )
    ask = provider.ask(answered)
    with drawing([fresh]):
        report = household.report(answered, (MEASURE,))
    answer = provider.answer(parse_claim(report))
    claims = {
        "missing": (missing, household.missing(missing)),
        "declined": (declined, household.declined(declined)),
    }
    return {
        "case": "small",
        "answered": {
            "asked at": start + 40.9,
            "window": _numbers(answered),
            "ask": ask.hex(),
            "measure": MEASURE,
            "fresh": fresh.hex(),
            "report": report.hex(),
            "outcome": answer.outcome,
            "reply": answer.reply.hex(),
        },
        **{
            name: {
                "window": _numbers(window),
                "ask": provider.ask(window).hex(),
                "sent": sent.hex(),
                "acknowledgement": provider.answer(parse_claim(sent)).reply.hex(),
            }
            for name, (window, sent) in claims.items()
        },
        "refused": [
            {"stage": stage, "name": name, **edits(good, message), "error": error}
            for stage, good, cases in (
                ("ask", ask, _asks(ask, provider.key)),
                ("declined", claims["declined"][1], _declined(small, declined)),
            )
            for name, message, error in cases
        ],
    }


def _numbers(window: Window) -> list[int]:
    return [window.kind, window.start, window.end]


def _asks(good: bytes, key: bytes) -> Cases:
    for name, message, kind in frames(good, MAX_MESSAGE):
        # The tag counts before the form.
        yield name, message, "NotAuthentic"
        if len(message) == len(good):
            yield f"{name}, under a tag", retagged(message, key), kind
    yield "tag", flipped(good, -1), "NotAuthentic"
    yield "start", flipped(good, 28), "NotAuthentic"
    yield "tagged as a claim", tagged(Use.CLAIM, key, good[:-16]), "NotAuthentic"
    yield "agreement id, under a tag", retagged(flipped(good, 4), key), "Violation"
    interval = retagged(put(good, 20, b"\1"), key)
    yield "an interval, under a tag", interval, "Malformed"
    yield "kind 4, under a tag", retagged(put(good, 20, b"\4"), key), "Malformed"


def _declined(small: Parties, window: Window) -> Cases:
    good, key = small.household.declined(window), small.household.key
    yield from frames(good, MAX_CLAIM)
    yield "tag", flipped(good, -1), "NotAuthentic"
    yield "start", flipped(good, 28), "NotAuthentic"
    yield "agreement id", flipped(good, 4), "Violation"
    yield "an interval, under a tag", retagged(put(good, 20, b"\1"), key), "Malformed"
    yield "a missing window's tag", put(good, 3, b"\x11"), "NotAuthentic"
    yield "tagged as a reply", tagged(Use.REPLY, key, good[:-16]), "NotAuthentic"
