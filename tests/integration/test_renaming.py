"""A source that a person renames stays the source."""

from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .household import SOURCE, Household


@pytest.mark.usefixtures("socket_enabled")
async def test_source_of_a_report(
    household: Household, entity_registry: er.EntityRegistry
) -> None:
    household.hass.states.async_remove(SOURCE)
    sensor = entity_registry.async_get_or_create(
        "sensor", "demo", "house", suggested_object_id="house"
    )
    assert sensor.entity_id == SOURCE
    household.draw(0)
    await household.async_agree()
    entity_registry.async_update_entity(sensor.entity_id, new_entity_id="sensor.home")
    await household.async_settle()
    assert household.subentry.data["source"] == "sensor.home"
    # Another change of the same entity changes nothing.
    entity_registry.async_update_entity("sensor.home", icon="mdi:home")
    entity_registry.async_update_entity("sensor.home", name="Home")
    power = {"unit_of_measurement": "W", "device_class": "power"}
    household.hass.states.async_set("sensor.home", "2500", power)
    await household.async_window(100)
    await household.async_window(100)
    await household.async_sent()
    assert household.reporter.outbox.outcome == 3


async def test_sources_of_net_power_and_bills(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    """Also while the entry isn't loaded, and once for each subentry."""
    for name in ("house", "solar", "price"):
        entity_registry.async_get_or_create(
            "sensor", "demo", name, suggested_object_id=name
        )
    net = {
        "kind": "grid",
        "add": ["sensor.house", "sensor.x"],
        "subtract": ["sensor.solar"],
    }
    bill = {"energy": "sensor.house", "price_entity": "sensor.price"}
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={"device": None},
        subentries_data=[
            ConfigSubentry(
                data=MappingProxyType(data),
                subentry_id=kind,
                subentry_type=kind,
                title=kind,
                unique_id=None,
            ).as_dict()
            for kind, data in (("net_power", net), ("bill", bill))
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    for name in ("house", "solar", "price"):
        entity_registry.async_update_entity(
            f"sensor.{name}", new_entity_id=f"sensor.my_{name}"
        )
    await hass.async_block_till_done()
    assert entry.subentries["net_power"].data == {
        "kind": "grid",
        "add": ["sensor.my_house", "sensor.x"],
        "subtract": ["sensor.my_solar"],
    }
    assert entry.subentries["bill"].data == {
        "energy": "sensor.my_house",
        "price_entity": "sensor.my_price",
    }
