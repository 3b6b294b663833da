"""What a plan asks: the household's numbers, the provider's, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
import math
from typing import Any, ClassVar, Final, Protocol, Self

from .bristol import write_bristol
from .circuit import Circuit
from .errors import PlanError
from .hashing import Use, digest
from .measure import MAX_WIDTH, HouseholdInput, Measure
from .programs import policy_circuit, range_circuit

MAX_THRESHOLDS: Final = 15
MAX_LABELS: Final = 16


class Question(Protocol):
    """A question as the exchange needs it."""

    kind: ClassVar[str]
    """Its name in the text of a plan."""

    @property
    def household(self) -> tuple[HouseholdInput, ...]:
        """What the household puts in, in the circuit's order."""

    @property
    def provider_widths(self) -> tuple[int, ...]:
        """Bits of each of the provider's numbers, in the circuit's order."""

    @property
    def outcomes(self) -> int:
        """How many outcomes there are: 0, 1, ..."""

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each outcome; none where the outcome is an amount."""

    @property
    def unit(self) -> str:
        """What an amount counts; empty where there are labels."""

    @property
    def circuit(self) -> Circuit:
        """The circuit of a report: the household's numbers, then the provider's."""

    @property
    def policy(self) -> Circuit:
        """The circuit whose one bit says that the provider's numbers are acceptable."""

    def document(self) -> dict[str, Any]:
        """Return what stands in the text of a plan, the circuits' digests with it."""


@dataclass(frozen=True, kw_only=True)
class RangeQuestion:
    """In which of the ranges between thresholds is a measure?

    Outcome 1 is [0, t1], 2 is (t1, t2], ..., and 0 stands for outside: above the last
    threshold, or fed in.

    Attributes:
        measure: of the whole window.
        width: bits of the measure.
        thresholds: how many there are.
        minimum_width: the provider's promise (W or Wh): no bucket is narrower.
        labels: a label for each bucket; the first stands for outside.
    """

    kind: ClassVar[str] = "range"
    unit: ClassVar[str] = ""

    measure: Measure
    width: int
    thresholds: int
    minimum_width: int
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what a household could not agree to; raise PlanError."""
        numbers = (self.width, self.thresholds, self.minimum_width)
        if any(type(number) is not int for number in numbers):
            raise PlanError("the question's values are of the wrong types")
        largest = (1 << self.width) - 2 if 2 <= self.width <= MAX_WIDTH else 0
        checks = {
            "width": largest > 0,
            "number of thresholds": 1 <= self.thresholds <= MAX_THRESHOLDS,
            "minimum width": self.minimum_width >= 1
            and self.minimum_width * (self.thresholds + 1) <= largest,
            "outcomes": are_labels(self.labels, self.thresholds + 1),
        }
        if wrong := [name for name, right in checks.items() if not right]:
            raise PlanError(f"the question's {', '.join(wrong)} can't be accepted")

    @property
    def household(self) -> tuple[HouseholdInput, ...]:
        """The one measure."""
        return (HouseholdInput(measure=self.measure, width=self.width),)

    @property
    def provider_widths(self) -> tuple[int, ...]:
        """Of the thresholds."""
        return (self.width,) * self.thresholds

    @property
    def outcomes(self) -> int:
        """One more than there are thresholds."""
        return self.thresholds + 1

    @property
    def circuit(self) -> Circuit:
        """Compares the measure with each threshold."""
        return range_circuit(self.thresholds, self.width)

    @property
    def policy(self) -> Circuit:
        """Proves the promised minimum width."""
        return policy_circuit(self.thresholds, self.width, self.minimum_width)

    def document(self) -> dict[str, Any]:
        """Return what stands in the text of a plan."""
        return {
            "kind": self.kind,
            "measure": self.measure,
            "width": self.width,
            "thresholds": self.thresholds,
            "minimum_width": self.minimum_width,
            "outcomes": self.labels,
            **circuit_digests(self),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` returns; the digests are left to whoever compares.

        Raises:
            LookupError, TypeError, ValueError: not such a document.
            PlanError: a value is out of its bounds.
        """
        return cls(
            measure=Measure(document["measure"]),
            width=document["width"],
            thresholds=document["thresholds"],
            minimum_width=document["minimum_width"],
            labels=tuple(document["outcomes"]),
        )


def circuit_digests(question: Question) -> dict[str, str]:
    """Return BLAKE2b-256 of the Bristol Fashion of a question's two circuits."""
    return {
        "circuit": _circuit_digest(question.circuit).hex(),
        "policy_circuit": _circuit_digest(question.policy).hex(),
    }


def most_bits(outcomes: int) -> float:
    """Return the bits that a window tells at most, however it ends: Hartley's measure.

    That there is no answer to it (missing, or refused) is an answer too.
    """
    return math.log2(outcomes + 1)


def bucket_of(value: int, thresholds: Sequence[int]) -> int:
    """Return what the circuit of a range returns, computed in the clear.

    Bucket 1 is [0, t1], bucket 2 is (t1, t2], ..., bucket 0 above the last.
    """
    for bucket, threshold in enumerate(thresholds, 1):
        if value <= threshold:
            return bucket
    return 0


def are_labels(labels: tuple[str, ...], count: int) -> bool:
    """Return whether these are labels, all different, of `count` outcomes."""
    return (
        len(labels) == count <= MAX_LABELS
        and all(is_text(label, 60) for label in labels)
        and len(set(labels)) == count
    )


def is_text(text: object, longest: int) -> bool:
    """Return whether this is a line of text for people, of bounded length."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= longest
        and text.isprintable()
        and text == text.strip()
    )


@lru_cache(maxsize=64)
def _circuit_digest(circuit: Circuit) -> bytes:
    return digest(Use.CIRCUIT, write_bristol(circuit).encode())
