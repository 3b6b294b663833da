"""The config flow on real ports: what it hears, and what it says when it hears none."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
import socket
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from serialx import AsyncSerial, SerialException

from custom_components.currentcost_private import probe
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.envir.line import SerialLine
from custom_components.currentcost_private.port import async_open_port
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import (
    EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE,
    FlowResultType,
)
from homeassistant.exceptions import ConfigEntryNotReady

from .meter import Meter, async_until, reading

CLASSIC = (
    b"<msg><date><dsb>00101</dsb><hr>20</hr><min>16</min><sec>58</sec></date>"
    b"<src><name>CC02</name><id>00077</id><type>1</type><sver>1.06</sver></src>"
    b"<ch1><watts>02350</watts></ch1><ch2><watts>00000</watts></ch2>"
    b"<ch3><watts>00000</watts></ch3><tmpr>13.4</tmpr></msg>\r\n"
)


@pytest.fixture
def setup_entry() -> Generator[AsyncMock]:
    """Keep a created entry from being set up."""
    with patch(
        "custom_components.currentcost_private.async_setup_entry", return_value=True
    ) as mock:
        yield mock


@pytest.fixture
def impatient() -> Generator[None]:
    """Listen for a moment only."""
    with patch.object(probe, "LISTEN_TIMEOUT", 0.3):
        yield


@pytest.fixture
def second_meter(tmp_path: Path) -> Generator[Meter]:
    folder = tmp_path / "second"
    folder.mkdir()
    meter = Meter(folder)
    yield meter
    meter.unplug()


def typed(device: str, baudrate: str = "automatic") -> dict[str, Any]:
    """Return what a person enters in the form."""
    return {"device": device, "line": {"baudrate": baudrate}}


async def async_start(hass: HomeAssistant, choice: str) -> ConfigFlowResult:
    """Start the flow and choose from its menu."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["meter", "no_meter"]
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {"next_step_id": choice}
    )


async def async_enter(
    hass: HomeAssistant, flow_id: str, device: str, baudrate: str = "automatic"
) -> ConfigFlowResult:
    """Fill in the form, send it, and wait until Home Assistant has listened."""
    result = await hass.config_entries.flow.async_configure(
        flow_id, typed(device, baudrate)
    )
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["progress_action"] == "listen"
        await hass.async_block_till_done()
        result = await hass.config_entries.flow.async_configure(flow_id)
    await hass.async_block_till_done()
    return result


async def async_assert_recovers(
    hass: HomeAssistant, flow_id: str, meter: Meter
) -> None:
    """Assert that the same form accepts a port with a meter."""
    async with meter.chatter(reading(193)):
        result = await async_enter(hass, flow_id, meter.device)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"device": meter.device, "baudrate": 57600}


@asynccontextmanager
async def sending(line: SerialLine, data: bytes) -> AsyncGenerator[None]:
    """Send the same bytes over and over at the line's own rate."""

    async def repeat() -> None:
        while True:
            await line.send(data)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()


def assert_error(result: ConfigFlowResult, error: str) -> dict[str, str]:
    """Assert that the form is shown again with an error; return its placeholders."""
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    return dict(result["description_placeholders"] or {})


@pytest.mark.parametrize(
    ("line", "baudrate", "title"),
    [
        (reading(193), "57600", "CurrentCost EnviR"),
        (CLASSIC, "9600", "CurrentCost Classic"),
    ],
    ids=["EnviR", "Classic"],
)
async def test_meter(
    hass: HomeAssistant,
    meter: Meter,
    setup_entry: AsyncMock,
    *,
    line: bytes,
    baudrate: str,
    title: str,
) -> None:
    result = await async_start(hass, "meter")
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "meter"
    assert not result["errors"]
    async with meter.chatter(line):
        result = await async_enter(hass, result["flow_id"], meter.device, baudrate)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == title
    assert result["data"] == {"device": meter.device, "baudrate": int(baudrate)}
    setup_entry.assert_awaited_once()
    port = await async_open_port(meter.device, 57600)
    await port.close()


@pytest.mark.usefixtures("setup_entry")
async def test_meters_are_told_apart_by_their_titles(
    hass: HomeAssistant, meter: Meter
) -> None:
    for title in ("CurrentCost EnviR", "CurrentCost EnviR 2"):
        MockConfigEntry(
            domain=DOMAIN, title=title, data={"device": "/dev/other"}
        ).add_to_hass(hass)
    result = await async_start(hass, "meter")
    async with meter.chatter(reading(193)):
        result = await async_enter(hass, result["flow_id"], meter.device)
    assert result["title"] == "CurrentCost EnviR 3"


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize("baudrate", [57600, 9600, 2400])
async def test_rate_is_found_by_listening(hass: HomeAssistant, baudrate: int) -> None:
    shares: list[float] = []
    hass.bus.async_listen(
        EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE,
        lambda event: shares.append(event.data["progress"]),
    )
    result = await async_start(hass, "meter")
    async with SerialLine(baudrate=baudrate) as line, sending(line, CLASSIC):
        result = await async_enter(hass, result["flow_id"], line.address)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"device": line.address, "baudrate": baudrate}
    tried = (57600, 9600, 2400).index(baudrate) + 1
    assert shares == [pytest.approx(number / 3) for number in range(tried)]


@pytest.mark.usefixtures("setup_entry")
async def test_chosen_rate_is_the_only_one_tried(hass: HomeAssistant) -> None:
    result = await async_start(hass, "meter")
    async with SerialLine(baudrate=9600) as line, sending(line, CLASSIC):
        result = await async_enter(hass, result["flow_id"], line.address, "2400")
        assert_error(result, "not_a_meter")
        result = await async_enter(hass, result["flow_id"], line.address, "9600")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_person_leaves_while_listening(hass: HomeAssistant, meter: Meter) -> None:
    result = await async_start(hass, "meter")
    flow_id = result["flow_id"]
    result = await hass.config_entries.flow.async_configure(
        flow_id, typed(meter.device)
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.flow.async_abort(flow_id)
    await hass.async_block_till_done()
    port = await async_open_port(meter.device, 57600)
    await port.close()


async def test_person_leaves_while_listening_to_reconfigure(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    result = await loaded_entry.start_reconfigure_flow(hass)
    flow_id = result["flow_id"]
    await hass.config_entries.flow.async_configure(flow_id, typed(meter.device))
    hass.config_entries.flow.async_abort(flow_id)
    await hass.async_block_till_done()
    await meter.async_opened()
    assert loaded_entry.state is ConfigEntryState.LOADED


@pytest.mark.usefixtures("setup_entry")
async def test_meter_that_is_heard_late_and_damaged_first(
    hass: HomeAssistant, meter: Meter
) -> None:
    result = await async_start(hass, "meter")
    line = reading(193)
    async with meter.chatter(line[80:] + line.replace(b"><", b"\x1a", 1) + line):
        result = await async_enter(hass, result["flow_id"], meter.device)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("socket_enabled", "setup_entry")
async def test_meter_behind_a_network_bridge(hass: HomeAssistant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003  # the socket's signature
        device = f"socket://127.0.0.1:{server.getsockname()[1]}"

        async def send() -> None:
            connection, _ = await hass.loop.sock_accept(server)
            with connection:
                await hass.loop.sock_sendall(connection, reading(193))

        sending = hass.async_create_task(send())
        result = await async_start(hass, "meter")
        result = await async_enter(hass, result["flow_id"], device)
        await sending
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["device"] == device


@pytest.mark.usefixtures("setup_entry")
async def test_no_such_port(hass: HomeAssistant, meter: Meter) -> None:
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], "/dev/no-such-port")
    assert_error(result, "no_such_port")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("setup_entry")
async def test_busy_port(hass: HomeAssistant, meter: Meter) -> None:
    result = await async_start(hass, "meter")
    other_program = await async_open_port(meter.device, 57600)
    result = await async_enter(hass, result["flow_id"], meter.device)
    assert_error(result, "busy")
    await other_program.close()
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.parametrize("name", ["", "file"], ids=["folder", "ordinary file"])
@pytest.mark.usefixtures("setup_entry")
async def test_not_a_serial_port(
    hass: HomeAssistant, meter: Meter, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], str(tmp_path / name))
    assert_error(result, "not_a_serial_port")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.parametrize(
    "device", ["nonsense://somewhere", "socket://no-port", "/dev/nul\0byte"]
)
@pytest.mark.usefixtures("setup_entry")
async def test_bad_address(hass: HomeAssistant, meter: Meter, device: str) -> None:
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], device)
    assert "error" in assert_error(result, "bad_address")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("socket_enabled", "setup_entry")
async def test_unreachable_bridge(hass: HomeAssistant, meter: Meter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"socket://127.0.0.1:{server.getsockname()[1]}"
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], address)
    assert "error" in assert_error(result, "unreachable")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (PermissionError(13, "Permission denied"), "no_permission"),
        (TimeoutError(), "unreachable"),
        (ConfigEntryNotReady("ESPHome has not loaded yet"), "unreachable"),
        (SerialException("Unsupported parity"), "cannot_open"),
        (OSError(24, "Too many open files"), "cannot_open"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.usefixtures("setup_entry")
async def test_failures_that_no_test_can_cause_for_real(
    hass: HomeAssistant, meter: Meter, failure: Exception, error: str
) -> None:
    result = await async_start(hass, "meter")
    with patch.object(probe, "async_open_port", side_effect=failure):
        result = await async_enter(hass, result["flow_id"], meter.device)
    assert_error(result, error)
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("impatient", "setup_entry")
async def test_silent_port(hass: HomeAssistant, meter: Meter) -> None:
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], meter.device)
    assert_error(result, "silent")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("impatient", "setup_entry")
@pytest.mark.parametrize(
    "noise",
    [b"\x00\xf8\x80\xe0\x1c", b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9*47\r\n"],
    ids=["wrong baud rate", "another device"],
)
async def test_bytes_but_no_message(
    hass: HomeAssistant, meter: Meter, noise: bytes
) -> None:
    result = await async_start(hass, "meter")
    async with meter.chatter(noise):
        result = await async_enter(hass, result["flow_id"], meter.device)
    placeholders = assert_error(result, "not_a_meter")
    assert int(placeholders["bytes"]) > 0
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("setup_entry")
async def test_unplugged_while_listening(
    hass: HomeAssistant, meter: Meter, second_meter: Meter
) -> None:
    opened = asyncio.Event()

    async def open_and_tell(device: str, baudrate: int) -> AsyncSerial:
        port = await async_open_port(device, baudrate)
        opened.set()
        return port

    result = await async_start(hass, "meter")
    with patch.object(probe, "async_open_port", open_and_tell):
        entering = hass.async_create_task(
            async_enter(hass, result["flow_id"], second_meter.device)
        )
        await opened.wait()
        second_meter.unplug()
        assert "error" in assert_error(await entering, "lost")
    await async_assert_recovers(hass, result["flow_id"], meter)


@pytest.mark.usefixtures("loaded_entry")
async def test_port_of_another_entry(hass: HomeAssistant, meter: Meter) -> None:
    result = await async_start(hass, "meter")
    result = await async_enter(hass, result["flow_id"], meter.device)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_no_meter_once(hass: HomeAssistant) -> None:
    result = await async_start(hass, "no_meter")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"device": None}
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED

    result = await async_start(hass, "no_meter")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_reconfigure_to_another_port(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    second_meter: Meter,
) -> None:
    hass.config_entries.async_update_entry(loaded_entry, title="Our meter")
    await meter.async_opened()
    result = await loaded_entry.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    async with second_meter.chatter(reading(193)):
        result = await async_enter(hass, result["flow_id"], second_meter.device, "9600")
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        assert loaded_entry.title == "Our meter"
        assert loaded_entry.data == {"device": second_meter.device, "baudrate": 9600}
        await async_until(
            lambda: hass.states.is_state("sensor.whole_house_power", "193")
        )
    port = await async_open_port(meter.device, 57600)
    await port.close()


@pytest.mark.usefixtures("impatient")
async def test_reconfigure_the_port_that_is_in_use(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    result = await loaded_entry.start_reconfigure_flow(hass)
    # Nothing is heard: the old settings are put back, and the form stays.
    result = await async_enter(hass, result["flow_id"], meter.device, "2400")
    assert_error(result, "silent")
    assert loaded_entry.data["baudrate"] == 57600
    await meter.async_opened()
    meter.send(reading(193))
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "193"))

    async with meter.chatter(reading(194)):
        result = await async_enter(hass, result["flow_id"], meter.device, "2400")
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        assert loaded_entry.data["baudrate"] == 2400
        await async_until(
            lambda: hass.states.is_state("sensor.whole_house_power", "194")
        )


async def test_reconfigure_to_the_port_of_another_entry(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, second_meter: Meter
) -> None:
    MockConfigEntry(
        domain=DOMAIN, data={"device": second_meter.device, "baudrate": 57600}
    ).add_to_hass(hass)
    result = await loaded_entry.start_reconfigure_flow(hass)
    result = await async_enter(hass, result["flow_id"], second_meter.device)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert loaded_entry.state is ConfigEntryState.LOADED


async def test_reconfigure_when_the_port_can_not_be_freed(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    result = await loaded_entry.start_reconfigure_flow(hass)
    with patch.object(hass.config_entries, "async_unload", return_value=False):
        result = await async_enter(hass, result["flow_id"], meter.device)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_unload_failed"
    assert loaded_entry.data["baudrate"] == 57600


async def test_reconfigure_gives_a_meter_to_the_entry_that_had_none(
    hass: HomeAssistant, meter: Meter
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, title="Power sensors", data={"device": None})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    result = await entry.start_reconfigure_flow(hass)
    async with meter.chatter(reading(193)):
        result = await async_enter(hass, result["flow_id"], meter.device)
        assert result["reason"] == "reconfigure_successful"
        assert entry.title == "CurrentCost EnviR"
        assert entry.data == {"device": meter.device, "baudrate": 57600}
        await async_until(
            lambda: hass.states.is_state("sensor.whole_house_power", "193")
        )
    await hass.config_entries.async_unload(entry.entry_id)
