"""What a provider asks, how often and until when: a tariff plan's public part."""

from dataclasses import dataclass, replace
import json
from typing import Any, Final

from .circuit import Circuit
from .errors import CircuitError, Malformed, OtherCircuit, PlanError
from .garbling import BLOCK_BYTES
from .measure import Measure, Take, encode_measure
from .program_question import ProgramQuestion
from .question import (
    Question,
    RangeQuestion,
    circuit_digests,
    is_text,
    most_bits,
)
from .schedule import DAY, Period, Schedule
from .seeds import MOST_DAYS
from .values import ProviderValues
from .window import Window, WindowKind
from .wire import MAX_CLAIM, MAX_MESSAGE

MAX_PROVIDER_BITS: Final = 512
MAX_HOUSEHOLD_BITS: Final = 2048
HASH_BYTES: Final = 32

MAX_PERIOD: Final = MOST_DAYS * DAY
SHORTEST_RENEWAL: Final = 28 * DAY
"""Seconds; a shorter period needs a person."""
_MONTHS_DIFFER: Final = 3 * DAY

_SLUG: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_LATEST: Final = 1 << 37
_QUESTIONS: Final[dict[str, type[RangeQuestion | ProgramQuestion]]] = {
    question.kind: question for question in (RangeQuestion, ProgramQuestion)
}
_CIRCUITS: Final = ("circuit", "policy_circuit")
_REPORT_FRAME: Final = 117
"""Bytes of a report before its corrections and after its hashes."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A question for a period; everything but the provider's values.

    Attributes:
        provider: the provider's name, for people.
        plan_id: short name of the plan: a to z, 0 to 9, "_" and "-".
        title: the question in words.
        start: first second of the period (UTC).
        end: first second after the period (UTC).
        schedule: the windows.
        lateness: seconds after a window's end within which its report is taken.
        question: what is asked about a window.
        commitment: 32 bytes, to the provider's values.
    """

    provider: str
    plan_id: str
    title: str
    start: int
    end: int
    schedule: Schedule
    lateness: int
    question: Question
    commitment: bytes

    def __post_init__(self) -> None:
        """Refuse what a household could not agree to.

        Raises:
            PlanError: a value is out of its bounds; says which.
        """
        numbers = (self.start, self.end, self.lateness)
        if any(type(number) is not int for number in numbers):
            raise PlanError("the plan's values are of the wrong types")
        checks = {
            "provider": is_text(self.provider, 64),
            "plan id": is_text(self.plan_id, 64) and _SLUG.issuperset(self.plan_id),
            "title": is_text(self.title, 200),
            "period": 0 <= self.start < self.end < _LATEST
            and self.end - self.start <= MAX_PERIOD,
            "lateness": 0 <= self.lateness <= 31 * DAY,
            "parts": 0 <= self.start < self.end < _LATEST
            and self.schedule.is_aligned(self.start, self.end),
            "commitment": len(self.commitment) == 32,
            "number of input bits": self.provider_bits <= MAX_PROVIDER_BITS
            and sum(self.household_widths) <= MAX_HOUSEHOLD_BITS,
            "size": self.report_bytes <= MAX_CLAIM
            and 2 * BLOCK_BYTES * self.policy.and_gates <= MAX_MESSAGE // 2,
        }
        if wrong := [name for name, right in checks.items() if not right]:
            raise PlanError(f"the plan's {', '.join(wrong)} can't be accepted")
        for item in self.question.household:
            item.check(self.schedule)

    @property
    def household_widths(self) -> tuple[int, ...]:
        """Bits of each of the household's numbers."""
        return tuple(
            item.width for item in self.question.household for _ in range(item.count)
        )

    @property
    def provider_bits(self) -> int:
        """Number of the provider's input bits."""
        return sum(self.question.provider_widths)

    @property
    def output_bits(self) -> int:
        """Number of bits of an outcome."""
        return sum(self.circuit.outputs)

    @property
    def circuit(self) -> Circuit:
        """The circuit of a report."""
        return self.question.circuit

    @property
    def policy(self) -> Circuit:
        """The circuit that proves that the provider's values are acceptable."""
        return self.question.policy

    @property
    def report_bytes(self) -> int:
        """Length of a report."""
        return report_length(self.circuit, self.provider_bits)

    @property
    def bits_per_window(self) -> float:
        """Bits that a window can give away at most."""
        return most_bits(self.question.outcomes)

    @property
    def bits_per_day(self) -> float:
        """Bits that a day's windows can give away at most."""
        return self.bits_per_window * self.schedule.windows_a_day

    @property
    def can_be_asked(self) -> bool:
        """Whether it may be asked on demand: its question is about one mean power."""
        return not isinstance(self.schedule.window, Period) and [
            (item.measure, item.take) for item in self.question.household
        ] == [(Measure.MEAN_POWER, Take.WHOLE)]

    def encode(self, numbers: list[list[float]]) -> tuple[int, ...]:
        """Return what was measured (W or Wh), input by input, as a report takes it.

        Raises:
            PlanError: another number of numbers.
        """
        counts = [item.count for item in self.question.household]
        if [len(each) for each in numbers] != counts:
            raise PlanError("these are not the measures of the plan")
        measured = [number for each in numbers for number in each]
        return tuple(map(encode_measure, measured, self.household_widths, strict=True))

    def choices(self, values: ProviderValues) -> bytes:
        """Return the provider's input bits, a byte each, checked against the plan.

        Raises:
            PlanError: other values than committed to, or not acceptable ones.
        """
        if values.commitment(self.plan_id, self.start, self.end) != self.commitment:
            raise PlanError("the values are not those that the plan commits to")
        try:
            choices = values.bits(self.question.provider_widths)
        except CircuitError as err:
            raise PlanError(str(err)) from err
        value = sum(bit << position for position, bit in enumerate(choices))
        if self.policy.evaluate(value) != (1,):
            raise PlanError("the values do not keep the plan's promise")
        return choices

    def day_of(self, time: int) -> int:
        """Return the day of the period that the seeds at a time (UTC s) are of.

        A window takes those of its last second.
        """
        return max(time - self.start, 0) // DAY

    def has_window(self, window: Window) -> bool:
        """Return whether it is one of the plan's windows, or one on demand."""
        if not (self.start <= window.start and window.end <= self.end):
            return False
        if window.kind is WindowKind.INSTANT:
            return self.can_be_asked and Window.instant_at(window.start) == window
        return self.schedule.window_at(window.start) == window

    def follows(self, earlier: Plan) -> bool:
        """Return whether it asks the same again, in the period right after another's.

        All but the period and the commitment is the same, and the period is neither
        short nor, give or take the days by which months and years differ, longer.
        """
        length = self.end - self.start
        return (
            self.start == earlier.end
            and SHORTEST_RENEWAL
            <= length
            <= earlier.end - earlier.start + _MONTHS_DIFFER
            and self
            == replace(
                earlier, start=self.start, end=self.end, commitment=self.commitment
            )
        )

    def to_json(self) -> bytes:
        """Return the text that is signed."""
        return json.dumps(
            {
                "provider": self.provider,
                "plan": self.plan_id,
                "title": self.title,
                "period": [self.start, self.end],
                **self.schedule.document(),
                "lateness": self.lateness,
                "question": self.question.document(),
                "commitment": self.commitment.hex(),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Plan:
        """Read what `to_json` writes; nothing else is taken.

        Raises:
            Malformed: not the text of a plan.
            OtherCircuit: the provider makes another circuit of the question.
            PlanError: a value is out of its bounds.
            ProgramError: a program that can't be compiled.
        """
        try:
            document: Any = json.loads(text)
            question = document["question"]
            plan = cls(
                provider=document["provider"],
                plan_id=document["plan"],
                title=document["title"],
                start=document["period"][0],
                end=document["period"][1],
                schedule=Schedule.of_document(document),
                lateness=document["lateness"],
                question=_QUESTIONS[question["kind"]].of_document(question),
                commitment=bytes.fromhex(document["commitment"]),
            )
            stated = {name: question[name] for name in _CIRCUITS}
        except LookupError, RecursionError, TypeError, ValueError:
            raise Malformed("not a plan") from None
        if stated != circuit_digests(plan.question):
            raise OtherCircuit(
                "the circuits stated are not those that this version makes of the question"
            )
        # One text for one plan: nothing may hide in what is signed.
        if text != plan.to_json():
            raise Malformed("not a plan in its one form")
        return plan


def report_length(circuit: Circuit, provider_bits: int) -> int:
    """Return the length of a report that carries this circuit."""
    return (
        _REPORT_FRAME
        + BLOCK_BYTES * provider_bits
        + 2 * BLOCK_BYTES * circuit.and_gates
        + 2 * HASH_BYTES * sum(circuit.outputs)
    )
