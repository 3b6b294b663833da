"""What a plan that is offered would have told last month, before anybody agrees to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant

from .const import LOGGER
from .exchange import Plan
from .privacy_study import async_find, async_texts
from .report_description import at_most, plain

if TYPE_CHECKING:
    from .study import OwnHome, Sentence, Words

LONGEST: Final = 2.0
"""Seconds that a person is kept waiting for it."""


async def async_past(hass: HomeAssistant, plan: Plan, entity_id: str | None) -> str:
    """Return some sentences for the consent's form; never raises, never takes long."""
    texts = await async_texts(hass, None)
    lines = [texts["past_late"]]
    try:
        async with asyncio.timeout(LONGEST):
            home = await async_find(hass, plan, entity_id, states=False)
            lines = (
                [texts["past_nothing"]]
                if home is None
                else await hass.async_add_executor_job(_lines, home, plan, texts)
            )
    except TimeoutError:
        LOGGER.debug("What a plan would have told takes too long to work out")
    except Exception:  # noqa: BLE001  # whatever the recorder raises: agreeing goes on
        LOGGER.exception("What a plan would have told could not be worked out")
    return "\n\n".join([texts["past_heading"], *lines])


def _lines(home: OwnHome, plan: Plan, texts: Mapping[str, str]) -> list[str]:
    from .study import Words, known_days, told  # noqa: PLC0415  # numpy is large

    words = Words(texts)
    days = known_days(home.month)
    lines = [
        words.text(
            "past_answers",
            days=words.number(days),
            answers=words.number(max(days * plan.schedule.windows_a_day, 1)),
            bits=at_most(days * plan.bits_per_day),
        )
    ]
    found = told(home, words)
    if found.readings:
        lines.append(words.text("past_readings", found=_some(found.readings, words)))
    if found.buckets is None:
        return [*lines, words.text("past_unknown")]
    if found.buckets:
        lines.append(words.text("past_buckets", found=_some(found.buckets, words)))
    else:
        lines.append(words.text("past_buckets_nothing"))
    bounds = ", ".join(map(words.power, home.bounds))
    return [*lines, words.text("past_assumed", bounds=bounds)]


def _some(sentences: Sequence[Sentence], words: Words) -> str:
    """Return the surest sentence of each topic as a list."""
    chosen: dict[str, Sentence] = {}
    for sentence in sorted(sentences, key=lambda each: -each.probability):
        chosen.setdefault(sentence.topic, sentence)
    lines = [plain(sentence.with_doubt(words)) for sentence in chosen.values()]
    return "\n" + "\n".join(f"- {line}" for line in lines)
