"""Diagnostics: enough to find a fault, nothing of the home."""

import json
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.exchange import HouseholdAgreement
from custom_components.currentcost_private.report_issues import (
    ReportIssue,
    async_raise_issue,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .household import SOURCE, Household
from .meter import IMPULSES, Meter, async_until, reading
from .provider import QUESTION

BILL: dict[str, Any] = {
    "bands": [],
    "billing_day": "15",
    "currency": "EUR",
    "energy": "sensor.my_energy",
    "price": 0.3187,
    "pricing": "bands",
    "sleep_end": "06:00",
    "sleep_start": "23:00",
    "standing_charge": 0.4711,
    "tax": 19,
}
NET_POWER = {"kind": "grid", "add": [SOURCE], "subtract": ["sensor.my_solar"]}


async def test_meter(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.send(b"noise\r\n" + reading(193, 31, temperature=21.7) + IMPULSES)
    meter.send(reading(4242, sensor=3, transmitter=1357))
    await async_until(lambda: hass.states.is_state("sensor.appliance_3_power", "4242"))
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, loaded_entry
    )
    assert diagnostics == snapshot
    text = json.dumps(diagnostics)
    for secret in (meter.device, "193", "224", "21.7", "4242", "1357", "77"):
        assert secret not in text


async def test_impulse_meter_and_an_entity_without_a_state(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    entity_registry: er.EntityRegistry,
    *,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    data = {
        "sensor": 9,
        "quantity": "gas_m3",
        "impulses_per_unit": 100,
        "start": 4711.5,
        "start_set": "2026-01-01",
    }
    hass.config_entries.async_add_subentry(
        loaded_entry, subentry("impulse_meter", data)
    )
    await meter.async_opened()
    entity_registry.async_get_or_create(
        "sensor", DOMAIN, "stray", config_entry=loaded_entry
    )
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, loaded_entry
    )
    assert diagnostics["impulse_meters"] == [
        {"quantity": "gas_m3", "impulses_per_unit": 100}
    ]
    assert diagnostics["entities"]["sensor.other"] == {"missing": 1}
    assert "4711" not in json.dumps(diagnostics)


async def test_meter_that_was_never_heard(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded_entry: MockConfigEntry,
    meter: Meter,
) -> None:
    meter.unplug()
    coordinator = loaded_entry.runtime_data.meter
    await async_until(lambda: not coordinator.last_update_success)
    diagnostics = await get_diagnostics_for_config_entry(
        hass, hass_client, loaded_entry
    )
    assert diagnostics["meter"]["heard"] is False
    assert diagnostics["meter"]["failure"] == "OSError"


def subentry(kind: str, data: dict[str, Any]) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType(data),
        subentry_type=kind,
        title=f"My {kind}",
        unique_id=None,
    )


@pytest.mark.usefixtures("socket_enabled")
async def test_home_with_everything(
    household: Household,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
) -> None:
    """Searched for each secret, reading, address and name that the home has."""
    hass, entry = household.hass, household.entry
    await household.async_agree()
    await household.async_window(2345)
    await household.async_sent()
    for kind, data in (("bill", BILL), ("net_power", NET_POWER)):
        hass.config_entries.async_add_subentry(entry, subentry(kind, data))
        await household.async_settle()
    report = next(iter(entry.subentries.values()))
    async_raise_issue(hass, ReportIssue.DISK, report)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    for each in diagnostics["reports"]:
        each["period"] = ["start", "end"]
    assert diagnostics == snapshot

    text = json.dumps(diagnostics)
    sheet = household.provider.sheet
    stored = await household.reporter.storage.async_load_agreement()
    assert stored is not None
    agreement = HouseholdAgreement.from_bytes(stored)
    secrets = [
        *map(str, report.data.values()),
        *sheet.values(),
        *(value for data in (BILL, NET_POWER) for value in named(data)),
        str(BILL["price"]),
        str(BILL["standing_charge"]),
        *(state.state for state in hass.states.async_all() if len(state.state) > 4),
        *(state.entity_id for state in hass.states.async_all()),
        *(str(subentry_id) for subentry_id in entry.subentries),
        *(pair.hex() for seeds in agreement.pairs for pair in seeds),
        agreement.key.hex(),
        agreement.id.hex(),
        report.title,
        QUESTION,
        " 2345,",
    ]
    known = {"unavailable", "unknown"}
    # Shorter ones stand in any text.
    found = {secret for secret in secrets if len(secret) > 4 and secret in text}
    assert found - known == set()


def named(data: dict[str, Any]) -> list[Any]:
    """Return what a person typed of a subentry: entities, prices and names."""
    return [
        item
        for value in data.values()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str) and "." in item
    ]


@pytest.mark.parametrize("data", [{"device": None}])
async def test_no_meter(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, data: dict[str, None]
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data=data)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["meter"] is None
