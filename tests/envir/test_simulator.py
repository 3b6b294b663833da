"""The simulated meter: its readings, its clock, its household, its lines."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby, islice, pairwise
from statistics import median

from currentcost_envir import Impulses, Reading
from currentcost_envir.encoding import encode
from currentcost_envir.models import CLASSIC, ENVIR, Model
from currentcost_envir.simulator import simulate
from hypothesis import given, strategies as st
import pytest

from .meter_lines import (
    APPLIANCE,
    CLASSIC as CLASSIC_LINE,
    ENVIR as ENVIR_LINE,
    IMPULSES,
    THREE_CHANNELS,
    parse,
)

START = datetime(2026, 3, 1, 17, 30)  # noqa: DTZ001  # a display knows no time zone
DAY = 24 * 3600 // 61 * 10
"""Readings in a day."""

READINGS = st.builds(
    Reading,
    model=st.just("CC128"),
    firmware=st.sampled_from(["0.11", "1.29", "1.48.03"]),
    days=st.integers(0, 99999),
    time=st.times().map(lambda moment: moment.replace(microsecond=0)),
    temperature=st.none() | st.integers(-129, 1299).map(lambda tenths: tenths / 10),
    sensor=st.integers(0, 9),
    transmitter=st.integers(0, 4095),
    channels=st.dictionaries(st.integers(1, 3), st.integers(0, 32767), min_size=1),
)


def run(
    count: int,
    *,
    seed: int = 1,
    start: datetime = START,
    model: Model = ENVIR,
    sensors: int = 0,
) -> list[Reading]:
    readings = simulate(seed=seed, start=start, model=model, sensors=sensors)
    return [reading for _, reading in islice(readings, count)]


@pytest.mark.parametrize(
    "message", [ENVIR_LINE, THREE_CHANNELS, APPLIANCE, IMPULSES, CLASSIC_LINE]
)
def test_encoding_gives_the_real_meters_line(message: bytes) -> None:
    (reading,) = parse(message)
    assert isinstance(reading, Reading)
    assert encode(reading) == message + b"\r\n"


@pytest.mark.parametrize(
    ("temperature", "sent"),
    [(20.0, b"20.0"), (9.5, b" 9.5"), (0.5, b"  .5"), (0.0, b"  .0"), (-0.5, b"-0.5")],
)
def test_temperature_has_blanks_for_leading_zeros(
    temperature: float, sent: bytes
) -> None:
    (reading,) = parse(ENVIR_LINE)
    assert isinstance(reading, Reading)
    line = encode(replace(reading, temperature=temperature))
    assert line == ENVIR_LINE.replace(b"20.0", sent) + b"\r\n"


@given(reading=READINGS)
def test_encoding_is_the_inverse_of_parsing(reading: Reading) -> None:
    assert parse(encode(reading)) == [reading]


@given(
    reading=READINGS,
    count=st.integers(0, 10**10 - 1),
    per_unit=st.integers(0, 10**10 - 1),
)
def test_encoding_of_impulses(reading: Reading, count: int, per_unit: int) -> None:
    counted = Impulses(count=count, per_unit=per_unit)
    impulses = replace(reading, channels={}, impulses=counted)
    assert parse(encode(impulses)) == [impulses]


@pytest.mark.parametrize(
    ("model", "sensors"), [(ENVIR, 0), (ENVIR, 3), (ENVIR, 9), (CLASSIC, 0)]
)
def test_lines_parse(model: Model, sensors: int) -> None:
    readings = run(500, model=model, sensors=sensors)
    assert parse(b"".join(map(encode, readings))) == readings


def test_seed_repeats_the_household() -> None:
    assert run(500, sensors=3) == run(500, sensors=3)
    assert run(500) != run(500, seed=2)


def test_cadence() -> None:
    gaps = [gap.total_seconds() for gap, _ in islice(simulate(seed=1, start=START), 20)]
    assert gaps == ([6] * 9 + [7]) * 2


@pytest.mark.parametrize("sensors", [0, 3])
def test_clock_goes_with_the_time_between_readings(sensors: int) -> None:
    clock = START
    readings = simulate(seed=1, start=START, sensors=sensors)
    for gap, reading in islice(readings, 200):
        clock += gap
        assert gap > timedelta()
        assert reading.time == clock.time()


def test_day_begins_at_midnight() -> None:
    readings = run(4, start=START.replace(hour=23, minute=59, second=45))
    assert [(reading.days, reading.time) for reading in readings] == [
        (17, time(23, 59, 51)),
        (17, time(23, 59, 57)),
        (18, time(0, 0, 3)),
        (18, time(0, 0, 9)),
    ]


def test_appliances_are_in_the_whole_house() -> None:
    readings = run(4 * 500, sensors=3)
    for i in range(0, len(readings), 4):
        house, *plugs = readings[i : i + 4]
        assert [plug.sensor for plug in plugs] == [1, 2, 3]
        assert (house.total or 0) >= sum(plug.total or 0 for plug in plugs)
    assert len({reading.transmitter for reading in readings}) == 4


def test_kettle_boils_for_two_and_a_half_minutes() -> None:
    kettle = [item for item in run(4 * DAY, sensors=3) if item.sensor == 2]
    boiling = [(reading.total or 0) > 2500 for reading in kettle]
    boils = [len(list(run)) for on, run in groupby(boiling) if on]
    assert len(boils) > 10
    # Now and then it is switched on again at once.
    assert median(boils) * 6.1 == pytest.approx(150, abs=6.1)


def test_classic_has_three_channels_and_one_sensor() -> None:
    for reading in run(50, model=CLASSIC):
        assert (reading.model, reading.sensor) == ("CC02", 0)
        assert reading.channels.keys() == {1, 2, 3}


@pytest.mark.parametrize("seed", range(5))
def test_household_lives_a_plausible_day(seed: int) -> None:
    watts = [reading.total or 0 for reading in run(DAY, seed=seed)]
    kwh = sum(watts) / len(watts) * 24 / 1000
    assert 4 < kwh < 25
    assert 80 < min(watts) < 100
    assert 2500 < max(watts) < 9000
    jumps = sum(abs(after - before) > 50 for before, after in pairwise(watts))
    assert 40 < jumps < 400
    assert len({reading.temperature for reading in run(DAY, seed=seed)}) > 20
