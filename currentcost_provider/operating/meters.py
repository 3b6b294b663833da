"""Billing meters' totals beside what is stored of their households."""

from collections.abc import Iterable, Iterator
import csv
from dataclasses import dataclass
from datetime import UTC, datetime
import math
from typing import Any, Final

from currentcost_exchange import WindowKind
from sqlalchemy import select

from ..refusals import Refusal, Unfit
from ..results import iso
from ..storage.database import Database
from ..storage.models import AgreementRow, HouseholdRow, PlanRow, WindowRow, WindowState
from ..storage.registry import Registry
from .plan_views import statement_of
from .plausibility import (
    Assumptions,
    Comparison,
    Powers,
    Verdict,
    check_question,
    compare,
    powers,
)

MOST_METERS: Final = 100_000
LONGEST: Final = 5 * 366 * 86_400
MOST_KWH: Final = 1e9
_COLUMNS: Final = ("household", "start", "end", "kwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What a household's meter counted in a period.

    Attributes:
        household: its user name.
        start: first second of the period, UTC s.
        end: first second after it.
        kwh: import, less export where the home feeds in.
    """

    household: str
    start: int
    end: int
    kwh: float

    def __post_init__(self) -> None:
        """Refuse what no meter counts; raise Unfit."""
        if not 0 < self.end - self.start <= LONGEST:
            raise Unfit("A period must end after its start, within five years.")
        if not (math.isfinite(self.kwh) and abs(self.kwh) <= MOST_KWH):
            raise Unfit("A total must be a number of kWh.")


@dataclass(frozen=True, slots=True)
class Checked:
    """A meter with what came out.

    Attributes:
        meter: as given.
        comparison: None where there is nothing to compare.
        note: why there is nothing, or why windows were left out; empty otherwise.
    """

    meter: Meter
    comparison: Comparison | None
    note: str

    @property
    def verdict(self) -> Verdict:
        """What came out."""
        return self.comparison.verdict if self.comparison else Verdict.UNKNOWN


class Meters:
    """Compares meters with the stored buckets."""

    def __init__(self, database: Database, assumed: Assumptions) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._registry = Registry(database)
        self._assumed = assumed
        self._thresholds: dict[int, tuple[int, ...] | str] = {}

    async def check(self, meter: Meter) -> Checked:
        """Return whether a household's buckets can be true."""
        household = await self._registry.household_named(meter.household)
        if household is None:
            return Checked(meter, None, f"There is no household {meter.household}.")
        spans, notes = await self._spans(household, meter)
        found = compare(spans, meter.end - meter.start, meter.kwh * 1000, self._assumed)
        return Checked(meter, found, " ".join(sorted(notes)))

    async def _spans(
        self, household: HouseholdRow, meter: Meter
    ) -> tuple[list[Powers], set[str]]:
        query = (
            select(WindowRow.start, WindowRow.end, WindowRow.outcome, PlanRow)
            .join(AgreementRow, WindowRow.agreement_id == AgreementRow.id)
            .join(PlanRow, AgreementRow.plan_key == PlanRow.id)
            .where(
                AgreementRow.household_id == household.id,
                WindowRow.kind == WindowKind.INTERVAL,
                WindowRow.state == WindowState.BUCKET,
                WindowRow.start >= meter.start,
                WindowRow.end <= meter.end,
            )
            .order_by(WindowRow.start, WindowRow.answered)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        spans: list[Powers] = []
        notes: set[str] = set()
        reached = meter.start
        for start, end, outcome, plan in rows:
            asked = self._asked(plan)
            if isinstance(asked, str):
                notes.add(asked)
            elif start >= reached:
                # Time is counted once, though two agreements may tell of it.
                spans.append(powers(asked, outcome, end - start, self._assumed))
                reached = end
        return spans, notes

    def _asked(self, plan: PlanRow) -> tuple[int, ...] | str:
        """Return a plan's thresholds, or why its answers can't be compared."""
        if plan.id not in self._thresholds:
            try:
                check_question(statement_of(plan).plan.question)
                self._thresholds[plan.id] = self._registry.values(plan).values
            except Refusal as err:
                self._thresholds[plan.id] = f"{plan.plan_id}: {err}"
        return self._thresholds[plan.id]


def document(checked: Checked) -> dict[str, Any]:
    """Return what came out for programs; energies in kWh."""
    meter, found = checked.meter, checked.comparison
    return {
        "household": meter.household,
        "start": iso(meter.start),
        "end": iso(meter.end),
        "kwh": meter.kwh,
        "verdict": checked.verdict,
        "lower": _kwh(found.lower) if found else None,
        "upper": _kwh(found.upper) if found else None,
        "answered": found.answered if found else None,
        "beyond": _kwh(found.beyond) if found else None,
        "note": checked.note,
    }


def _kwh(energy: float | None) -> float | None:
    return None if energy is None else energy / 1000


def read_meters(lines: Iterable[str]) -> Iterator[Meter]:
    """Yield the meters of a CSV file with columns household, start, end and kwh.

    Times are ISO 8601; one without an offset is UTC.

    Raises:
        Unfit: with the line that is wrong.
    """
    try:
        reader = csv.DictReader(lines, strict=True)
        if not set(_COLUMNS) <= set(reader.fieldnames or ()):
            raise Unfit(f"The first line must name the columns {', '.join(_COLUMNS)}.")
        for number, row in enumerate(reader, 1):
            if number > MOST_METERS:
                raise Unfit(f"More than {MOST_METERS} meters at once.")
            try:
                yield Meter(
                    household=(row["household"] or "").strip(),
                    start=_seconds(row["start"]),
                    end=_seconds(row["end"]),
                    kwh=float(row["kwh"]),
                )
            except (OverflowError, TypeError, ValueError) as err:
                raise Unfit(
                    f"Line {reader.line_num}: times are such as 2026-01-01T00:00:00Z,"
                    " kwh is a number."
                ) from err
            except Unfit as err:
                raise Unfit(f"Line {reader.line_num}: {err}") from err
    except (csv.Error, UnicodeDecodeError) as err:
        raise Unfit(f"This is not a CSV file: {err}.") from err


def _seconds(text: str | None) -> int:
    moment = datetime.fromisoformat((text or "").strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())
