"""The simulated display in full: its models, its memory, damage and unplugging."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
import gzip
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

from currentcost_envir import Damaged, History, Reading, Store, StreamParser
from currentcost_envir.corruption import damaged
from currentcost_envir.load import RecordedLoad
from currentcost_envir.models import CLASSIC, MODELS
from currentcost_envir.simulator import Display
import pytest

from .client import Client
from .meter_lines import ENVIR, Item
from .test_command import meter, run

START = datetime(2026, 3, 1, 16, 59, 30)  # noqa: DTZ001  # a display knows no time zone
TABLE = """\
Time,Aggregate,Kettle
2020-01-01 00:00:00,100.4,0
2020-01-01 00:01:00,2900,2799.6
2020-01-01 00:02:00,0,0
2020-01-01 00:03:00,120,1
"""


def heard(duration: timedelta, **options: Any) -> list[tuple[timedelta, Item]]:
    """Return what a display sends in its first `duration`, with the time."""
    parser = StreamParser()
    now = timedelta()
    items: list[tuple[timedelta, Item]] = []
    chosen: dict[str, Any] = {"seed": 3, "start": START}
    for event in Display(**chosen | options).events():
        now += event.gap
        if now > duration:
            return items
        items += [(now, item) for item in parser.feed(event.line)]
    return items


def kwh(history: History, store: Store, sensor: int) -> dict[int, float]:
    return {
        entry.index: float(entry.energy)
        for entry in history.entries
        if (entry.store, entry.sensor) == (store, sensor)
    }


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_every_model_is_understood(name: str, channels: int) -> None:
    model = MODELS[name]
    items = heard(timedelta(minutes=5), model=model, channels=channels)
    assert len(items) > 40
    for _, reading in items:
        assert isinstance(reading, Reading)
        assert (reading.model, reading.firmware) == (model.source, model.firmware)
        clamps = 3 if model.source == CLASSIC.source else channels
        assert list(reading.channels) == list(range(1, clamps + 1))


def test_fahrenheit_uid_and_impulses() -> None:
    options = {"fahrenheit": True, "uid": True, "impulses": True, "sensors": 2}
    items = [item for _, item in heard(timedelta(minutes=10), **options)]
    plain = [item for _, item in heard(timedelta(minutes=10), sensors=2)]
    readings = [item for item in items if isinstance(item, Reading)]
    assert len(readings) == len(items)
    assert {reading.sensor for reading in readings} == {0, 1, 2, 9}
    house = [reading for reading in readings if reading.sensor == 0]
    plain_house = [
        item for item in plain if isinstance(item, Reading) and not item.sensor
    ]
    assert [reading.total for reading in house] == [item.total for item in plain_house]
    for reading, other in zip(house, plain_house, strict=True):
        assert reading.temperature == pytest.approx(other.temperature, abs=0.1)
    counts = [reading.impulses.count for reading in readings if reading.impulses]
    energy = sum((reading.total or 0) * 6.1 / 3600 for reading in house)
    assert counts == sorted(counts)
    assert counts[-1] == pytest.approx(energy, rel=0.05)


def test_nine_plugs_fit_between_two_readings_of_the_house() -> None:
    items = heard(timedelta(minutes=5), sensors=9)
    sensors = [item.sensor for _, item in items if isinstance(item, Reading)]
    assert sensors[:20] == [*range(10)] * 2
    assert all(before < after for (before, _), (after, _) in pairwise(items))


def test_history_comes_at_its_times() -> None:
    items = heard(timedelta(hours=2, minutes=30), history=True, days=40, sensors=1)
    histories = [(now, item) for now, item in items if isinstance(item, History)]
    for now, history in histories:
        assert (START + now).time().replace(microsecond=0) == history.time
        newest = history.entries[-1]
        slot = {
            Store.TWO_HOURLY: (746 - newest.index) // 8,
            Store.DAILY: 93 + (90 - newest.index) // 4,
            Store.MONTHLY: 116 + (84 - newest.index) // 4,
        }[newest.store]
        seconds = (START + now).minute * 60 + (START + now).second
        assert (START + now).hour % 2 == 1
        assert seconds == 60 + 10 * slot
        assert len(history.entries) % 10 == 0
    stores = Counter(history.entries[0].store for _, history in histories)
    # 31 days of bins, 41 days and a month, twice over.
    assert stores == {Store.TWO_HOURLY: 186, Store.DAILY: 22, Store.MONTHLY: 2}
    # Readings go on in between.
    assert sum(isinstance(item, Reading) for _, item in items) > 2900


def test_history_is_what_was_drawn() -> None:
    items = heard(timedelta(hours=2, minutes=20), history=True, sensors=2, days=1)
    for sensor in (0, 2):
        drawn = 0.0
        readings = [
            (START + now, item)
            for now, item in items
            if isinstance(item, Reading) and item.sensor == sensor
        ]
        for (before, _), (after, reading) in pairwise(readings):
            if 17 <= before.hour < 19:
                drawn += (reading.total or 0) * (after - before).total_seconds()
        (last,) = (
            energies[4]
            for now, item in items
            if isinstance(item, History)
            and (START + now).hour == 19
            and 4 in (energies := kwh(item, Store.TWO_HOURLY, sensor))
        )
        assert last == pytest.approx(drawn / 3_600_000, abs=0.02)


def test_dump_is_the_whole_memory_at_once() -> None:
    minute = timedelta(minutes=1)
    items = heard(2 * minute, dump_after=minute, days=100)
    histories = [(now, item) for now, item in items if isinstance(item, History)]
    assert [len(item.entries) // 10 for _, item in histories] == (
        [50] * 7 + [22, 50, 40, 3]
    )
    gaps = {after - before for (before, _), (after, _) in pairwise(histories)}
    assert gaps == {timedelta(seconds=0.5)}
    assert len({item.time for _, item in histories}) == 1
    following = [item for now, item in items if now > histories[-1][0]]
    stray, reading, *_ = following
    assert isinstance(stray, Damaged)
    assert stray.raw == b"\xfc"
    # The clock has lost its seconds.
    assert isinstance(reading, Reading)
    assert reading.time.minute == histories[-1][1].time.minute
    assert reading.time.second < 10

    days: dict[int, float] = {}
    bins: dict[int, float] = {}
    months: dict[int, float] = {}
    for _, item in histories:
        days |= kwh(item, Store.DAILY, 0)
        bins |= kwh(item, Store.TWO_HOURLY, 0)
        months |= kwh(item, Store.MONTHLY, 0)
    assert set(bins) == {*range(4, 747, 2)}
    # It is five o'clock: yesterday's day ended 18 hours ago.
    yesterday = sum(bins[index] for index in range(22, 46, 2))
    assert days[1] == pytest.approx(yesterday, abs=0.02)
    running = 102 % 30 - 2
    month = sum(days[running + index] for index in range(1, 31))
    assert months[1] == pytest.approx(month, abs=0.6)


def test_month_above_2048_kwh_overflows() -> None:
    class Heavy:
        def advance(self, seconds: float, clock: datetime) -> Any:  # noqa: ARG002
            from currentcost_envir.load import Drawn  # noqa: PLC0415

            return Drawn(house=3000, plugs=[0] * 9)

    minute = timedelta(minutes=1)
    items = heard(minute, dump_after=timedelta(), days=35, load=Heavy())
    months = [
        entry.energy
        for _, item in items
        if isinstance(item, History)
        for entry in item.entries
        if (entry.store, entry.sensor) == (Store.MONTHLY, 0)
    ]
    assert [float(energy) for energy in months] == [3 * 24 * 30 - 4096]


def test_classic_sends_its_history_with_a_reading() -> None:
    items = heard(timedelta(hours=2, minutes=5), model=CLASSIC, history=True, days=40)
    histories = [item for _, item in items if isinstance(item, History)]
    assert len(histories) == 2
    assert [len(item.entries) for item in histories] == [13 + 31 + 12 + 4] * 2
    assert not any(isinstance(item, Damaged) for _, item in items)


def test_table_is_played(tmp_path: Path) -> None:
    load = RecordedLoad.read(TABLE.splitlines())
    start = datetime(2020, 1, 1, 0, 0, 30)  # noqa: DTZ001
    items = [
        item
        for _, item in heard(timedelta(minutes=3), start=start, load=load, sensors=1)
    ]
    assert start.date() == load.start.date()
    readings = [item for item in items if isinstance(item, Reading)]
    by_minute = {
        (reading.time.minute, reading.sensor): reading.total for reading in readings
    }
    # In the third minute nobody knows: the whole house's transmitter is silent.
    assert by_minute == {
        (0, 0): 100,
        (0, 1): 0,
        (1, 0): 2900,
        (1, 1): 2800,
        (2, 1): 0,
        (3, 0): 120,
        (3, 1): 1,
    }
    file = tmp_path / "table.csv.gz"
    with gzip.open(file, "wt") as lines:
        lines.write(TABLE.replace("2900", "many"))
    result = run("simulate", "--csv", file)
    assert result.returncode == 1
    assert b"row 3 isn't a time and watts" in result.stderr


@pytest.mark.parametrize(
    "table", ["", "Time,Aggregate\n", "Time\n1\n2\n", "a,b\n1,2\n"]
)
def test_what_is_no_table(table: str) -> None:
    with pytest.raises(ValueError, match="row"):
        RecordedLoad.read(table.splitlines())


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.1])
def test_damage_has_its_rate(rate: float) -> None:
    data = bytes(100_000)
    result = damaged(data, Random(1), rate=rate)  # noqa: S311
    assert abs(len(result) - len(data)) <= rate * len(data)
    harmed = sum(byte != 0 for byte in result)
    # One of six kinds loses the byte, one adds a NUL, one is a digit.
    assert harmed == pytest.approx(rate * len(data) * 4 / 6, rel=0.25)


def test_damaged_lines_are_told_and_the_others_come_through() -> None:
    random = Random(5)  # noqa: S311
    lines = [event.line for event in islice(Display(seed=1, start=START).events(), 400)]
    sent = [damaged(line, random, rate=0.002) for line in lines]
    parser = StreamParser()
    items = parser.feed(b"".join(sent))
    whole = [line for line, arrived in zip(lines, sent, strict=True) if line == arrived]
    assert 200 < len(whole) < 380
    assert sum(not isinstance(item, Damaged) for item in items) >= len(whole)


@pytest.mark.usefixtures("socket_enabled")
async def test_unplugged_and_plugged_in_again(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    options = ("--interval", "0.02", "--unplug", "0.5:0.5", "--model", "classic-2400")
    ports = ("--link", link, "--listen", "127.0.0.1:0")
    async with meter("simulate", *ports, *options) as (process, address):
        assert process.stdout is not None
        bridge = (await process.stdout.readline()).decode().strip()
        host, port = bridge.removeprefix("socket://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        # The other end hangs up.
        while await reader.read(4096):
            pass
        writer.close()
        assert not link.is_symlink()
        again = [(await process.stdout.readline()).decode().strip() for _ in range(2)]
        assert again == [address, bridge]
        assert link.is_symlink()


async def test_client_hears_history_and_damage(tmp_path: Path) -> None:
    options = ("--interval", "0.02", "--seed", "1", "--clock", "17:00", "--history")
    link = tmp_path / "meter"
    async with meter("simulate", "--link", link, *options, "--damage", "0.001") as _:
        with Client(link) as client:
            stream = await client.read(80 * len(ENVIR))
    kinds = Counter(type(item).__name__ for item in StreamParser().feed(stream))
    assert kinds["History"]
    assert kinds["Reading"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "nonsense"), "choose one of envir, envi"),
        (("--unplug", "5"), "5 isn't AFTER:FOR"),
        (("--csv", "no-such-file"), "can't be read"),
        (("--sensors", "9", "--impulses"), "The OptiSmart is sensor 9"),
    ],
)
def test_options_that_can_not_be(arguments: tuple[str, ...], message: str) -> None:
    result = run("simulate", *arguments)
    assert result.returncode == 1
    assert message in result.stderr.decode()
