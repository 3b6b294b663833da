"""The event entity of a report: what happens to it, as it happens."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CurrentCostConfigEntry
from .happening import Happening
from .report_entity import ReportEntity

PARALLEL_UPDATES = 0

HAPPENING: Final = EventEntityDescription(key="happening", translation_key="happening")


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of each report."""
    data = entry.runtime_data
    for subentry_id, reporter in data.reporters.items():
        async_add_entities(
            [HappeningEvent(reporter, description=HAPPENING, hub_id=data.hub_id)],
            config_subentry_id=subentry_id,
        )


class HappeningEvent(ReportEntity, EventEntity):
    """The latest that has happened to a report."""

    entity_description: EventEntityDescription

    @property
    @override
    def event_types(self) -> list[str]:
        """What can happen to this report."""
        return [kind.value for kind in self.reporter.happenings.kinds]

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what happens."""
        self.async_on_remove(
            self.reporter.happenings.async_add_listener(self._async_happened)
        )

    @callback
    def _async_happened(self, happening: Happening) -> None:
        """Show what has happened."""
        self._trigger_event(happening.kind.value, happening.details)
        self.async_write_ha_state()
