"""Reports of a meter's total: readings on a real line in, only buckets out."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
import time
from typing import Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.currentcost_private.envir import (
    Counts,
    Damaged,
    Judge,
    Outcome,
    Reading,
    StreamParser,
)
from custom_components.currentcost_private.provider_client import ProviderClient
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .household import WINDOW, Household, Traffic, plain_bucket, watch
from .meter import Meter, async_until, reading
from .provider import Provider
from .test_captures import confirmed

pytestmark = pytest.mark.usefixtures("socket_enabled")

CAPTURES: Final = Path(__file__).parents[3] / "shared" / "envir" / "captures"
FILES: Final = sorted(
    path
    for path in CAPTURES.rglob("*")
    if path.is_file() and path.suffix in {".data", ".xml"}
)
SHORT: Final = 30
HOLD: Final = 30


@pytest.fixture
async def metered(
    hass: HomeAssistant,
    provider: Provider,
    freezer: FrozenDateTimeFactory,
    *,
    meter: Meter,
    config_entry: MockConfigEntry,
) -> AsyncGenerator[Household]:
    """A home with a meter, a day late and at a window's start."""
    yesterday = int(time.time() - 86_400) // WINDOW * WINDOW
    freezer.move_to(datetime.fromtimestamp(yesterday, UTC))
    config_entry.add_to_hass(hass)
    traffic = Traffic()
    household = Household(
        hass, freezer, entry=config_entry, provider=provider, traffic=traffic
    )
    with patch.object(ProviderClient, "async_report", watch(traffic)):
        await household.async_set_up()
        await meter.async_opened()
        yield household
        await hass.config_entries.async_unload(config_entry.entry_id)


async def async_agree(household: Household, meter: Meter) -> None:
    """Agree on the meter's total, which is what no source means."""
    letter = household.letter()
    del letter["source"]
    flow_id = await household.async_start_flow()
    consent = await household.async_submit(flow_id, letter)
    assert consent["description_placeholders"]["source"] == "CurrentCost EnviR"
    await household.async_submit(flow_id, {"agreed": True})
    await household.async_settle()
    await meter.async_opened()


async def async_play(
    household: Household, meter: Meter, line: bytes, *, completes: int = 1
) -> None:
    """Send a line and wait until all that it completes has been taken in."""
    counts = household.entry.runtime_data.meter.parser.counts
    awaited = total(counts) + completes
    await meter.async_send(line)
    await async_until(lambda: total(counts) >= awaited)
    await household.async_settle()


def total(counts: Counts) -> int:
    """Return how many messages and damaged stretches a parser has met."""
    return counts.accepted + counts.damaged.total()


def plain_outcome(
    samples: list[tuple[float, int]], start: int, origin: int
) -> int | None:
    """Return a window's bucket by counting its seconds one by one; None if missing.

    Lines came every 6 s from `origin` on.
    """
    end = start + SHORT
    known = [sample for sample in samples if sample[0] < end]
    if known:
        # The latest counts if another follows before it is taken for the last.
        built = max(end + 1, known[-1][0] + 15)
        built += -(built - origin) % 6
        if all(time >= built for time, _ in samples[len(known) :]):
            known.pop()
    seconds = []
    for second in range(start, end):
        holding = [(time, watts) for time, watts in known if time <= second]
        if holding and second < holding[-1][0] + HOLD:
            seconds.append(holding[-1][1])
    if len(seconds) < SHORT / 2:
        return None
    return plain_bucket(sum(seconds) / len(seconds))


async def test_report_stands_below_the_display(
    metered: Household, meter: Meter, device_registry: dr.DeviceRegistry
) -> None:
    await async_agree(metered, meter)
    (report,) = (
        device
        for device in dr.async_entries_for_config_entry(
            device_registry, metered.entry.entry_id
        )
        if device.entry_type is dr.DeviceEntryType.SERVICE
    )
    assert report.via_device_id == metered.entry.runtime_data.hub_id


async def test_total_of_all_channels(metered: Household, meter: Meter) -> None:
    await async_agree(metered, meter)
    start = metered.now
    for _ in range(WINDOW // 15):
        await async_play(metered, meter, reading(700, 800, 900))
        # An appliance is inside the total already.
        await async_play(metered, meter, reading(5000, sensor=3, transmitter=78))
        await metered.async_pass(15)
    await metered.async_sent()
    assert metered.learnt() == {start: 3}


async def test_spike_never_reaches_a_report(metered: Household, meter: Meter) -> None:
    await async_agree(metered, meter)
    start = metered.now
    for number in range(WINDOW // 15):
        # Counted for 15 s, it would lift the mean above 1000 W.
        spike = number in {0, 30, WINDOW // 15 - 1}
        await async_play(metered, meter, reading(32_000 if spike else 500))
        await metered.async_pass(15)
    await async_play(metered, meter, reading(500))
    await metered.async_sent()
    assert metered.learnt() == {start: 1}


@pytest.mark.parametrize("plan_options", [{"window": str(SHORT)}])
async def test_window_waits_for_the_reading_that_confirms_its_last(
    metered: Household, meter: Meter
) -> None:
    await async_agree(metered, meter)
    start = metered.now // SHORT * SHORT
    for watts in (500, 500, 500, 500, 2500):
        await async_play(metered, meter, reading(watts))
        await metered.async_pass(6)
    # The window is over, but nobody knows yet whether the 2500 W were there.
    await metered.async_pass(2)
    assert metered.learnt() == {}
    await async_play(metered, meter, reading(2501))
    await metered.async_pass(2)
    await metered.async_sent()
    expected = plain_bucket((24 * 500 + 6 * 2500) / 30)
    assert metered.learnt()[start] == expected


async def test_silent_meter_makes_missing_windows(
    metered: Household, meter: Meter
) -> None:
    await async_agree(metered, meter)
    start = metered.now
    for _ in range(WINDOW // 15):
        await async_play(metered, meter, reading(1500))
        await metered.async_pass(15)
    await metered.async_live(WINDOW)
    await metered.async_sent()
    assert metered.learnt() == {start: 2, start + WINDOW: None}


@pytest.mark.skipif(not FILES, reason="the captures of real meters are not here")
@pytest.mark.parametrize("plan_options", [{"window": str(SHORT)}])
async def test_captures(metered: Household, meter: Meter) -> None:
    """Real streams, line by line, 6 s apart, against sums done a second time."""
    await async_agree(metered, meter)
    first = metered.now
    parser, judge = StreamParser(), Judge()
    samples: list[tuple[float, int]] = []
    for path in FILES:
        content = await metered.hass.async_add_executor_job(path.read_bytes)
        for line in content.splitlines(keepends=True):
            before = total(parser.counts)
            for message in parser.feed(line):
                if isinstance(message, Damaged):
                    continue
                verdict = judge.judge(message, metered.now)
                if (
                    verdict.outcome is not Outcome.DROPPED
                    and isinstance(verdict.message, Reading)
                    and verdict.message.sensor == 0
                    and verdict.message.total is not None
                ):
                    samples.append((metered.now, verdict.message.total))
            completes = total(parser.counts) - before
            await async_play(metered, meter, line, completes=completes)
            await metered.async_pass(6)
    await metered.async_sent()
    ended = range(first, metered.now // SHORT * SHORT, SHORT)
    learnt = metered.learnt()
    counted = confirmed(samples)
    expected = {start: plain_outcome(counted, start, first) for start in ended}
    assert {start: learnt[start] for start in ended} == expected
    assert set(expected.values()) >= {None, 0, 1}, "all kinds of windows were there"
