"""Follows entities that a person renames: a subentry names its sources by their ids."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_SOURCE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .bill_terms import CONF_ENERGY, CONF_PRICE_ENTITY
from .const import DOMAIN
from .net_power import CONF_ADD, CONF_SUBTRACT

ONE: Final = (CONF_ENERGY, CONF_PRICE_ENTITY, CONF_SOURCE)
MANY: Final = (CONF_ADD, CONF_SUBTRACT)


@callback
def async_follow_renames(hass: HomeAssistant) -> None:
    """Follow them for as long as Home Assistant runs, whatever entries are loaded."""

    @callback
    def renamed(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        old, new = event.data["old_entity_id"], event.data["entity_id"]  # type: ignore[typeddict-item]
        for entry in hass.config_entries.async_entries(DOMAIN):
            for subentry in list(entry.subentries.values()):
                if changes := _changes(subentry.data, old, new):
                    hass.config_entries.async_update_subentry(
                        entry, subentry, data={**subentry.data, **changes}
                    )

    @callback
    def is_rename(data: er.EventEntityRegistryUpdatedData) -> bool:
        return data["action"] == "update" and "old_entity_id" in data

    hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, renamed, is_rename)


def _changes(data: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return what of a subentry's data names the entity, with its new id."""
    changes: dict[str, Any] = {key: new for key in ONE if data.get(key) == old}
    for key in MANY:
        if old in (named := data.get(key, ())):
            changes[key] = [new if item == old else item for item in named]
    return changes
