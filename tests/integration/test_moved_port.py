"""A cable at another port, and a port that something else has; on real terminals.

What Home Assistant's scan of the USB ports finds is made up: a pseudo-terminal has no
cable. What is opened, and what is heard there, is real.
"""

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.port import async_open_port
from homeassistant.components.usb import SerialDevice, USBDevice
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .fixing import async_fix, async_next_flow, async_open_fix, issues_shown
from .meter import Meter, async_advance, async_until, reading

HOUSE = "sensor.whole_house_power"
SCAN = "homeassistant.components.usb.scan_serial_ports"

type Scan = Callable[[Iterable[SerialDevice]], None]


def cable(device: str, serial_number: str | None = None, **other: Any) -> USBDevice:
    """Return what the scan says of the meter's kind of cable at a port."""
    known: dict[str, Any] = {"vid": "067B", "pid": "2303", "interface_num": 0}
    return USBDevice(
        device=device,
        serial_number=serial_number,
        manufacturer="Prolific",
        description="USB-Serial Controller",
        **(known | other),
    )


def identity(serial_number: str | None) -> dict[str, Any]:
    """Return what an entry knows of its cable."""
    return {
        "vid": "067B",
        "pid": "2303",
        "serial_number": serial_number,
        "interface_num": 0,
    }


@pytest.fixture
def scan() -> Generator[Scan]:
    """Make the scan find these ports from now on."""
    found: list[SerialDevice] = []

    def plug(ports: Iterable[SerialDevice]) -> None:
        found[:] = ports

    with patch(SCAN, side_effect=lambda: list(found)):
        yield plug


@pytest.fixture
def elsewhere(tmp_path: Path) -> Generator[Meter]:
    """Another port."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    meter = Meter(folder)
    yield meter
    meter.unplug()


async def async_set_up(
    hass: HomeAssistant, meter: Meter, serial_number: str | None
) -> MockConfigEntry:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="CurrentCost EnviR",
        data={
            "device": meter.device,
            "baudrate": 57600,
            "usb": identity(serial_number),
        },
    )
    entry.add_to_hass(hass)
    # Maybe it is reloaded before that is through, because the cable is elsewhere.
    await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def async_retry(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    until: Callable[[], bool] | None = None,
) -> None:
    """Let time pass until the port was tried again, or until something is so."""
    tries = 0
    while tries < 3 if until is None else not until():
        assert tries < 100, "it never happened"
        await async_advance(hass, freezer, 61)
        for _ in range(4):
            await hass.async_add_executor_job(Event().wait, 0.005)
            await hass.async_block_till_done()
        tries += 1


async def test_flow_notes_which_cable_it_is(
    hass: HomeAssistant, meter: Meter, scan: Scan
) -> None:
    scan([SerialDevice(device="/dev/ttyS0", **_nothing()), cable(meter.device, "A1B2")])
    flows = hass.config_entries.flow
    form = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flows.async_configure(form["flow_id"], {"next_step_id": "meter"})
    with patch(
        "custom_components.currentcost_private.async_setup_entry", return_value=True
    ):
        async with meter.chatter(reading(193)):
            result = await flows.async_configure(
                form["flow_id"],
                {"device": meter.device, "line": {"baudrate": "automatic"}},
            )
            while result["type"] is FlowResultType.SHOW_PROGRESS:
                await hass.async_block_till_done()
                result = await flows.async_configure(form["flow_id"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["usb"] == identity("A1B2")


def _nothing() -> dict[str, None]:
    return {"serial_number": None, "manufacturer": None, "description": None}


async def test_cable_with_a_serial_number_is_followed(
    hass: HomeAssistant,
    meter: Meter,
    elsewhere: Meter,
    *,
    scan: Scan,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scan([cable(meter.device, "A1B2")])
    entry = await async_set_up(hass, meter, "A1B2")
    await meter.async_opened()
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state(HOUSE, "193"))
    meter.unplug()
    # Not other cables, and not one that another entry is set up for.
    taken = str(Path(elsewhere.device).with_name("taken"))
    other = MockConfigEntry(domain=DOMAIN, data={"device": taken, "baudrate": 9600})
    other.add_to_hass(hass)
    others = [
        cable("/dev/ttyUSB7", "C3D4"),
        cable("/dev/ttyUSB8", "A1B2", pid="2304"),
        cable("/dev/ttyUSB9", "A1B2", interface_num=1),
        cable(taken, "A1B2"),
    ]
    scan(others)
    await async_until(lambda: not entry.runtime_data.meter.last_update_success)
    await async_retry(hass, freezer)
    assert entry.data["device"] == meter.device
    assert issues_shown(hass) == {}

    scan([*others, cable(elsewhere.device, "A1B2")])
    await async_retry(hass, freezer, lambda: entry.data["device"] == elsewhere.device)
    await meter.async_opened()
    elsewhere.send(reading(194))
    await async_until(lambda: hass.states.is_state(HOUSE, "194"))
    said = [record.getMessage() for record in caplog.records if record.name == LOGGED]
    assert sum("is at" in line and elsewhere.device in line for line in said) == 1
    assert issues_shown(hass) == {}
    await hass.config_entries.async_unload(entry.entry_id)


LOGGED = "custom_components.currentcost_private"


async def test_another_cable_under_the_same_name(
    hass: HomeAssistant,
    meter: Meter,
    elsewhere: Meter,
    scan: Scan,
) -> None:
    """After a restart /dev/ttyUSB0 may be another device: it is not opened."""
    scan([cable(meter.device, "C3D4"), cable(elsewhere.device, "A1B2")])
    entry = await async_set_up(hass, meter, "A1B2")
    await async_until(lambda: entry.data["device"] == elsewhere.device)
    await meter.async_opened()
    elsewhere.send(reading(194))
    await async_until(lambda: hass.states.is_state(HOUSE, "194"))
    assert meter.openings == 1, "the other cable's port was opened"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_cable_without_a_serial_number_is_only_suggested(
    hass: HomeAssistant,
    meter: Meter,
    elsewhere: Meter,
    scan: Scan,
) -> None:
    meter.unplug()
    ports = [cable("/dev/ttyUSB7"), cable(elsewhere.device)]
    scan(ports)
    entry = await async_set_up(hass, meter, None)
    await async_until(lambda: "port_moved" in issues_shown(hass))
    assert entry.data["device"] == meter.device

    form = await async_open_fix(hass, "port_moved")
    form = await async_fix(hass, form, {"device": "/dev/ttyUSB7"})
    assert form["errors"] == {"device": "not_heard"}
    async with elsewhere.chatter(reading(194)):
        done = await async_fix(hass, form, {"device": elsewhere.device})
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await async_until(lambda: hass.states.is_state(HOUSE, "194"))
    assert entry.data["device"] == elsewhere.device
    assert issues_shown(hass) == {}
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("is_removed", [True, False])
async def test_meter_is_changed_while_its_fix_is_open(
    hass: HomeAssistant, meter: Meter, *, scan: Scan, is_removed: bool
) -> None:
    meter.unplug()
    scan([cable("/dev/ttyUSB7")])
    entry = await async_set_up(hass, meter, None)
    await async_until(lambda: "port_moved" in issues_shown(hass))
    form = await async_open_fix(hass, "port_moved")
    if is_removed:
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        hass.config_entries.async_update_entry(
            entry, data={"device": meter.device, "baudrate": 57600}
        )
        await hass.async_block_till_done()
    gone = await async_fix(hass, form, {"device": "/dev/ttyUSB7"})
    assert gone["reason"] == "no_port"
    if not is_removed:
        await hass.config_entries.async_unload(entry.entry_id)


async def test_suggestion_goes_away(
    hass: HomeAssistant,
    meter: Meter,
    *,
    scan: Scan,
    freezer: FrozenDateTimeFactory,
) -> None:
    meter.unplug()
    scan([cable("/dev/ttyUSB7")])
    entry = await async_set_up(hass, meter, None)
    await async_until(lambda: "port_moved" in issues_shown(hass))
    form = await async_open_fix(hass, "port_moved")
    scan([])
    gone = await async_fix(hass, form, {"device": "/dev/ttyUSB7"})
    assert gone["reason"] == "no_port"
    await async_retry(hass, freezer, lambda: issues_shown(hass) == {})
    scan([cable("/dev/ttyUSB7")])
    await async_retry(hass, freezer, lambda: "port_moved" in issues_shown(hass))
    await hass.config_entries.async_unload(entry.entry_id)
    assert issues_shown(hass) == {}


async def test_plugged_in_cable_is_tried_at_once(
    hass: HomeAssistant, meter: Meter, scan: Scan
) -> None:
    meter.unplug()
    scan([])
    entry = await async_set_up(hass, meter, "A1B2")
    await meter.async_failed(1)
    meter.plug_in()
    entry.runtime_data.meter._async_ports_changed({cable(meter.device, "A1B2")}, set())
    await meter.async_opened()
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("known", [True, False])
async def test_port_that_something_else_has(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    meter: Meter,
    *,
    freezer: FrozenDateTimeFactory,
    known: bool,
) -> None:
    """Who has it is named, if Home Assistant knows; the way out is another port."""
    port = await async_open_port(meter.device, 57600)
    other = MockConfigEntry(
        domain=DOMAIN, title="The other one", data={"device": meter.device}
    )
    if known:
        other.add_to_hass(hass)
    listed = [SerialDevice(device=meter.device, **_nothing())] if known else []
    with patch(SCAN, return_value=listed):
        config_entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        key = "port_taken" if known else "port_busy"
        await async_retry(hass, freezer, lambda: set(issues_shown(hass)) == {key})
        told = issues_shown(hass)[key].translation_placeholders
        assert told is not None
        assert told["user"] == ("The other one" if known else "")
        form = await async_next_flow(hass, await async_open_fix(hass, key))
        assert (form["handler"], form["step_id"]) == (DOMAIN, "reconfigure")
        await port.close()
        await async_retry(hass, freezer, lambda: meter.openings > 0)
        await meter.async_opened()
        meter.send(reading(193))
        await async_until(lambda: hass.states.is_state(HOUSE, "193"))
        assert issues_shown(hass) == {}
        await hass.config_entries.async_unload(config_entry.entry_id)


async def test_scan_that_fails(
    hass: HomeAssistant, meter: Meter, freezer: FrozenDateTimeFactory
) -> None:
    """A system without a list of ports: the port is opened as it was set up."""
    with patch(SCAN, side_effect=OSError):
        entry = await async_set_up(hass, meter, "A1B2")
        await meter.async_opened()
        meter.unplug()
        await async_until(lambda: not entry.runtime_data.meter.last_update_success)
        await async_retry(hass, freezer)
        meter.plug_in()
        await async_retry(hass, freezer, lambda: meter.openings > 1)
        await meter.async_opened()
        await hass.config_entries.async_unload(entry.entry_id)
