"""The button of a report that makes its privacy study."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CurrentCostConfigEntry
from .privacy_study import async_studies
from .report_entity import ReportEntity
from .reporter import Reporter

PARALLEL_UPDATES = 0

STUDY: Final = ButtonEntityDescription(key="study", translation_key="study")


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of each report."""
    for subentry_id, reporter in entry.runtime_data.reporters.items():
        async_add_entities(
            [StudyButton(entry, reporter)], config_subentry_id=subentry_id
        )


class StudyButton(ReportEntity, ButtonEntity):
    """Makes the study; the panel shows it."""

    def __init__(self, entry: CurrentCostConfigEntry, reporter: Reporter) -> None:
        """Take the report and the entry that it is of."""
        super().__init__(reporter, description=STUDY, hub_id=entry.runtime_data.hub_id)
        self._entry = entry

    @override
    async def async_press(self) -> None:
        """Make it; raise HomeAssistantError where there is too little history."""
        await async_studies(self.hass).async_make(self._entry, self.reporter)
