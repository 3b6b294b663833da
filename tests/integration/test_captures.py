"""Streams of real meters, through the whole of the meter's side at frozen time."""

from collections import defaultdict
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.envir import (
    Damaged,
    Judge,
    Outcome,
    Reading,
    StepFilter,
    StreamParser,
)
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
    coordinator = loaded_entry.runtime_data.meter
    coordinator.async_add_reading_listener(
        lambda reading, _received: heard.append(reading)
    )
    messages = 0
    parser, judge = StreamParser(), Judge()
    filters: defaultdict[int, StepFilter] = defaultdict(StepFilter)
    expected: list[Reading] = []
    shown: dict[int, int] = {}
    samples: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for line in await hass.async_add_executor_job(read_lines, path):
        now = dt_util.utcnow().timestamp()
        for item in parser.feed(line):
            messages += 1
            if isinstance(item, Damaged):
                continue
            verdict = judge.judge(item, now)
            message = verdict.message
            if verdict.outcome is Outcome.DROPPED or not isinstance(message, Reading):
                continue
            expected.append(message)
            if message.total is not None:
                sensor = message.sensor
                samples[sensor].append((now, message.total))
                if filters[sensor].shows(now, message.channels):
                    shown[sensor] = message.total
        await meter.async_send(line)
        await async_until(
            partial(lambda n: coordinator.outcomes.total() >= n, messages)
        )
        for sensor, watts in shown.items():
            assert hass.states.is_state(f"sensor.{device(sensor)}_power", str(watts))
        await async_advance(hass, freezer, 6)
    assert heard == expected

    await async_advance(hass, freezer, 30)
    for sensor, taken in samples.items():
        watt_seconds = sum(
            power * min(after - before, 30)
            for (before, power), (after, _) in pairwise(confirmed(taken))
        )
        energy = coordinator.data.transmitters[sensor].energy
        assert energy == pytest.approx(watt_seconds / 3600, abs=1e-6)


def confirmed(samples: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return samples as they count: each the median of itself and its neighbours."""
    counted = []
    for i, (time, watts) in enumerate(samples):
        near = [watts]
        if i and time - samples[i - 1][0] <= 30:
            near.append(samples[i - 1][1])
        if i + 1 < len(samples) and samples[i + 1][0] - time <= 30:
            near.append(samples[i + 1][1])
        alone = len(near) == 1
        counted.append((time, 0 if alone else sorted(near)[(len(near) - 1) // 2]))
    return counted


def device(sensor: int) -> str:
    """Return how the names of a transmitter's entities begin."""
    return f"appliance_{sensor}" if sensor else "whole_house"


def read_lines(path: Path) -> list[bytes]:
    """Return a capture in pieces of a line each, as the display sent them."""
    return path.read_bytes().splitlines(keepends=True)
