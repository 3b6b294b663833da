"""What the provider has got of a report so far, and how much that says."""

from collections.abc import Collection
import math
from typing import Any

from .local_time import local_time
from .reporter import Reporter
from .storage import Ending


async def async_privacy_report(reporter: Reporter) -> dict[str, Any]:
    """Return what left the home under a report's present agreement, as plain values."""
    plan, outbox = reporter.statement.plan, reporter.outbox
    consent = await reporter.storage.async_load_consent()
    labels = plan.question.labels
    on_demand = reporter.asking.asked
    endings = outbox.endings + on_demand.outbox.endings
    answers = outbox.answers + on_demand.outbox.answers
    reported, missing = endings[Ending.REPORTED], endings[Ending.MISSING]
    each = plan.bits_per_window
    return {
        "report": reporter.subentry.title,
        "provider": plan.provider,
        "question": plan.title,
        "agreed": consent.get("agreed"),
        "period": {"start": local_time(plan.start), "end": local_time(plan.end)},
        "windows": {ending.value: outbox.endings[ending] for ending in Ending}
        | {"waiting": len(outbox.entries)},
        "on_demand": {
            "answered": on_demand.outbox.endings[Ending.REPORTED],
            "missing": on_demand.outbox.endings[Ending.MISSING],
            "not_answered": on_demand.refused.total(),
        },
        "answers": {label: answers[outcome] for outcome, label in enumerate(labels)},
        "bits": {
            "of_a_window_at_most": round(each, 3),
            "of_a_day_at_most": round(
                plan.bits_per_day + reporter.asking.most_a_day * each, 3
            ),
            "at_most": round((reported + missing) * each, 3),
            "by_entropy": round(
                (answers.total() + missing) * entropy([*answers.values(), missing]), 3
            )
            if labels
            else None,
        },
    }


def entropy(counts: Collection[int]) -> float:
    """Return Shannon's entropy, in bits, of what occurred this often.

    C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6. Windows
    are taken as independent: what follows from the window before counts again.
    """
    total = sum(counts)
    shares = [count / total for count in counts if count]
    return sum(share * math.log2(1 / share) for share in shares)
