"""A question written in C: both sides compile the source that the owner reads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, Self

from .builder import ONE, CircuitBuilder
from .circuit import Circuit
from .compiler import Program, compile_program
from .errors import PlanError
from .measure import HouseholdInput
from .question import are_labels, circuit_digests, is_text

MAX_SOURCE: Final = 8 * 1024
MAX_MEANING: Final = 200
MAX_UNIT: Final = 40
MOST_OUTCOMES: Final = 1 << 32


@dataclass(frozen=True, kw_only=True)
class ProviderInput:
    """Numbers that the provider puts in.

    Attributes:
        name: the program's parameter.
        meaning: in words.
        unit: what they count.
        width: bits of each number.
    """

    name: str
    meaning: str
    unit: str
    width: int

    def document(self) -> dict[str, Any]:
        """Return what a plan's text says of it."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> ProviderInput:
        """Read what `document` returns; raise LookupError if something is lacking."""
        return cls(
            name=document["name"],
            meaning=document["meaning"],
            unit=document["unit"],
            width=document["width"],
        )


@dataclass(frozen=True, kw_only=True)
class ProgramQuestion:
    """What does this program say?

    Attributes:
        source: C, as `docs/programs.md` describes it; one output, not negative.
        policy_source: C with the provider's inputs alone and one output, which is 1
            where they are acceptable; None leaves them unchecked.
        household: what stands behind each INPUT_A_ parameter, in the source's order.
        provider: what stands behind each INPUT_B_ parameter, in the source's order.
        labels: what each outcome means, from 0 on; none where it is an amount.
        unit: of an amount.
    """

    kind: ClassVar[str] = "program"

    source: str
    policy_source: str | None
    household: tuple[HouseholdInput, ...]
    provider: tuple[ProviderInput, ...]
    labels: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        """Compile the sources and compare them with what is said of them.

        Raises:
            PlanError: they differ, or a value is out of its bounds; says what.
            ProgramError: a source that can't be compiled; says where and why.
        """
        described: list[HouseholdInput | ProviderInput]
        described = [*self.household, *self.provider]
        for item in described:
            if not is_text(item.meaning, MAX_MEANING) or type(item.width) is not int:
                raise PlanError(f"what is said of {item.name} can't be accepted")
        if not all(is_text(item.unit, MAX_UNIT) for item in self.provider):
            raise PlanError("the unit of a value can't be accepted")
        program = self.program
        if not (program.household and program.provider):
            raise PlanError("a program of a plan needs inputs of both parties")
        if [(i.name, i.width, i.count) for i in self.household] != [
            (i.name, i.width, i.count) for i in program.household
        ] or [(i.name, i.width) for i in self.provider] != [
            (i.name, i.width) for i in program.provider
        ]:
            raise PlanError("the inputs described are not those of the program")
        if len(program.outputs) != 1 or program.outputs[0].signed:
            raise PlanError("a program of a plan has one output, never negative")
        if not 2 <= self.outcomes <= MOST_OUTCOMES:
            raise PlanError(f"a program of a plan can't have {self.outcomes} outcomes")
        if self.labels:
            if self.unit != "" or not are_labels(self.labels, self.outcomes):
                raise PlanError(f"the program has {self.outcomes} outcomes to label")
        elif not is_text(self.unit, MAX_UNIT):
            raise PlanError("an amount needs a unit")
        _ = self.policy

    @cached_property
    def program(self) -> Program:
        """The compiled source."""
        return compiled(self.source, self.widths)

    @property
    def widths(self) -> dict[str, int]:
        """Of each parameter, for the compiler."""
        widths = {item.name: item.width for item in self.household}
        return widths | {item.name: item.width for item in self.provider}

    @property
    def provider_widths(self) -> tuple[int, ...]:
        """Of each number, in the source's order."""
        return tuple(i.width for i in self.program.provider for _ in range(i.count))

    def named(self, values: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the provider's numbers by the names of the parameters."""
        named, rest = {}, tuple(values)
        for item in self.program.provider:
            named[item.name], rest = rest[: item.count], rest[item.count :]
        return named

    @property
    def outcomes(self) -> int:
        """From 0 to the most that the compiler finds possible."""
        return self.program.outputs[0].most + 1

    @property
    def circuit(self) -> Circuit:
        """The program's."""
        return self.program.circuit

    @cached_property
    def policy(self) -> Circuit:
        """The policy's; without a source one that everything passes."""
        if self.policy_source is None:
            return _anything(sum(self.provider_widths))
        policy = compiled(self.policy_source, {i.name: i.width for i in self.provider})
        if policy.household or policy.provider != self.program.provider:
            raise PlanError("the policy's inputs are not the provider's")
        if policy.circuit.outputs != (1,):
            raise PlanError("a policy has one output, of one bit")
        return policy.circuit

    def document(self) -> dict[str, Any]:
        """Return what stands in the text of a plan."""
        return {
            "kind": self.kind,
            "source": self.source,
            "policy": self.policy_source,
            "household": [item.document() for item in self.household],
            "provider": [item.document() for item in self.provider],
            "outcomes": self.labels,
            "unit": self.unit,
            **circuit_digests(self),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` returns; the digests are left to whoever compares.

        Raises:
            LookupError, TypeError, ValueError: not such a document.
            PlanError, ProgramError: the question can't be accepted.
        """
        source = document["source"]
        provider = tuple(map(ProviderInput.of_document, document["provider"]))
        stated = {item["name"]: item["width"] for item in document["household"]}
        widths = stated | {item.name: item.width for item in provider}
        counts = {i.name: i.count for i in compiled(source, widths).household}
        return cls(
            source=source,
            policy_source=document["policy"],
            household=tuple(
                HouseholdInput.of_document(item, count=counts[item["name"]])
                for item in document["household"]
            ),
            provider=provider,
            labels=tuple(document["outcomes"]),
            unit=document["unit"],
        )


def compiled(source: str, widths: Mapping[str, int]) -> Program:
    """Return a compiled program, of bounded length; once for the same source.

    Raises:
        PlanError: the source is too long, or no text.
        ProgramError: it can't be compiled; says where and why.
    """
    if type(source) is not str or not 0 < len(source) <= MAX_SOURCE:
        raise PlanError(f"a program has {MAX_SOURCE} characters at most")
    return _compiled_once(source, tuple(widths.items()))


@lru_cache(maxsize=32)
def _compiled_once(source: str, widths: tuple[tuple[str, int], ...]) -> Program:
    return compile_program(source, dict(widths))


@lru_cache(maxsize=32)
def _anything(bits: int) -> Circuit:
    """Return a policy that all numbers of so many bits pass."""
    return CircuitBuilder((bits,)).build([[ONE]])
