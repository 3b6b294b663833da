"""The reports that run."""

from collections.abc import Iterator

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .reporter import Reporter


@callback
def async_running(
    hass: HomeAssistant,
) -> Iterator[tuple[CurrentCostConfigEntry, Reporter]]:
    """Yield the reports that run, with their entries."""
    entries: list[CurrentCostConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        if entry.state is ConfigEntryState.LOADED:
            for reporter in entry.runtime_data.reporters.values():
                yield entry, reporter
