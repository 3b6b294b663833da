"""A port that nobody waits for any more while it is being opened."""

import asyncio
import os
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.currentcost_private.port import async_open_port
from homeassistant.core import HomeAssistant

from .meter import Meter


@pytest.mark.parametrize("is_there", [True, False])
async def test_opening_is_cancelled(
    hass: HomeAssistant, meter: Meter, *, is_there: bool
) -> None:
    """It goes on in its thread: the port is closed then, an error isn't logged."""
    complaints: list[dict[str, Any]] = []
    hass.loop.set_exception_handler(lambda _, context: complaints.append(context))
    began, go_on = Event(), Event()
    opened: list[int] = []
    device = meter.device if is_there else "/dev/there-is-no-such-port"
    open_port = os.open

    def open_slowly(*args: Any) -> int:
        began.set()
        go_on.wait(10)
        opened.append(open_port(*args))
        return opened[-1]

    with patch("serialx.descriptor_transport.os.open", open_slowly):
        opening = asyncio.create_task(async_open_port(device, 57600))
        await hass.async_add_executor_job(began.wait, 10)
        opening.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait([opening])
        await asyncio.sleep(0.1)
    assert opening.cancelled()
    assert complaints == []
    assert len(opened) == is_there
    # It could not be opened again while it is open: it is for one process alone.
    if is_there:
        port = await async_open_port(device, 57600)
        await port.close()
