"""Automations to test with: what they are made of, and what they did."""

from typing import Any

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

BUCKETS = ["low", "middle", "high", "outside"]


def add_bucket(hass: HomeAssistant, name: str, state: str | None = None) -> str:
    """Register an entity as a report's bucket is one; return its id."""
    entity = er.async_get(hass).async_get_or_create(
        "sensor",
        DOMAIN,
        f"{name}_bucket",
        suggested_object_id=name,
        translation_key="bucket",
        original_device_class="enum",
    )
    if state is not None:
        show(hass, entity.entity_id, state)
    return entity.entity_id


def show(hass: HomeAssistant, entity_id: str, state: str, **attributes: Any) -> None:
    """Show a bucket."""
    hass.states.async_set(
        entity_id, state, {"device_class": "enum", "options": BUCKETS, **attributes}
    )


async def async_automate(hass: HomeAssistant, **automation: Any) -> None:
    """Set an automation up whose action says what the trigger told."""
    action = {
        "event": "acted",
        "event_data": {
            "entity_id": "{{ trigger.entity_id }}",
            "from": "{{ trigger.from_state.state }}",
            "to": "{{ trigger.to_state.state }}",
            "reason": "{{ trigger.to_state.attributes.reason | default('') }}",
        },
    }
    config = {"alias": "Test", "actions": [action], **automation}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
