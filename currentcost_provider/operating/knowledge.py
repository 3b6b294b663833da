"""How much the answers of a household tell, in bits.

Two figures, both of the answers alone (when reports came, and who agreed, is stored as
well, and listed beside):

- **at most**: a window has one of m outcomes, or none (missing or refused, which is an
  answer too), so n windows tell at most n log2(m + 1) bits, whatever was asked and
  whatever else is known: Hartley's measure.
- **as answered**: the entropy of the answers that came. With c_i of n windows answered
  by i, it is n H = sum of c_i log2(n / c_i) bits, and each of these answers tells
  log2(n / c_i) of them: Shannon 1948, section 6, with frequencies for probabilities.
  It is what somebody learns who knows how often each answer comes and nothing of the
  order; answers that follow on each other can be guessed better, and tell less.

Windows of which nothing came at all are not counted: that a home was silent is known
besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from currentcost_exchange import most_bits


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the answers that came.

    Attributes:
        outcome: None for missing or refused.
        windows: how often it came.
        bits: that each of them tells.
    """

    outcome: int | None
    windows: int
    bits: float


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the answers of one plan tell.

    Attributes:
        windows: how many have an answer.
        bits_each: that one window tells at most.
        at_most: bits of all of them.
        as_answered: bits of all of them, as they came.
        answers: the most frequent first.
    """

    windows: int
    bits_each: float
    at_most: float
    as_answered: float
    answers: tuple[Answer, ...]


def knowledge(outcomes: int, counts: Mapping[int | None, int]) -> Knowledge:
    """Return what answers tell.

    Args:
        outcomes: how many a question has.
        counts: how often each outcome came, None for missing or refused.
    """
    total = sum(counts.values())
    each = most_bits(outcomes)
    answers = tuple(
        Answer(outcome, count, math.log2(total / count))
        for outcome, count in sorted(counts.items(), key=lambda item: -item[1])
        if count
    )
    return Knowledge(
        windows=total,
        bits_each=each,
        at_most=total * each,
        as_answered=sum(answer.windows * answer.bits for answer in answers),
        answers=answers,
    )
