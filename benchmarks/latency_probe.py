"""Inside the Home Assistant of `latency`: times each report, and a plain reading after it.

A report's time begins where its window is closed, a second after its end, and ends where
the reply is verified; the pause that spreads households over a tenth of a window is left
out. The plain reading then goes the same way: through an executor, durably into the same
outbox, over a new TLS connection of the same session, with the provider's commit, and its
answer is read.
"""

import asyncio
from collections.abc import Awaitable, Callable
import json
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from custom_components.currentcost_private import reporter as reports
from custom_components.currentcost_private.provider_client import ProviderClient
from custom_components.currentcost_private.reporter import Reporter
from custom_components.currentcost_private.sender import Sender
from custom_components.currentcost_private.storage import (
    Ending,
    Outbox,
    OutboxEntry,
    ReportStorage,
)
from homeassistant.core import HomeAssistant

IDLE: Final = 5.5
"""Seconds after which the provider has closed an idle connection."""
WATTS: Final = 1500


async def async_setup(hass: HomeAssistant, config: dict[str, Any]) -> bool:
    """Put clocks around the steps of a report."""
    file = Path(config["latency_probe"]["file"])
    running: dict[str, Reporter] = {}
    clock: dict[str, float] = {}
    garble, build, settle = reports._garble, Reporter._async_build, Sender._async_settle  # noqa: SLF001
    save, send = ReportStorage.async_save_outbox, ProviderClient.async_report

    def note(arm: str, start: int, steps: dict[str, float]) -> None:
        with file.open("a") as lines:
            lines.write(json.dumps({"arm": arm, "start": start, **steps}) + "\n")

    def timed_garble(*arguments: Any) -> list[bytes]:
        clock["begun"] = perf_counter()
        messages = garble(*arguments)
        clock["garbled"] = perf_counter() - clock["begun"]
        return messages

    async def noted_build(self: Reporter, settled: float) -> None:
        running["reporter"] = self
        await build(self, settled)

    async def timed_save(self: ReportStorage, outbox: Outbox) -> None:
        begun = perf_counter()
        await save(self, outbox)
        clock["written"] = perf_counter() - begun

    async def timed_send(self: ProviderClient, name: bytes, message: bytes) -> bytes:
        begun = perf_counter()
        reply = await send(self, name, message)
        clock["answered"] = perf_counter() - begun
        return reply

    async def timed_settle(
        self: Sender, entry: OutboxEntry, ending: Ending, outcome: int | None = None
    ) -> None:
        clock["all"] = perf_counter() - clock["begun"]
        await settle(self, entry, ending, outcome)
        if ending is Ending.REPORTED:
            note("private", entry.start, dict(clock))
            hass.async_create_background_task(plain(self, entry), "plain reading")

    async def plain(sender: Sender, entry: OutboxEntry) -> None:
        await asyncio.sleep(IDLE)
        steps = await _async_send_plain(hass, running["reporter"], sender, entry, save)
        note("plain", entry.start, steps)

    async def no_pause(_self: Sender, _seconds: float) -> None:
        await asyncio.sleep(0)

    for owner, name, function in (
        (reports, "_garble", timed_garble),
        (Reporter, "_async_build", noted_build),
        (ReportStorage, "async_save_outbox", timed_save),
        (ProviderClient, "async_report", timed_send),
        (Sender, "_async_settle", timed_settle),
        (Sender, "_async_pause", no_pause),
    ):
        setattr(owner, name, function)
    return True


async def _async_send_plain(
    hass: HomeAssistant,
    reporter: Reporter,
    sender: Sender,
    entry: OutboxEntry,
    save: Callable[[ReportStorage, Outbox], Awaitable[None]],
) -> dict[str, float]:
    """Send a plain reading for the window of a report; return what it took."""
    begun = perf_counter()
    body = await hass.async_add_executor_job(_reading, sender, entry)
    outbox = Outbox.from_dict(reporter.outbox.to_dict())
    message = json.dumps(body).encode()
    outbox.entries.append(
        OutboxEntry(start=entry.start, end=entry.end, message=message)
    )
    written = perf_counter()
    await save(reporter.storage, outbox)
    sent = perf_counter()
    reply = await sender._client._async_json("POST", "plain", body)  # noqa: SLF001
    if not isinstance(reply["outcome"], int):
        raise TypeError(reply)
    answered = perf_counter()
    await save(reporter.storage, reporter.outbox)
    return {
        "all": answered - begun,
        "written": sent - written,
        "answered": answered - sent,
    }


def _reading(sender: Sender, entry: OutboxEntry) -> Any:
    return {
        "agreement": sender._agreement_id.hex(),  # noqa: SLF001
        "start": entry.start,
        "end": entry.end,
        "watts": WATTS,
    }
