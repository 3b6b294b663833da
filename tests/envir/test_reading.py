"""Readings of every documented form."""

from datetime import time

from currentcost_envir import History, Impulses, Reading
import pytest

from . import meter_lines
from .meter_lines import CLASSIC, ENVIR, IMPULSES, parse


def read(message: bytes) -> Reading:
    """Return what a message says that is one reading, from its first byte to its last."""
    (reading,) = parse(message + b"\r\n")
    assert isinstance(reading, Reading)
    assert (reading.offset, reading.length) == (0, len(message))
    return reading


def test_envir() -> None:
    assert read(ENVIR) == Reading(
        model="CC128",
        firmware="1.29",
        days=17,
        time=time(8, 59, 19),
        temperature=20.0,
        sensor=0,
        transmitter=77,
        channels={1: 193},
        impulses=None,
    )


def test_total_is_the_sum_of_the_channels() -> None:
    reading = read(meter_lines.THREE_CHANNELS)
    assert reading.channels == {1: 1445, 2: 1957, 3: 4110}
    assert reading.total == 7512


def test_load_on_the_second_channel_alone() -> None:
    message = ENVIR.replace(b"ch1>", b"ch2>")
    assert read(message).channels == {2: 193}


def test_appliance_that_draws_nothing() -> None:
    reading = read(meter_lines.APPLIANCE)
    assert (reading.sensor, reading.transmitter, reading.total) == (1, 2773, 0)


def test_impulses() -> None:
    reading = read(IMPULSES)
    assert reading.firmware == "1.48.03"
    assert reading.impulses == Impulses(count=14768, per_unit=1000)
    assert reading.channels == {}
    assert reading.total is None


def test_impulses_whose_value_nobody_has_set() -> None:
    reading = read(IMPULSES.replace(b"<ipu>1000", b"<ipu>0"))
    assert reading.impulses == Impulses(count=14768, per_unit=0)


def test_uid_with_bytes_that_no_xml_may_have() -> None:
    reading = read(meter_lines.UID)
    assert (reading.firmware, reading.days, reading.total) == ("1.19", 17, 193)


def test_uid_may_hold_any_byte() -> None:
    for byte in range(256):
        uid = b"<uid>44%b08</uid><dsb>" % bytes([byte])
        assert read(ENVIR.replace(b"<dsb>", uid)).total == 193


def test_fahrenheit_is_converted() -> None:
    reading = read(meter_lines.FAHRENHEIT)
    assert reading.temperature == 26.39
    assert reading.channels == {1: 65, 2: 320}


def test_fahrenheit_can_be_had_back() -> None:
    for tenths in range(1000):
        sent = b"<tmprF>%02d.%d</tmprF>" % divmod(tenths, 10)
        temperature = read(ENVIR.replace(b"<tmpr>20.0</tmpr>", sent)).temperature
        assert temperature is not None
        assert round(temperature * 1.8 + 32, 1) == tenths / 10


@pytest.mark.parametrize(
    ("sent", "temperature"),
    [
        (b"20.0", 20.0),
        (b" 9.5", 9.5),
        (b"  .0", 0.0),
        (b"  .5", 0.5),
        (b"-1.5", -1.5),
        (b" -.5", -0.5),
        (b"-12.5", -12.5),
    ],
)
def test_temperature_fills_four_places(sent: bytes, temperature: float) -> None:
    for message in (ENVIR, CLASSIC):
        start, end = message.index(b"<tmpr>") + 6, message.index(b"</tmpr>")
        assert read(message[:start] + sent + message[end:]).temperature == temperature


def test_message_without_temperature() -> None:
    assert read(ENVIR.replace(b"<tmpr>20.0</tmpr>", b"")).temperature is None


@pytest.mark.parametrize("sensor", range(10))
def test_all_sensors(sensor: int) -> None:
    message = ENVIR.replace(b"<sensor>0", b"<sensor>%d" % sensor)
    assert read(message).sensor == sensor


def test_largest_values() -> None:
    message = ENVIR.replace(b"00077", b"04095").replace(b"00193", b"32767")
    reading = read(message)
    assert (reading.transmitter, reading.total) == (4095, 32767)


def test_classic() -> None:
    assert read(CLASSIC) == Reading(
        model="CC02",
        firmware="1.06",
        days=101,
        time=time(20, 16, 58),
        temperature=13.4,
        sensor=0,
        transmitter=77,
        channels={1: 2350, 2: 0, 3: 0},
        impulses=None,
    )


def test_classic_with_history_gives_both() -> None:
    message = meter_lines.CLASSIC_HISTORY
    reading, history = parse(message)
    assert reading == read(CLASSIC)
    assert isinstance(history, History)
    border = message.index(b"<hist>")
    assert (reading.offset, reading.length) == (0, border)
    assert (history.offset, history.length) == (border, len(message) - border)


def test_equality_and_hash_are_those_of_the_content() -> None:
    first, second, other = parse(ENVIR + b"\r\n" + ENVIR + IMPULSES)
    assert first == second != other
    assert len({first, second, other}) == 2
