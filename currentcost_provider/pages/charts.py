"""What the browser draws: series of numbers with the names of their colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from currentcost_exchange import Question, RangeQuestion

from ..results import Result

_TONES: Final = 10
"""The colours of buckets run from tone 0 to tone 10."""


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of a stack: its name, its colour, a number for each time."""

    name: str
    tone: str
    values: Sequence[int]


def tone_of(question: Question, outcome: int) -> str:
    """Return the colour of an outcome: darker for more; outside has its own."""
    if isinstance(question, RangeQuestion):
        if outcome == 0:
            return "outside"
        place, places = outcome - 1, question.outcomes - 1
    else:
        place, places = outcome, question.outcomes
    return str(round(_TONES * place / max(places - 1, 1)))


def stack(
    starts: Sequence[int], end: int | None, series: Sequence[Series]
) -> dict[str, Any]:
    """Return a chart of layers over windows; the last window ends at `end`."""
    return {
        "kind": "stack",
        "times": list(starts),
        "end": end,
        "series": [
            {"name": each.name, "tone": each.tone, "values": list(each.values)}
            for each in series
        ],
    }


def steps(
    results: Sequence[Result], question: Question, names: Sequence[str]
) -> dict[str, Any]:
    """Return a chart of one household's outcomes over windows, gaps where none came.

    "outside" of a range lies above all buckets.
    """
    is_range = isinstance(question, RangeQuestion)
    times: list[int] = []
    values: list[int | None] = []
    for result in results:
        if result.outcome is None:
            continue
        start, end = (
            int(datetime.fromisoformat(edge).timestamp())
            for edge in (result.start, result.end)
        )
        outcome = result.outcome
        if is_range:
            outcome = (outcome - 1) % question.outcomes
        if times and start < times[-1]:
            continue
        if times and start == times[-1]:
            times.pop()
            values.pop()
        elif times:
            times.append(times[-1] + 1)
            values.append(None)
        times += [start, end]
        values += [outcome, outcome]
    ordered = [*names[1:], *names[:1]] if is_range else list(names)
    return {"kind": "steps", "times": times, "values": values, "names": ordered}
