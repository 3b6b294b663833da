"""Base class of a report's entities, and the device that they stand on."""

from functools import partial
from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from .const import DOMAIN, PANEL
from .reporter import Reporter


class ReportEntity(Entity):
    """An entity of one report.

    It is always available: what it shows is known at home, and stays true while the
    provider is away.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self,
        reporter: Reporter,
        *,
        description: EntityDescription,
        hub_id: str | None,
    ) -> None:
        """Place the entity on the report's own device, below the display if any."""
        # Of its first agreement: a renewed one is another, the report is the same.
        report_id = reporter.subentry.unique_id
        self.entity_description = description
        self.reporter = reporter
        self._attr_unique_id = f"{report_id}_{description.key}"
        device = partial(
            DeviceInfo,
            configuration_url=f"homeassistant://{PANEL}/{reporter.subentry.subentry_id}",
            entry_type=DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, str(report_id))},
            manufacturer=reporter.statement.plan.provider,
            model=reporter.statement.plan.title,
            name=reporter.subentry.title,
        )
        self._attr_device_info = device(via_device_id=hub_id) if hub_id else device()

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the report."""
        self.async_on_remove(
            self.reporter.async_add_listener(self.async_write_ha_state)
        )
