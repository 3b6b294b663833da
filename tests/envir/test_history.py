"""Histories: the stores of a CC128 and of a Classic."""

from datetime import time
from decimal import Decimal

from currentcost_envir import (
    Damage,
    Damaged,
    History,
    HistoryEntry,
    Reading,
    Store,
)
import pytest

from . import meter_lines
from .meter_lines import history, parse


def read(message: bytes) -> History:
    (item,) = parse(message)
    assert isinstance(item, History)
    assert (item.offset, item.length) == (0, len(message))
    return item


def of_sensor(sensor: int, item: History) -> list[HistoryEntry]:
    return [entry for entry in item.entries if entry.sensor == sensor]


def reason(message: bytes) -> str:
    (item,) = parse(message)
    assert isinstance(item, Damaged)
    assert item.kind is Damage.MALFORMED
    return item.reason


def test_two_hourly() -> None:
    item = read(meter_lines.HISTORY)
    assert (item.model, item.firmware, item.days) == ("CC128", "1.29", 17)
    assert (item.time, item.days_since_wipe) == (time(8, 59, 33), 19)
    assert of_sensor(0, item) == [
        HistoryEntry(0, Store.TWO_HOURLY, 10, Decimal("0.362")),
        HistoryEntry(0, Store.TWO_HOURLY, 8, Decimal("2.386")),
        HistoryEntry(0, Store.TWO_HOURLY, 6, Decimal("3.346")),
    ]
    assert of_sensor(9, item) == [
        HistoryEntry(9, Store.TWO_HOURLY, index, Decimal("0.000"))
        for index in (10, 8, 6)
    ]


@pytest.mark.parametrize(
    ("tag", "store", "index"),
    [
        ("h004", Store.TWO_HOURLY, 4),
        ("h746", Store.TWO_HOURLY, 746),
        ("d001", Store.DAILY, 1),
        ("d090", Store.DAILY, 90),
        ("m001", Store.MONTHLY, 1),
        ("m084", Store.MONTHLY, 84),
    ],
)
def test_ends_of_the_stores(tag: str, store: Store, index: int) -> None:
    item = read(history({tag: "1.000"}))
    assert of_sensor(0, item) == [HistoryEntry(0, store, index, Decimal(1))]


@pytest.mark.parametrize(
    "sent", ["0.228", "12.500", "995.000", "1152.25", "-2024.3", "-1.000", "001.1"]
)
def test_energy_keeps_what_was_sent(sent: str) -> None:
    energy = of_sensor(0, read(history({"m014": sent})))[0].energy
    assert energy == Decimal(sent)
    assert energy.as_tuple().exponent == -len(sent.partition(".")[2])


def test_layout_of_firmware_0_09() -> None:
    item = read(
        history(
            {"h006": "3.346", "h004": "1.639"},
            head="",
            data_head="<type>1</type><units>kwhr</units>",
        )
    )
    assert item.days_since_wipe is None
    assert [entry.energy for entry in of_sensor(0, item)] == [
        Decimal("3.346"),
        Decimal("1.639"),
    ]


def test_units_in_the_last_sensors_data() -> None:
    message = meter_lines.HISTORY.replace(b"<units>kwhr</units>", b"").replace(
        b"<sensor>9</sensor>", b"<sensor>9</sensor><units>kwhr</units>"
    )
    assert read(message) == read(meter_lines.HISTORY)


def test_store_that_is_still_empty() -> None:
    assert read(history({})).entries == ()


def test_classic() -> None:
    reading, item = parse(meter_lines.CLASSIC_HISTORY)
    assert isinstance(reading, Reading)
    assert isinstance(item, History)
    assert (item.model, item.firmware, item.days) == ("CC02", "1.06", 101)
    assert item.days_since_wipe is None
    assert len(item.entries) == 13 + 31 + 12 + 4
    assert item.entries[0] == HistoryEntry(0, Store.TWO_HOURLY, 2, Decimal("0.3"))
    assert item.entries[13] == HistoryEntry(0, Store.DAILY, 1, Decimal(13))
    assert item.entries[44] == HistoryEntry(0, Store.MONTHLY, 1, Decimal(382))
    assert item.entries[59] == HistoryEntry(0, Store.YEARLY, 4, Decimal(4711))


@pytest.mark.parametrize(
    "tags",
    [
        ("h010", "h006"),
        ("h006", "h008"),
        ("h008", "h008"),
        ("h007",),
        ("h002",),
        ("h748", "h746"),
        ("d000",),
        ("d091",),
        ("m085",),
        ("h004", "d090"),
    ],
)
def test_entries_that_do_not_follow_one_another(tags: tuple[str, ...]) -> None:
    message = history(dict.fromkeys(tags, "1.000"))
    if len(set(tags)) < len(tags):
        entry = b"<h008>1.000</h008>"
        message = message.replace(entry, entry * 2).replace(
            b"<h008>0.000</h008>", b"<h008>0.000</h008>" * 2
        )
    assert reason(message) == "the entries don't follow one another"


def test_entry_that_one_sensor_lost() -> None:
    message = meter_lines.HISTORY.replace(b"<h006>3.346</h006>", b"")
    assert reason(message) == "the sensors don't have the same entries"


def test_sensor_that_was_lost() -> None:
    message = meter_lines.HISTORY
    start, end = (message.index(b"<data><sensor>%d" % n) for n in (4, 5))
    assert reason(message[:start] + message[end:]).startswith("data of sensor 4")


@pytest.mark.parametrize(
    ("found", "replaced"),
    [
        (b"0.362", b"0.36"),
        (b"0.362", b"0.4d0"),
        (b"0.362", b"0,362"),
        (b"0.362", b"12345.0"),
        (b"0.362", b"+0.362"),
        (b"</h010>", b"</h008>"),
        (b"kwhr", b"kwh"),
        (b"<dsw>00019", b"<dsw>19"),
    ],
)
def test_history_that_is_malformed(found: bytes, replaced: bytes) -> None:
    assert "was expected" in reason(meter_lines.HISTORY.replace(found, replaced, 1))
