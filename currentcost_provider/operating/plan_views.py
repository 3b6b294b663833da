"""Where plans stand: drafts and periods, for whoever looks."""

from dataclasses import dataclass
from enum import StrEnum

from currentcost_exchange import ExchangeError, Plan, PlanStatement

from ..plans import UnfitPlan
from ..refusals import Taken
from ..storage.models import PlanRow


class PlanState(StrEnum):
    """Where a plan's period stands."""

    DRAFT = "draft"
    COMING = "coming"
    ACTIVE = "active"
    OVER = "over"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A period of a plan, or a draft.

    Attributes:
        plan: its public part.
        state: where it stands.
        statement: as it is signed; a draft isn't.
        retired: when (UTC s), if it was.
        key: in the database; a draft has none.
    """

    plan: Plan
    state: PlanState
    statement: PlanStatement | None
    retired: int | None = None
    key: int | None = None


def signed_view(row: PlanRow, statement: PlanStatement, now: int) -> PlanView:
    """Return a period that is signed, as it stands now (UTC s)."""
    if row.retired is not None:
        state = PlanState.RETIRED
    elif row.end <= now:
        state = PlanState.OVER
    else:
        state = PlanState.ACTIVE if row.start <= now else PlanState.COMING
    return PlanView(
        plan=statement.plan,
        state=state,
        statement=statement,
        retired=row.retired,
        key=row.id,
    )


def draft_view(plan: Plan) -> PlanView:
    """Return a draft."""
    return PlanView(plan=plan, state=PlanState.DRAFT, statement=None)


def is_open(row: PlanRow, now: int) -> bool:
    """Return whether households can be enrolled for a period."""
    return row.retired is None and row.end > now


def statement_of(row: PlanRow) -> PlanStatement:
    """Return a plan's statement; a program in it is compiled.

    Raises:
        UnfitPlan: a plan of another version.
    """
    try:
        return PlanStatement.from_bytes(row.statement)
    except ExchangeError as err:
        raise UnfitPlan(
            f"The plan {row.plan_id} can't be used by this version: {err}. Use the"
            " version that created it until the plan's period is over."
        ) from err


def check_open(row: PlanRow, now: int) -> None:
    """Refuse a plan that no household can be enrolled for; raise Taken."""
    if row.retired is not None:
        raise Taken(f"The plan {row.plan_id} is retired.")
    if row.end <= now:
        raise Taken(f"The period of plan {row.plan_id} is over.")
