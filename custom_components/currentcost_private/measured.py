"""What reports measure: two questions about one source at a time are one too many.

They would cut it finer than each of them promises.
"""

from homeassistant.const import CONF_SOURCE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .const import CONF_END, DOMAIN, SUBENTRY_REPORT


@callback
def async_measured_already(hass: HomeAssistant, *, but: str | None = None) -> set[str]:
    """Return what the reports measure whose period isn't over.

    Args:
        hass: Home Assistant.
        but: subentry id of a report to leave out.
    """
    now = dt_util.utcnow().timestamp()
    return {
        async_what_is_measured(hass, entry.entry_id, subentry.data[CONF_SOURCE])
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_REPORT)
        if subentry.data[CONF_END] > now and subentry.subentry_id != but
    }


@callback
def async_what_is_measured(
    hass: HomeAssistant, entry_id: str, source: str | None
) -> str:
    """Return a name for a source: a meter's entry id, or an entity id.

    The entity that shows a meter's total is the meter's total.
    """
    if source is None:
        return entry_id
    registered = er.async_get(hass).async_get(source)
    if registered is None or registered.platform != DOMAIN:
        return source
    meter = registered.config_entry_id or ""
    return meter if registered.unique_id == f"{meter}_0_power" else source
