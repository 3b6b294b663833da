"""How outcomes and questions read."""

from currentcost_exchange import Plan, ProgramQuestion, RangeQuestion

from ..operating.fleet import Bucket
from ..results import Meaning
from .rendering import duration

_MEASURES = {
    "mean_power": "mean power",
    "last_power": "power at the end",
    "peak_power": "highest power",
    "energy": "energy",
}


def meaning_words(meaning: Meaning) -> str:
    """Return a bucket's edges in words, "" if it has none."""
    unit = f" {meaning.unit}" if meaning.unit else ""
    if meaning.lower is None:
        return ""
    if meaning.upper is None:
        return f"above {meaning.lower:,}{unit}, or fed in"
    return f"{meaning.lower:,} to {meaning.upper:,}{unit}"


def bucket_words(bucket: Bucket) -> tuple[str, str]:
    """Return the name of a bucket and its edges, "" if it has none."""
    meaning = bucket.meaning
    if meaning.label is not None:
        return meaning.label, meaning_words(meaning)
    amounts = (
        f"{bucket.outcome:,} to {bucket.last:,}"
        if bucket.last > bucket.outcome
        else f"{bucket.outcome:,}"
    )
    return f"{amounts} {meaning.unit}".rstrip(), ""


def asked_words(plan: Plan) -> str:
    """Return what a plan asks of each window, in one sentence."""
    window = plan.schedule.window
    each = duration(window) if isinstance(window, int) else str(window)
    if isinstance(plan.question, RangeQuestion):
        measure = _MEASURES[plan.question.measure.value]
        return f"In which bucket is the {measure} of each {each}?"
    if isinstance(plan.question, ProgramQuestion):
        return f"A program's answer about each {each}."
    raise TypeError(plan.question)
