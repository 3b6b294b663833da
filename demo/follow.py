"""Follows the windows: what the home drew, what was sent, what the provider knows.

Each is taken from its own place: the power from the meter's record, the bytes from
the line, the knowledge from what the provider's own command lists. The bucket is
compared with the plain computation, and with what Home Assistant shows.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from currentcost_exchange import Report, Window

from .errors import DemoError
from .provider import THRESHOLDS
from .story import Story
from .system import System
from .tap import Exchange
from .truth import mean_power, possible_buckets

SHOWN_WITHIN: Final = 20.0
"""Seconds from the provider's answer until Home Assistant must show it."""


async def follow(system: System, story: Story, *, windows: int | None) -> None:
    """Write a line for each window, for ever or until `windows` were found right.

    Raises:
        DemoError: a bucket is wrong, or a process has ended by itself.
    """
    story.windows_heading()
    right = 0
    while windows is None or right < windows:
        exchange = await _next_exchange(system)
        if (claim := exchange.claim) is None:
            continue
        whole = claim.window.start >= system.report.since
        mean = mean_power(system.meter.samples(), claim.window.start, system.window)
        result = await _result(system, claim.window)
        story.window(
            start=claim.window.start,
            watts=mean.watts if mean and whole else None,
            sent=len(exchange.request.body),
            known=in_words(result),
        )
        if not whole:
            story.note("the home joined in the middle of it")
            continue
        if not isinstance(claim, Report):
            continue
        if mean is None:
            raise DemoError("a window was reported of which the meter sent too little")
        possible = possible_buckets(mean, THRESHOLDS)
        if result["outcome"] not in possible:
            raise DemoError(
                f"The bucket is wrong: the mean was {mean.watts:.1f} W, so it must be "
                f"{' or '.join(map(str, sorted(possible)))}."
            )
        await _shown(system, claim.window, result["label"])
        if len(possible) > 1:
            story.note("too near a threshold to be checked: the next one counts")
        else:
            right += 1


def in_words(result: dict[str, Any]) -> str:
    """Say what the provider knows of a window."""
    unit, outcome = result["unit"], result["outcome"]
    match result:
        case {"state": "bucket", "lower": lower, "upper": None}:
            return f"above {lower} {unit} (bucket {outcome})"
        case {"state": "bucket", "lower": lower, "upper": upper}:
            return f"between {lower} and {upper} {unit} (bucket {outcome})"
        case {"state": "missing"}:
            return "nothing: too little was measured"
        case _:
            return "nothing: the report was refused"


async def _next_exchange(system: System) -> Exchange:
    while True:
        system.processes.check()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                return await system.tap.next()


async def _result(system: System, window: Window) -> dict[str, Any]:
    """Return what the provider lists for a window."""
    for result in await system.provider.results():
        if datetime.fromisoformat(result["start"]).timestamp() == window.start:
            return result
    raise DemoError("The provider answered, but does not list the window.")


async def _shown(system: System, window: Window, label: str) -> None:
    """Wait until Home Assistant shows what the provider knows."""
    report = system.report

    def accept(states: dict[str, str]) -> bool:
        with suppress(KeyError, ValueError):
            last = datetime.fromisoformat(states[report.last_report]).timestamp()
            return last >= window.end and states[report.bucket] == label
        return False

    with suppress(TimeoutError):
        async with asyncio.timeout(SHOWN_WITHIN), system.api.websocket() as websocket:
            await websocket.wait_for_states([report.bucket, report.last_report], accept)
            return
    raise DemoError(
        f"Home Assistant does not show the bucket {label!r} that it was told."
    )
