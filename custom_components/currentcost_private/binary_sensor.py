"""Binary sensors of reports: whether something keeps them from the provider."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CurrentCostConfigEntry
from .report_entity import ReportEntity

PARALLEL_UPDATES = 0

CONNECTION: Final = BinarySensorEntityDescription(
    key="connection",
    translation_key="connection",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensor of each report."""
    data = entry.runtime_data
    for subentry_id, reporter in data.reporters.items():
        async_add_entities(
            [ConnectionProblem(reporter, description=CONNECTION, hub_id=data.hub_id)],
            config_subentry_id=subentry_id,
        )


class ConnectionProblem(ReportEntity, BinarySensorEntity):
    """Whether reports wait because the provider can't be reached, or won't take them."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether the latest try failed."""
        return self.reporter.trouble is not None
