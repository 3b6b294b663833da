"""System health: how many meters and reports there are, and how they are.

Providers' addresses are counted, not shown: this page is copied into public reports.
"""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .exchange import PROTOCOL_VERSION


@callback
def async_register(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    register: SystemHealthRegistration,
) -> None:
    """Register the information."""
    register.async_register_info(async_system_health_info)


async def async_system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is shown; its texts are in the translations."""
    entries: list[CurrentCostConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded = [
        entry.runtime_data
        for entry in entries
        if entry.state is ConfigEntryState.LOADED
    ]
    meters = [data.meter for data in loaded if data.meter is not None]
    reporters = [reporter for data in loaded for reporter in data.reporters.values()]
    return {
        "meters": len(meters),
        "meters_heard": sum(
            meter.last_update_success and meter.data.latest is not None
            for meter in meters
        ),
        "reports": len(reporters),
        "reports_in_trouble": sum(
            reporter.trouble is not None for reporter in reporters
        ),
        "reports_waiting": sum(len(reporter.outbox.entries) for reporter in reporters),
        "protocol": PROTOCOL_VERSION,
    }
