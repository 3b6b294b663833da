"""Plans on the provider's side: what may be asked, and the values that are private."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
import json
from typing import Final, TypedDict, Unpack

from currentcost_exchange import (
    Measure,
    Plan,
    PlanError,
    PlanStatement,
    ProgramQuestion,
    ProviderIdentity,
    ProviderValues,
    Question,
    RangeQuestion,
    Schedule,
)

from .refusals import Unfit

WIDTH: Final = 17
"""Bits of a measure: up to 131070 W or Wh."""
DAY: Final = 86_400


class UnfitPlan(Unfit):
    """A plan that no household could agree to; says why, for people."""


class Wanted(TypedDict):
    """What a new plan is made of.

    Attributes:
        provider: the provider's name, for people.
        plan_id: short name of the plan.
        title: the question in words.
        first_day: of the period, in the schedule's time zone.
        days: length of the period.
        lateness: seconds after a window's end within which its report is taken.
        schedule: the windows.
        question: what is asked about a window.
        values: the provider's numbers, in the question's order.
    """

    provider: str
    plan_id: str
    title: str
    first_day: date
    days: int
    lateness: int
    schedule: Schedule
    question: Question
    values: Sequence[int]


def new_plan(
    identity: ProviderIdentity, **wanted: Unpack[Wanted]
) -> tuple[PlanStatement, ProviderValues]:
    """Return a plan signed, as `drafted_plan` returns it unsigned."""
    plan, values = drafted_plan(**wanted)
    return identity.sign_plan(plan), values


def drafted_plan(**wanted: Unpack[Wanted]) -> tuple[Plan, ProviderValues]:
    """Return a plan with the provider's values, which its policy accepts.

    Raises:
        UnfitPlan: what is wrong with it, in words.
    """
    schedule, first_day, days = (
        wanted["schedule"],
        wanted["first_day"],
        wanted["days"],
    )
    private = ProviderValues.new(tuple(wanted["values"]))
    start, end = (
        int(datetime.combine(day, datetime.min.time(), schedule.tzinfo).timestamp())
        for day in (first_day, first_day + timedelta(days=days))
    )
    if next(schedule.windows(since=start, until=end), None) is None:
        raise UnfitPlan(
            f"No whole window lies in {days} days from {first_day}: choose another"
            " start or more days."
        )
    try:
        plan = Plan(
            provider=wanted["provider"],
            plan_id=wanted["plan_id"],
            title=wanted["title"],
            start=start,
            end=end,
            schedule=schedule,
            lateness=wanted["lateness"],
            question=wanted["question"],
            commitment=private.commitment(wanted["plan_id"], start, end),
        )
        # The circuit that every household will garble has the last word.
        plan.choices(private)
    except PlanError as err:
        raise UnfitPlan(f"This can't be a plan: {err}.") from err
    return plan, private


def renewed_plan(
    identity: ProviderIdentity,
    statement: PlanStatement,
    values: ProviderValues,
    *,
    days: int | None,
) -> tuple[PlanStatement, ProviderValues]:
    """Return a plan's next period, on the same values under a new salt.

    Args:
        identity: signs it.
        statement: the period before.
        values: of the period before.
        days: length of the new period; as long as the one before if None.

    Raises:
        UnfitPlan: no household could go on with it by itself; says why.
    """
    earlier, private = statement.plan, ProviderValues.new(values.values)
    zone = earlier.schedule.tzinfo
    first, last = (
        datetime.fromtimestamp(edge, zone).date()
        for edge in (earlier.start, earlier.end)
    )
    next_end = last + (timedelta(days=days) if days else last - first)
    start, end = (
        earlier.end,
        int(datetime.combine(next_end, datetime.min.time(), zone).timestamp()),
    )
    try:
        plan = replace(
            earlier,
            start=start,
            end=end,
            commitment=private.commitment(earlier.plan_id, start, end),
        )
    except PlanError as err:
        raise UnfitPlan(f"This can't be a plan: {err}.") from err
    if not plan.follows(earlier):
        raise UnfitPlan(
            "Households go on by themselves only into a period of 28 days or more, and"
            f" of 3 days more than the one before at most: choose --days, not"
            f" {(next_end - last).days}. Anything else is another plan, which people"
            " have to agree to."
        )
    return identity.sign_plan(plan), private


def range_question(
    thresholds: Sequence[int],
    *,
    measure: Measure,
    minimum_width: int,
    labels: Sequence[str],
) -> RangeQuestion:
    """Return the question in which range between thresholds a measure is.

    Args:
        thresholds: upper ends of the buckets (W or Wh), ascending.
        measure: what of a window is compared.
        minimum_width: no bucket is narrower than this (W or Wh).
        labels: of the outcomes, "outside" first; none for plain ones.

    Raises:
        UnfitPlan: what is wrong with it, in words.
    """
    _check_thresholds(thresholds, minimum_width, measure.unit)
    if labels and len(labels) != len(thresholds) + 1:
        raise UnfitPlan(
            f"{len(thresholds)} thresholds need {len(thresholds) + 1} labels, the"
            ' first for "outside" (above the last threshold, or fed in),'
            f" not {len(labels)}."
        )
    plain = ["outside", *(f"bucket {number + 1}" for number in range(len(thresholds)))]
    try:
        return RangeQuestion(
            measure=measure,
            width=WIDTH,
            thresholds=len(thresholds),
            minimum_width=minimum_width,
            labels=tuple(labels or plain),
        )
    except PlanError as err:
        raise UnfitPlan(f"This can't be a plan: {err}.") from err


def range_schedule(window: int) -> Schedule:
    """Return windows of so many seconds; raise UnfitPlan if they can't be."""
    try:
        return Schedule(window=window, part=window)
    except PlanError as err:
        raise UnfitPlan(
            "The window must divide a day into equal parts of 10 seconds or more:"
            " 900 (15 minutes) or 3600 (an hour), for instance."
        ) from err


def program_values(
    question: ProgramQuestion, given: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    """Return a program's values in its order, checked one by one.

    Raises:
        UnfitPlan: what is wrong with them, in words.
    """
    inputs = question.program.provider
    if unknown := sorted(given.keys() - {item.name for item in inputs}):
        raise UnfitPlan(f"The program has no value {unknown[0]}.")
    for item in inputs:
        numbers, most = given.get(item.name, ()), (1 << item.width) - 1
        if len(numbers) != item.count:
            raise UnfitPlan(
                f"{item.name} takes {item.count} numbers, not {len(numbers)}."
            )
        for number in numbers:
            if not 0 <= number <= most:
                raise UnfitPlan(f"{item.name} is from 0 to {most}, not {number}.")
    return tuple(number for item in inputs for number in given[item.name])


def in_zone(schedule: Schedule, zone: str) -> Schedule:
    """Return the same windows in another time zone; raise UnfitPlan if unknown."""
    try:
        return replace(schedule, zone=zone)
    except PlanError as err:
        raise UnfitPlan(f"There is no time zone {zone}, such as Europe/Rome.") from err


def bucket_edges(
    thresholds: Sequence[int], outcome: int | None
) -> tuple[int | None, int | None]:
    """Return the edges (W or Wh) of an outcome: above the first, up to the second.

    Bucket 1 has no lower edge but 0, which belongs to it; "outside" has no upper
    one (and a measure below 0 is outside as well); no outcome has neither.
    """
    match outcome:
        case None:
            return None, None
        case 0:
            return thresholds[-1], None
        case 1:
            return 0, thresholds[0]
        case _:
            return thresholds[outcome - 2], thresholds[outcome - 1]


def pack_values(values: ProviderValues) -> bytes:
    """Return values with their salt for private storage."""
    document = {"values": values.values, "salt": values.salt.hex()}
    return json.dumps(document).encode()


def unpack_values(data: bytes) -> ProviderValues:
    """Read what `pack_values` wrote."""
    document = json.loads(data)
    return ProviderValues(tuple(document["values"]), bytes.fromhex(document["salt"]))


def _check_thresholds(thresholds: Sequence[int], minimum_width: int, unit: str) -> None:
    """Check in words what the policy circuit proves."""
    largest = (1 << WIDTH) - 2
    if not 1 <= len(thresholds) <= 15:
        raise UnfitPlan("A plan needs 1 to 15 thresholds.")
    if minimum_width < 1:
        raise UnfitPlan(f"The minimum width must be 1 {unit} or more.")
    edges = [0, *thresholds]
    for lower, upper in pairwise(edges):
        if upper <= lower:
            raise UnfitPlan(
                f"The thresholds must ascend from above 0: {upper} {unit} can't"
                f" follow {lower} {unit}."
            )
        if upper - lower < minimum_width:
            raise UnfitPlan(
                f"The bucket from {lower} to {upper} {unit} is narrower than the"
                f" minimum width that the plan promises ({minimum_width} {unit})."
            )
    if thresholds[-1] > largest - minimum_width:
        raise UnfitPlan(
            f"The last threshold can be {largest - minimum_width} {unit} at most, to"
            " leave the minimum width above it."
        )
