"""A component that is put into Home Assistant: writes down what a person could see.

Every state of the integration's entities as it changes, and once a minute what runs in
Home Assistant: one JSON line each. It stands alone, without the repository.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
import json
import os
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import ConfigType

DOMAIN = "soak_probe"
PLATFORM = "currentcost_private"
WATCHED = ("_bucket", "_energy", "_happening", "_last_report")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Begin to write."""
    file = os.open(config[DOMAIN]["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    entities = er.async_get(hass)
    lines: list[str] = []

    def write(**line: Any) -> None:
        lines.append(f"{json.dumps(line)}\n")
        # On a disk that is full it is kept until there is room.
        with suppress(OSError):
            os.write(file, "".join(lines).encode())
            lines.clear()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        entry = entities.async_get(entity_id)
        if (
            state is None
            or entry is None
            or entry.platform != PLATFORM
            or not entry.unique_id.endswith(WATCHED)
        ):
            return
        write(
            what=entry.unique_id.split("_", 1)[1],
            state=state.state,
            attributes={
                name: state.attributes.get(name)
                for name in ("event_type", "reason", "window_start", "window_end")
            },
        )

    @callback
    def count(_now: Any) -> None:
        write(what="tasks", count=len(asyncio.all_tasks()))

    hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    async_track_time_interval(hass, count, timedelta(minutes=1))
    return True
