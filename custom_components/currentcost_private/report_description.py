"""What a person is told of a plan before they agree."""

from collections.abc import Mapping, Sequence
import math
from time import perf_counter
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .exchange import (
    HouseholdInput,
    PlanStatement,
    ProgramQuestion,
    ProviderInput,
    Question,
    RangeQuestion,
    rehearse,
)

_MARKDOWN: Final = str.maketrans(
    {character: f"\\{character}" for character in r"\`*_{}[]<>#!|~&:.@"}
)


async def async_describe(
    hass: HomeAssistant, statement: PlanStatement, *, source: str
) -> dict[str, str]:
    """Return a plan in the words that the consent form puts together."""
    plan, question = statement.plan, statement.plan.question
    words = await async_words(hass)
    description = {
        "provider": plain(plan.provider),
        "question": plain(plan.title),
        "source": plain(source),
        "window": words.get(f"window.{plan.schedule.window}")
        or duration(int(plan.schedule.window)),
        "bits": at_most(plan.bits_per_day),
        "answers": str(question.outcomes),
        "until": dt_util.as_local(dt_util.utc_from_timestamp(plan.end)).strftime(
            "%Y-%m-%d %H:%M"
        ),
        "plan": plan.plan_id,
        "code": statement.code,
        "fingerprint": statement.fingerprint,
    }
    if isinstance(question, RangeQuestion):
        unit = question.measure.unit
        return description | {
            "measure": words[f"measure.{question.measure}"],
            "outcomes": ", ".join(map(plain, question.labels)),
            "minimum_width": f"{question.minimum_width} {unit}",
        }
    if not isinstance(question, ProgramQuestion):
        raise TypeError(question)
    # The first time prepares what all others use.
    await hass.async_add_executor_job(rehearse, plan.circuit)
    start = perf_counter()
    await hass.async_add_executor_job(rehearse, plan.circuit)
    took = perf_counter() - start
    return description | {
        "program": listing(question.source),
        "household": "\n".join(map(_household, question.household)),
        "values": "\n".join(map(_provider, question.provider)),
        "policy": words[
            "policy.unchecked" if question.policy_source is None else "policy.checked"
        ],
        "policy_program": ""
        if question.policy_source is None
        else listing(question.policy_source),
        "outcomes": "\n".join(
            f"- {number}: {plain(label)}"
            for number, label in enumerate(question.labels)
        )
        or f"- 0 … {question.outcomes - 1} {plain(question.unit)}",
        "bits_each": at_most(plan.bits_per_window),
        "bytes": f"{plan.report_bytes:,}",
        "milliseconds": f"{took * 1000:.1f}",
    }


async def async_words(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the words for what a plan names by a keyword."""
    translations = await async_get_translations(
        hass, hass.config.language, "selector", [DOMAIN]
    )
    prefix = f"component.{DOMAIN}.selector."
    return {
        key.removeprefix(prefix).replace(".options.", "."): text
        for key, text in translations.items()
    }


def values_in_words(question: Question, values: Sequence[int]) -> str:
    """Return the provider's values, after it has opened them."""
    if isinstance(question, ProgramQuestion):
        return "; ".join(
            f"{name}: {', '.join(map(str, numbers))}"
            for name, numbers in question.named(values).items()
        )
    (measured,) = question.household
    return ", ".join(f"{value} {measured.measure.unit}" for value in values)


def plain(text: str) -> str:
    """Return text that a form shows as it is: a provider must not format our words."""
    return text.translate(_MARKDOWN)


def listing(source: str) -> str:
    """Return a program as a block of code that nothing in it can end."""
    fence = "```"
    while fence in source:
        fence += "`"
    return f"{fence}c\n{source.rstrip()}\n{fence}"


def duration(seconds: int) -> str:
    """Return a span of time in the largest unit that goes into it."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _household(item: HouseholdInput) -> str:
    unit = item.measure.unit
    return f"- {plain(item.name)}: {plain(item.meaning)} ({unit}, {item.count}x)"


def _provider(item: ProviderInput) -> str:
    return f"- {plain(item.name)}: {plain(item.meaning)} ({plain(item.unit)})"


def at_most(bits: float) -> str:
    """Return a number of bits, rounded up: to a whole one, or a tenth where few."""
    return f"{math.ceil(bits)}" if bits >= 10 else f"{math.ceil(bits * 10) / 10:g}"
