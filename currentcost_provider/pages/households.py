"""Households as a list: all of them, or those behind a number of the fleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ..operating.fleet_details import Standing
from ..storage.models import HouseholdRow
from ..storage.registry import HouseholdSummary
from .fleet import PlanId, User
from .rendering import render
from .visitor import DeskOf, Viewer

router: Final = APIRouter()

_PAGE: Final = 100
_STANDINGS: Final = {
    Standing.BUCKET: "with an answer in the last window",
    Standing.MISSING: "whose home knew too little of the last window",
    Standing.REFUSED: "whose last report could not be evaluated",
    Standing.LATE: "whose report of the last window did not come yet",
    Standing.NEW: "that agreed after the last window had begun",
    Standing.STOPPED: "whose agreement stopped after refused reports",
    Standing.WAITING: "that have to consent",
    Standing.BLOCKED: "that are blocked",
}

type Number = Annotated[int, Query(ge=0, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list."""

    user: str
    plan: str
    state: str
    words: str
    last: int | None


@router.get("/households")
async def show(
    request: Request,
    _visitor: Viewer,
    desk: DeskOf,
    *,
    find: Annotated[str, Query(max_length=64)] = "",
    plan: PlanId = "",
    standing: Standing | None = None,
    first: Number | None = None,
    last: Number | None = None,
    after: User = None,
) -> Response:
    """Show households by name, page by page."""
    named: Sequence[str] | None = None
    start = after
    if standing is not None and plan:
        outcomes = None if first is None or last is None else (first, last)
        named = await desk.details.households(
            plan, standing, outcomes=outcomes, after=after, limit=_PAGE + 1
        )
        start = None
    rows = await desk.registry.households(
        after=start,
        limit=_PAGE + 1,
        plan_id=plan or None if named is None else None,
        like=find.strip(),
        named=named,
    )
    query = {
        "find": find,
        "plan": plan,
        "standing": standing.value if standing else "",
        "first": "" if first is None else str(first),
        "last": "" if last is None else str(last),
    }
    full = len(rows) > _PAGE
    return render(
        request,
        "households.html",
        households=[_listed(row, desk.now()) for row in rows[:_PAGE]],
        find=find,
        plan=plan,
        plans=await desk.plan_ids(),
        standing=standing,
        standing_words=_STANDINGS[standing] if standing and plan else None,
        first_page=after is None,
        query=urlencode({name: value for name, value in query.items() if value}),
        following=rows[_PAGE - 1][0].user if full else None,
    )


def _listed(row: HouseholdSummary, now: int) -> Listed:
    household, plan_id, agreement, last = row
    state, words = state_of(household, agreement, now)
    return Listed(household.user, plan_id, state, words, last)


def state_of(
    household: HouseholdRow, agreement: str | None, now: int
) -> tuple[str, str]:
    """Return where a household stands: one word, and what to do about it if anything."""
    if household.blocked:
        return "blocked", "Find out what runs there, then reset it."
    if agreement == "stopped":
        return "stopped", "Its reports were refused; a reset lets it agree anew."
    if agreement == "running":
        return "running", ""
    if household.password_hash is None:
        return agreement or "waiting", "It has to agree again at home."
    if household.password_expires <= now:
        return "expired", "Its password expired; a reset makes a new one."
    return "waiting", "Its sheet is out; somebody at home has to consent."
