"""Streams of real meters, kept beside the repository: every message accounted for."""

from collections import Counter
import csv
from decimal import Decimal
from pathlib import Path

from currentcost_envir import Damage, Damaged, History, Store, StreamParser
import pytest

from .meter_lines import Item, check_account

SHARED = Path(__file__).parents[2].parent / "shared"
CAPTURES = SHARED / "envir" / "captures"

pytestmark = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason=f"the captures are not at {CAPTURES}"
)

COUNTS = {
    "beanz/cc128.complete.history.xml": (0, 6, {}),
    "beanz/classic.history.xml": (1, 1, {}),
    "beanz/classic.reading.xml": (1, 0, {}),
    "beanz/envy.history.xml": (0, 1, {}),
    "beanz/envy.reading.xml": (1, 0, {}),
    "classic_cc02_v1.06.xml": (4, 1, {}),
    "hist_v0.09_twohourly.xml": (0, 1, {}),
    "linkdd/history_v1.29_dsb786.xml": (0, 13, {}),
    "mdunschen/mirrored.data": (6, 6, {Damage.STRAY: 1}),
    "mdunschen/mirrored000.data": (12, 7, {Damage.STRAY: 1}),
    "rt_v0.11_3ch_run.xml": (5, 0, {}),
    "rt_v0.15_tmprF.xml": (5, 0, {}),
    "rt_v1.29_multisensor_pair.xml": (2, 0, {}),
    "rt_v1.31_multisensor_run.xml": (3, 0, {}),
    "rt_v1.48.03_impulse.xml": (1, 0, {}),
}


def read(name: str) -> list[Item]:
    parser = StreamParser()
    return parser.feed((CAPTURES / name).read_bytes()) + parser.flush()


def test_every_capture_is_known() -> None:
    files = CAPTURES.rglob("*.*")
    assert {
        file.relative_to(CAPTURES).as_posix() for file in files if file.suffix != ".md"
    } == COUNTS.keys()


@pytest.mark.parametrize("name", COUNTS)
def test_every_message_is_accounted_for(name: str) -> None:
    items = read(name)
    check_account((CAPTURES / name).read_bytes(), items)
    readings, histories, damaged = COUNTS[name]
    assert Counter(type(item).__name__ for item in items) == Counter(
        Reading=readings, History=histories, Damaged=sum(damaged.values())
    )
    assert damaged == Counter(item.kind for item in items if isinstance(item, Damaged))


@pytest.mark.parametrize(
    "name", ["mdunschen/mirrored.data", "mdunschen/mirrored000.data"]
)
def test_stray_byte_after_a_forced_history(name: str) -> None:
    items = read(name)
    (index,) = (i for i, item in enumerate(items) if isinstance(item, Damaged))
    stray, before = items[index], items[index - 1]
    assert isinstance(stray, Damaged)
    assert stray.raw == b"\xfc"
    assert isinstance(before, History)
    assert before.entries[-1].store is Store.DAILY


def test_history_is_the_one_in_the_table() -> None:
    with (SHARED / "data" / "currentcost_v1.29_dsb786_history_sensor0.csv").open() as f:
        table = [
            (row["store"], int(row["index"]), Decimal(row["kwh"]))
            for row in csv.DictReader(f)
        ]
    letters = {Store.TWO_HOURLY: "h", Store.DAILY: "d", Store.MONTHLY: "m"}
    parsed = [
        (letters[entry.store], entry.index, entry.energy)
        for item in read("linkdd/history_v1.29_dsb786.xml")
        if isinstance(item, History)
        for entry in item.entries
        if entry.sensor == 0
    ]
    assert parsed == table


def test_overflow_is_kept_as_sent() -> None:
    entries = {
        entry.index: entry.energy
        for item in read("beanz/cc128.complete.history.xml")
        if isinstance(item, History)
        for entry in item.entries
        if entry.sensor == 0
    }
    assert entries[14] == Decimal("-2024.3")
    assert entries[21] == Decimal(995)
    assert len(entries) == 21
