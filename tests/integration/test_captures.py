"""Streams of real meters, through the whole of the meter's side at frozen time."""

from itertools import pairwise
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.envir import Reading, StreamParser
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .meter import Meter, async_advance, async_until

CAPTURES: Final = Path(__file__).parents[3] / "shared" / "envir" / "captures"
FILES: Final = sorted(
    path
    for path in CAPTURES.rglob("*")
    if path.is_file() and path.suffix in {".data", ".xml"}
)


@pytest.mark.skipif(not FILES, reason="the captures of real meters are not here")
@pytest.mark.freeze_time("2026-11-24T08:00:00+00:00")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_capture(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    *,
    freezer: FrozenDateTimeFactory,
    path: Path,
) -> None:
    """Play a capture line by line, 6 s apart, and do its sums a second time."""
    heard: list[Reading] = []
    loaded_entry.runtime_data.meter.async_add_reading_listener(
        lambda reading, _received: heard.append(reading)
    )
    parser = StreamParser()
    expected: list[Reading] = []
    samples: dict[str, list[tuple[float, int]]] = {}
    for line in await hass.async_add_executor_job(read_lines, path):
        for item in parser.feed(line):
            if isinstance(item, Reading):
                expected.append(item)
                if item.total is not None:
                    samples.setdefault(device(item.sensor), []).append(
                        (dt_util.utcnow().timestamp(), item.total)
                    )
        await meter.async_send(line)
        await async_until(lambda: len(heard) >= len(expected))
        for name, taken in samples.items():
            assert hass.states.is_state(f"sensor.{name}_power", str(taken[-1][1]))
        await async_advance(hass, freezer, 6)
    assert heard == expected

    await async_advance(hass, freezer, 30)
    for name, taken in samples.items():
        watt_seconds = sum(
            power * min(after - before, 30)
            for (before, power), (after, _) in pairwise(taken)
        )
        state = hass.states.get(f"sensor.{name}_energy")
        assert state is not None
        assert float(state.state) == pytest.approx(watt_seconds / 3_600_000, abs=1e-6)


def device(sensor: int) -> str:
    """Return how the names of a transmitter's entities begin."""
    return f"appliance_{sensor}" if sensor else "whole_house"


def read_lines(path: Path) -> list[bytes]:
    """Return a capture in pieces of a line each, as the display sent them."""
    return path.read_bytes().splitlines(keepends=True)
