"""Evaluating reports as a party that keeps to no rule does it."""

from collections.abc import Callable

from currentcost_exchange import Plan, Report
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.garbling import evaluate, labels_of
from currentcost_exchange.hashing import Use
from currentcost_exchange.household import active_labels
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.report import decode_outcome
from currentcost_exchange.transfer import SeedPair


def bits_of_all(values: tuple[int, ...], width: int) -> bytes:
    """Return the provider's input bits for these values."""
    return b"".join(bits_of(value, width) for value in values)


def chosen(pairs: list[SeedPair], choices: bytes) -> list[bytes]:
    """Return the seed of each bit, which only the holder of both can do."""
    return [pair[bit] for pair, bit in zip(pairs, choices, strict=True)]


def outcome_with(
    plan: Plan, report: Report, seeds: list[bytes], choices: bytes
) -> int | None:
    """Return the outcome on seeds and choices of the attacker's own."""
    body = report.body(plan)
    labels = active_inputs(
        Use.CORRECTION, seeds, choices, report.context, body.corrections
    )
    return outcome_of(plan, report, labels)


def outcome_of(plan: Plan, report: Report, labels: list[int]) -> int | None:
    """Return the outcome on labels of the provider's bits, None if it is none."""
    body = report.body(plan)
    active = active_labels(body.active_seed, sum(plan.household_widths))
    outputs = evaluate(plan.circuit, body.key, active + labels, body.tables)
    found = [label.to_bytes(16) for label in outputs]
    return decode_outcome(report.context, found, body.output_hashes)


def reading_of(plan: Plan, report: Report, pairs: list[SeedPair]) -> int:
    """Return the reading in a report to whoever holds both seeds of each bit."""
    (width,) = plan.household_widths

    def is_at_most(limit: int) -> bool:
        choices = bits_of(limit, width) * (plan.provider_bits // width)
        return outcome_with(plan, report, chosen(pairs, choices), choices) == 1

    return search(is_at_most, 0, (1 << width) - 1)


def search(is_at_most: Callable[[int], bool], low: int, high: int) -> int:
    """Return the least number that is at most itself, by halving."""
    while low < high:
        middle = (low + high) // 2
        if is_at_most(middle):
            high = middle
        else:
            low = middle + 1
    return low


def corrections_of(plan: Plan, report: Report) -> list[int]:
    """Return the correction of each of the provider's bits."""
    return labels_of(report.body(plan).corrections)
