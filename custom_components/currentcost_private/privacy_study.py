"""Makes the privacy study of a report from the recorder's history, and keeps the page.

The page tells when people are out: it stays in a private file of Home Assistant's own
and is shown to administrators alone. Everything is computed here, in threads.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.const import CONF_SOURCE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .entity import async_transmitter_entity_id
from .exchange import Measure, Period, Plan, RangeQuestion
from .report_offer import source_name
from .report_source import WHOLE_HOUSE
from .reporter import Reporter

if TYPE_CHECKING:
    from .study import Asked, OwnHome

VERSION: Final = 1
_PREFIX: Final = f"component.{DOMAIN}.selector.privacy_study.options."
_DAY: Final = 86_400
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study that was made.

    Attributes:
        made: when, ISO 8601.
        page: HTML.
        readings: sentences on what readings would have told.
        buckets: the same of buckets; None where that can't be worked out.
        days: how many days of history it is made from.
        step: seconds between the readings that it was made from.
    """

    made: str
    page: str
    readings: list[str]
    buckets: list[str] | None
    days: float
    step: int


class Studies:
    """Makes studies, one at a time, and knows which are being made."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self.making: set[str] = set()
        self._hass = hass
        self._one_at_a_time = asyncio.Lock()

    async def async_make(
        self,
        entry: CurrentCostConfigEntry,
        reporter: Reporter,
        *,
        language: str | None = None,
    ) -> Study:
        """Return a report's study, made anew and kept.

        Raises:
            HomeAssistantError: there is no history that it could be made from.
        """
        subentry = reporter.subentry
        self.making.add(subentry.subentry_id)
        try:
            async with self._one_at_a_time:
                study = await _async_study(self._hass, entry, reporter, language)
        finally:
            self.making.discard(subentry.subentry_id)
        store = study_store(self._hass, subentry.subentry_id)
        await store.async_save({"made": study.made, "page": study.page})
        return study


_STUDIES: Final = HassKey[Studies](f"{DOMAIN}_studies")


@callback
def async_studies(hass: HomeAssistant) -> Studies:
    """Return what makes studies."""
    return hass.data.setdefault(_STUDIES, Studies(hass))


def study_store(hass: HomeAssistant, subentry_id: str) -> Store[dict[str, str]]:
    """Return the private file of a report's study: when it was made, and the page."""
    name = f"{DOMAIN}.study.{subentry_id}"
    return Store(hass, VERSION, name, private=True, atomic_writes=True)


async def async_texts(hass: HomeAssistant, language: str | None) -> Mapping[str, str]:
    """Return the texts of a study in a language, the home's by default."""
    translations = await async_get_translations(
        hass, language or hass.config.language, "selector", [DOMAIN]
    )
    return {
        key.removeprefix(_PREFIX): text
        for key, text in translations.items()
        if key.startswith(_PREFIX)
    }


@callback
def async_power_of(
    hass: HomeAssistant, entry: CurrentCostConfigEntry, source: str | None
) -> str | None:
    """Return the entity whose power a report is about, None if there is none."""
    if source is not None:
        return source
    return async_transmitter_entity_id(hass, entry.entry_id, WHOLE_HOUSE, "power")


async def async_find(
    hass: HomeAssistant, plan: Plan, entity_id: str | None, *, states: bool
) -> OwnHome | None:
    """Return what a sensor's past shows, and what a plan would have told of it.

    None where there isn't enough of it. `states`: as finely as possible.
    """
    if entity_id is None or "recorder" not in hass.config.components:
        return None
    return await get_instance(hass).async_add_executor_job(
        partial(_find, hass, plan, entity_id, states=states)
    )


def _find(
    hass: HomeAssistant, plan: Plan, entity_id: str, *, states: bool
) -> OwnHome | None:
    from .study import study_home  # noqa: PLC0415  # numpy is large
    from .study_history import read  # noqa: PLC0415  # needs a recorder

    try:
        fine, month = read(hass, entity_id, states=states)
    except ValueError:
        return None
    return study_home(fine, month, _asked(plan))


def _asked(plan: Plan) -> Asked | None:
    """Return the question, if it is about ranges of power within a day."""
    from .study import Asked, Taken  # noqa: PLC0415  # numpy is large

    question, window = plan.question, plan.schedule.window
    if window is Period.DAY:
        window = _DAY
    if not isinstance(question, RangeQuestion) or isinstance(window, Period):
        return None
    is_energy = question.measure is Measure.ENERGY
    return Asked(
        window=window,
        taken={
            Measure.PEAK_POWER: Taken.PEAK,
            Measure.LAST_POWER: Taken.LAST,
        }.get(question.measure, Taken.MEAN),
        buckets=question.outcomes,
        minimum_width=question.minimum_width * (_HOUR / window if is_energy else 1),
    )


async def _async_study(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    reporter: Reporter,
    language: str | None,
) -> Study:
    plan, source = reporter.statement.plan, reporter.subentry.data[CONF_SOURCE]
    home = await async_find(
        hass, plan, async_power_of(hass, entry, source), states=True
    )
    name = source_name(hass, entry.title, source)
    if home is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_study",
            translation_placeholders={"source": name},
        )
    texts = await async_texts(hass, language)
    made = dt_util.now()
    return await hass.async_add_executor_job(
        partial(
            _written,
            home,
            plan,
            texts=texts,
            source=name,
            language=language or hass.config.language,
            made=made.isoformat(timespec="seconds"),
            wall=int(made.replace(tzinfo=dt_util.UTC).timestamp()),
        )
    )


def _written(
    home: OwnHome,
    plan: Plan,
    *,
    texts: Mapping[str, str],
    source: str,
    language: str,
    made: str,
    wall: int,
) -> Study:
    """Return what was found, written down."""
    from .study import Report, Words, known_days, page, told  # noqa: PLC0415

    words = Words(texts)
    report = Report(
        provider=plan.provider,
        question=plan.title,
        source=source,
        made=wall,
        bits_at_most=plan.bits_per_day,
    )
    found = told(home, words)
    return Study(
        made=made,
        page=page(home, report, words, language=language),
        readings=[sentence.with_doubt(words) for sentence in found.readings],
        buckets=None
        if found.buckets is None
        else [sentence.with_doubt(words) for sentence in found.buckets],
        days=round(known_days(home.month), 1),
        step=home.step,
    )
