"""The Energy dashboard takes net power and bills as they come."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    get_start_time,
)

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util


@pytest.fixture(autouse=True)
def _custom_integrations(
    recorder_mock: Recorder,  # noqa: ARG001  # comes before Home Assistant
    enable_custom_integrations: None,  # noqa: ARG001
) -> None:
    """Let Home Assistant load custom integrations, with a recorder."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


def show(hass: HomeAssistant, entity_id: str, power: float) -> None:
    attributes = {"unit_of_measurement": "W", "device_class": "power"}
    hass.states.async_set(entity_id, str(power), attributes)


async def test_net_power_qualifies_with_no_hand_work(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "sensor", {})
    assert await async_setup_component(hass, "energy", {})

    def subentry(key: str, **data: Any) -> ConfigSubentryDataWithId:
        return ConfigSubentryDataWithId(
            data=data,
            subentry_id=key,
            subentry_type="net_power",
            title=key,
            unique_id=None,
        )

    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        data={"device": None},
        subentries_data=[
            subentry(
                "Grid", kind="grid", add=["sensor.house"], subtract=["sensor.sun"]
            ),
            subentry("Panels", kind="generation", add=["sensor.sun"], subtract=[]),
        ],
    )
    show(hass, "sensor.house", 500)
    show(hass, "sensor.sun", 200)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=get_start_time(dt_util.utcnow()))
    await async_wait_recording_done(hass)

    manager = await async_get_manager(hass)
    await manager.async_update(
        {
            "device_consumption": [],
            "energy_sources": [
                {
                    "type": "grid",
                    "stat_energy_from": "sensor.grid_import_energy",
                    "stat_energy_to": "sensor.grid_export_energy",
                    "stat_rate": "sensor.grid_net_power",
                    "stat_cost": None,
                    "stat_compensation": None,
                    "entity_energy_price": None,
                    "number_energy_price": None,
                    "entity_energy_price_export": None,
                    "number_energy_price_export": None,
                    "cost_adjustment_day": 0,
                },
                {
                    "type": "solar",
                    "stat_energy_from": "sensor.panels_generation_energy",
                    "stat_rate": "sensor.panels_generation_power",
                    "config_entry_solar_forecast": None,
                },
            ],
        }
    )
    found = (await async_validate(hass)).as_dict()
    assert found["energy_sources"] == [[], []]
    assert await hass.config_entries.async_unload(entry.entry_id)
