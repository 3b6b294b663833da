"""What benchmarks find, in one form: figures, each beside what it compares with."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

_HEAD: Final = (
    "| figure | median | spread | beside it | that one's | ratio | aim |",
    "|---|---:|---:|---|---:|---:|---:|",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure.

    Attributes:
        name: what was measured.
        value: the median, or a count.
        unit: of all values.
        low: the 10th percentile or the least; None for a count.
        high: the 90th percentile or the most; None for a count.
        beside: what it compares with.
        reference: the value of that.
        most: what the value is meant not to exceed.
        most_ratio: what the ratio is meant not to exceed.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    beside: str = ""
    reference: float | None = None
    most: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times what it compares with."""
        return self.value / self.reference if self.reference else None

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        found = [
            value <= most
            for value, most in ((self.value, self.most), (self.ratio, self.most_ratio))
            if value is not None and most is not None
        ]
        return all(found) if found else None

    def row(self) -> str:
        """Return the line of a Markdown table."""
        spread = reference = ratio = ""
        if self.low is not None and self.high is not None:
            spread = f"{number(self.low)} to {number(self.high)}"
        if self.reference is not None:
            reference = f"{number(self.reference)} {self.unit}".strip()
        if self.ratio is not None:
            ratio = f"{self.ratio:.3g}"
        cells = (
            self.name,
            f"{number(self.value)} {self.unit}".strip(),
            spread,
            self.beside,
            reference,
            ratio,
            self._aim(),
        )
        return f"| {' | '.join(cells)} |"

    def _aim(self) -> str:
        if self.is_met is None:
            return ""
        wanted = [
            *([f"{number(self.most)} {self.unit}".strip()] if self.most else []),
            *([f"ratio {self.most_ratio:g}"] if self.most_ratio else []),
        ]
        return f"{' and '.join(wanted)}: {'met' if self.is_met else '**missed**'}"

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self) | {"ratio": self.ratio, "is_met": self.is_met}


class UnavailableError(Exception):
    """Something that this machine doesn't have is needed; says what to run."""


def number(value: float) -> str:
    """Return a number for people: three digits of what is small, all of what is large."""
    if value == round(value) and abs(value) < 1e12:
        return f"{round(value):,}".replace(",", " ")
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def table(results: Iterable[Result]) -> str:
    """Return results as a Markdown table."""
    return "\n".join((*_HEAD, *(result.row() for result in results)))


def of_times(name: str, times: Sequence[float], **about: Any) -> Result:
    """Return the result of times in seconds, in ms."""
    ordered = sorted(times)
    return Result(
        name=name,
        value=ordered[len(ordered) // 2] * 1e3,
        unit="ms",
        low=ordered[len(ordered) // 10] * 1e3,
        high=ordered[len(ordered) * 9 // 10] * 1e3,
        **about,
    )
