"""Can a household's buckets be true, beside what its billing meter counted?

A clamp can lie, a bill can't. For a mean power, each bucket says between which powers
(W) a window was, so a window of s seconds used between lower x s / 3600 and upper x
s / 3600 Wh. Summed over a period that is what the household can have used:

- edges are of whole watts, as measures are rounded (floor(x + 0.5)): a bucket begins
  half a watt above the one before and ends half a watt above its threshold;
- time without an answer (missing, refused, no report, no agreement) used 0 or more, and
  at most what the connection takes (`limit`, W), if that is known;
- "outside" is above the last threshold, up to the limit, if that is known;
- where the home feeds in (`feeds_in`), "outside" may be that as well: such time, and time
  without an answer, used anything from minus to plus the limit. The meter's total is
  import less export then.

Clamp and display err too (a clamp by some per cent, and it assumes the voltage):
`tolerance` widens both ends by a share of them. What is beyond the ends can't be true;
what is within them is possible, and not proven.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
import math
from typing import Final

from currentcost_exchange import Measure, Question, RangeQuestion

from ..plans import bucket_edges
from ..refusals import Unfit

TOLERANCE: Final = 0.1
"""Share of the energy by which clamp and display may be off, unless said otherwise."""

_HOUR: Final = 3600
_ROUNDED: Final = 0.5


class Verdict(StrEnum):
    """What comes out of a comparison."""

    POSSIBLE = "possible"
    LOW = "impossible low"
    """The buckets can't hold what the meter counted."""
    HIGH = "impossible high"
    """The buckets say more than the meter counted."""
    UNKNOWN = "can't tell"
    """No answer bounds the energy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is taken for granted.

    Attributes:
        tolerance: share of the energy by which clamp and display may be off.
        limit: W that a connection takes at most, None if unknown.
        feeds_in: whether "outside" may be a home that feeds in.
    """

    tolerance: float = TOLERANCE
    limit: int | None = None
    feeds_in: bool = False


@dataclass(frozen=True, slots=True)
class Powers:
    """Seconds in which the power was between two ends (W), None for no end."""

    lower: float | None
    upper: float | None
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A household's windows beside its meter.

    Attributes:
        verdict: what comes out.
        metered: Wh.
        lower: Wh that the windows used at least, before the tolerance.
        upper: Wh at most.
        answered: share of the period with an answer.
        beyond: Wh by which the meter is beyond what they can have used.
    """

    verdict: Verdict
    metered: float
    lower: float | None
    upper: float | None
    answered: float
    beyond: float = 0.0


def check_question(question: Question) -> RangeQuestion:
    """Return the question if its answers bound the energy; raise Unfit with why not."""
    if not isinstance(question, RangeQuestion):
        raise Unfit(
            "What a program's outcome says of the energy depends on the program: only"
            " buckets of the mean power can be compared."
        )
    if question.measure is not Measure.MEAN_POWER:
        raise Unfit(
            f"A plan of {question.measure} is not compared: only buckets of the mean"
            " power bound the energy of a window in this way."
        )
    return question


def powers(
    thresholds: tuple[int, ...],
    outcome: int | None,
    seconds: int,
    assumed: Assumptions,
) -> Powers:
    """Return between which powers the home was.

    Args:
        thresholds: the buckets' upper ends, W.
        outcome: the answer; None for none.
        seconds: how long.
        assumed: what is taken for granted.
    """
    limit = assumed.limit
    if assumed.feeds_in and not outcome:
        return Powers(None if limit is None else -float(limit), limit, seconds)
    if outcome is None:
        return Powers(0.0, limit, seconds)
    lower, upper = bucket_edges(thresholds, outcome)
    least = lower + _ROUNDED if lower else 0.0
    if upper is not None:
        return Powers(least, upper + _ROUNDED, seconds)
    return Powers(least, None if limit is None else max(limit, least), seconds)


def compare(
    spans: Iterable[Powers], period: int, metered: float, assumed: Assumptions
) -> Comparison:
    """Return whether a meter's total can be what windows used.

    Args:
        spans: the windows with an answer.
        period: seconds of all; what no span covers has no answer.
        metered: Wh.
        assumed: what is taken for granted.
    """
    found = list(spans)
    answered = sum(span.seconds for span in found)
    if silent := period - answered:
        found.append(powers((), None, silent, assumed))
    lower = _energy((span.lower, span.seconds) for span in found)
    upper = _energy((span.upper, span.seconds) for span in found)
    least = None if lower is None else lower - abs(lower) * assumed.tolerance
    most = None if upper is None else upper + abs(upper) * assumed.tolerance
    verdict, beyond = Verdict.POSSIBLE, 0.0
    if not answered or (least is None and most is None):
        verdict = Verdict.UNKNOWN
    elif least is not None and metered < least:
        verdict, beyond = Verdict.HIGH, least - metered
    elif most is not None and metered > most:
        verdict, beyond = Verdict.LOW, metered - most
    return Comparison(
        verdict=verdict,
        metered=metered,
        lower=lower,
        upper=upper,
        answered=answered / period,
        beyond=beyond,
    )


def _energy(parts: Iterable[tuple[float | None, int]]) -> float | None:
    """Return Wh of powers (W) that held for seconds; None if one has no end."""
    energies = []
    for power, seconds in parts:
        if power is None:
            return None
        energies.append(power * seconds / _HOUR)
    return math.fsum(energies)
