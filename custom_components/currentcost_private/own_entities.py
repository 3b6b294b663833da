"""The entities that triggers and conditions of this integration speak of."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import probatio

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import ATTR_ENTITY_ID, CONF_TARGET, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec

from .const import DOMAIN

ATTR_OPTIONS: Final = "options"
BUCKETS: Final[Mapping[str, DomainSpec]] = {
    Platform.SENSOR: DomainSpec(device_class=SensorDeviceClass.ENUM)
}
BUCKET_KEYS: Final = frozenset({"answer", "bucket"})
"""Translation keys of the entities whose state is one of a report's outcomes."""


@callback
def async_own(
    hass: HomeAssistant, entity_ids: set[str], translation_keys: Collection[str]
) -> set[str]:
    """Return those that this integration made, of certain kinds."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := registry.async_get(entity_id)) is not None
        and entity.platform == DOMAIN
        and entity.translation_key in translation_keys
    }


@callback
def async_buckets_of(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Return an entity's buckets from low to high; none where they aren't known."""
    state = hass.states.get(entity_id)
    return list(state.attributes.get(ATTR_OPTIONS, ())) if state else []


@callback
def async_check_buckets(
    hass: HomeAssistant, config: dict[str, Any], wanted: Collection[str]
) -> None:
    """Refuse a bucket that an entity named in the target doesn't have.

    Raises:
        probatio.Invalid: says which buckets there are.
    """
    for entity_id in config[CONF_TARGET].get(ATTR_ENTITY_ID, ()):
        buckets = async_buckets_of(hass, entity_id)
        for bucket in wanted:
            if buckets and bucket not in buckets:
                raise probatio.Invalid(no_such_bucket(entity_id, bucket, buckets))


def no_such_bucket(entity_id: str, bucket: str, buckets: Collection[str]) -> str:
    """Say that an entity doesn't have a bucket, and which it has."""
    return f"{entity_id} has no bucket {bucket!r}; it has {', '.join(buckets)}"
