"""Results as they leave the service: one row for each window, with names and words."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from currentcost_exchange import (
    PlanStatement,
    ProviderValues,
    Question,
    RangeQuestion,
)

from .plans import bucket_edges
from .storage.ledger import Ledger, ResultFilter, ResultKey
from .storage.models import PlanRow, WindowRow
from .storage.numbering import Position
from .storage.registry import Registry

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one window of a household came to.

    Attributes:
        start: first second of the window (ISO 8601, UTC).
        end: first second after it.
        household: its user name.
        state: "bucket", "missing" or "refused".
        outcome: the question's answer; of a range, 0 is outside.
        label: the outcome's name.
        lower: of a range, the measure is above this.
        upper: and up to this.
        unit: of lower and upper, or of a program's outcome.
    """

    start: str
    end: str
    household: str
    state: str
    outcome: int | None
    label: str | None
    lower: int | None
    upper: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an outcome means; fields as in `Result`."""

    label: str | None
    lower: int | None
    upper: int | None
    unit: str


FIELDS: Final = tuple(Result.__dataclass_fields__)


class Results:
    """Reads results; a plan's question and values are read once."""

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        """Use a database that was brought up to date."""
        self._ledger = ledger
        self._registry = registry
        self._questions: dict[int, tuple[Question, ProviderValues]] = {}

    async def page(
        self,
        wanted: ResultFilter,
        *,
        after: ResultKey | None = None,
        limit: int = _PAGE,
    ) -> tuple[list[Result], ResultKey | None]:
        """Return results from behind a key on, and the key to go on from, if any.

        Raises:
            ExchangeError: a plan of another version.
        """
        rows = await self._ledger.page(wanted, after=after, limit=limit)
        results = [self.result(window, user, plan) for window, user, plan in rows]
        if len(rows) < limit:
            return results, None
        window = rows[-1][0]
        return results, (window.start, window.agreement_id, window.kind)

    async def all(self, wanted: ResultFilter) -> AsyncIterator[Sequence[Result]]:
        """Yield all results, part by part."""
        after: ResultKey | None = None
        while True:
            results, after = await self.page(wanted, after=after)
            if results:
                yield results
            if after is None:
                return

    async def latest(self, user: str, limit: int) -> list[Result]:
        """Return a household's last answered windows, the newest first."""
        rows = await self._ledger.latest(user, limit)
        return [self.result(window, user, plan) for window, plan in rows]

    async def new(self, after: Position, limit: int) -> list[tuple[Position, Result]]:
        """Return new results behind a position, in the order of `numbering`."""
        rows = await self._ledger.new(after, limit)
        return [
            (Position.of(window), self.result(window, user, plan))
            for window, user, plan in rows
        ]

    def result(self, window: WindowRow, user: str, plan: PlanRow) -> Result:
        """Return what a household's window came to, with names and words."""
        question, values = self.question(plan)
        meaning = meaning_of(question, values, window.outcome)
        return Result(
            start=iso(window.start),
            end=iso(window.end),
            household=user,
            state=window.state.value,
            outcome=window.outcome,
            label=meaning.label,
            lower=meaning.lower,
            upper=meaning.upper,
            unit=meaning.unit,
        )

    def question(self, plan: PlanRow) -> tuple[Question, ProviderValues]:
        """Return what a plan asks, and the values that it asks with."""
        if plan.id not in self._questions:
            statement = PlanStatement.from_bytes(plan.statement)
            values = self._registry.values(plan)
            self._questions[plan.id] = statement.plan.question, values
        return self._questions[plan.id]


def meaning_of(
    question: Question, values: ProviderValues, outcome: int | None
) -> Meaning:
    """Return what an outcome of a question means, None for no answer."""
    labels = question.labels
    label = labels[outcome] if labels and outcome is not None else None
    if not isinstance(question, RangeQuestion):
        return Meaning(label, None, None, question.unit)
    lower, upper = bucket_edges(values.values, outcome)
    return Meaning(label, lower, upper, question.measure.unit)


def in_words(result: Result) -> str:
    """Return an outcome for people: a bucket's edges, an amount, or its number."""
    if result.outcome is None:
        return "-"
    if result.lower is None:
        return f"{result.outcome} {result.unit}".rstrip()
    if result.upper is None:
        return f"above {result.lower} {result.unit}"
    return f"{result.lower} to {result.upper} {result.unit}"


def document(result: Result) -> dict[str, Any]:
    """Return a result by the names of its fields."""
    return asdict(result)


def iso(seconds: int) -> str:
    """Return a time (UTC s) as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
