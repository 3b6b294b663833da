"""Tariff plans on the provider's side: the thresholds and what may be asked."""

from collections.abc import Sequence
from itertools import pairwise
import json
from typing import Final

from currentcost_exchange import (
    Measure,
    Plan,
    PlanError,
    PlanStatement,
    ProviderIdentity,
    Thresholds,
)
from currentcost_exchange.provider import thresholds_bits

WIDTH: Final = 17
"""Bits of a measure: up to 131070 W or Wh."""
DAY: Final = 86_400


class UnfitPlan(Exception):
    """A plan that no household could agree to; says why, for people."""


def new_plan(
    identity: ProviderIdentity,
    *,
    provider: str,
    plan_id: str,
    title: str,
    start: int,
    days: int,
    window: int,
    lateness: int,
    measure: Measure,
    minimum_width: int,
    thresholds: Sequence[int],
    labels: Sequence[str],
) -> tuple[PlanStatement, Thresholds]:
    """Return a signed plan with its thresholds, which keep what it promises.

    Args:
        identity: signs the plan.
        provider: the provider's name, for people.
        plan_id: short name of the plan.
        title: the question in words.
        start: first second of the period (UTC).
        days: length of the period.
        window: seconds of a window.
        lateness: seconds after a window's end within which its report is taken.
        measure: what of a window is compared.
        minimum_width: no bucket is narrower than this (W or Wh).
        thresholds: upper ends of the buckets (W or Wh), ascending.
        labels: of the outcomes, "outside" first; none for plain ones.

    Raises:
        UnfitPlan: what is wrong with it, in words.
    """
    _check_thresholds(thresholds, minimum_width, measure.unit)
    if not 10 <= window <= DAY or DAY % window:
        raise UnfitPlan(
            "The window must divide a day into equal parts of 10 seconds or more:"
            " 900 (15 minutes) or 3600 (an hour), for instance."
        )
    if labels and len(labels) != len(thresholds) + 1:
        raise UnfitPlan(
            f"{len(thresholds)} thresholds need {len(thresholds) + 1} labels, the"
            ' first for "outside" (above the last threshold, or fed in),'
            f" not {len(labels)}."
        )
    secret = Thresholds.new(tuple(thresholds))
    end = start + days * DAY
    plain = ["outside", *(f"bucket {number + 1}" for number in range(len(thresholds)))]
    try:
        statement = identity.sign_plan(
            Plan(
                provider=provider,
                plan_id=plan_id,
                title=title,
                start=start,
                end=end,
                window=window,
                lateness=lateness,
                measure=measure,
                width=WIDTH,
                thresholds=len(thresholds),
                minimum_width=minimum_width,
                outcomes=tuple(labels or plain),
                commitment=secret.commitment(plan_id, start, end),
            )
        )
        # The circuit that every household will garble has the last word.
        thresholds_bits(statement, secret)
    except PlanError as err:
        raise UnfitPlan(f"This can't be a plan: {err}.") from err
    return statement, secret


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


def pack_thresholds(thresholds: Thresholds) -> bytes:
    """Return thresholds with their salt for private storage."""
    document = {"values": thresholds.values, "salt": thresholds.salt.hex()}
    return json.dumps(document).encode()


def unpack_thresholds(data: bytes) -> Thresholds:
    """Read what `pack_thresholds` wrote."""
    document = json.loads(data)
    return Thresholds(tuple(document["values"]), bytes.fromhex(document["salt"]))


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
