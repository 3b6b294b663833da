"""Tables of many makes become the same series; what isn't one is refused with a reason."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

from currentcost_study.columns import Unreadable
from currentcost_study.reading import Recording, read
from currentcost_study.table import Layout
from hypothesis import HealthCheck, given, settings, strategies as st
import numpy as np
import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
START = datetime(2024, 6, 1, tzinfo=UTC)
UNIX = int(START.timestamp())
WATTS = [200.0 + 10 * (minute % 7) for minute in range(120)]


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Recording]:
    """Return what is read of a text."""

    def recorded(text: str, **told: object) -> Recording:
        path = tmp_path / "power.csv"
        path.write_text(text)
        return read(path, Layout(**told))  # type: ignore[arg-type]

    return recorded


def table(
    header: str, row: Callable[[datetime, float], str], *, watts: list[float] = WATTS
) -> str:
    """Return a table of a row a minute."""
    rows = (row(START + timedelta(minutes=at), each) for at, each in enumerate(watts))
    return "\n".join([*([header] if header else []), *rows, ""])


@pytest.mark.parametrize(
    "text",
    [
        table("Time,Aggregate", lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{w}"),
        table("timestamp,power", lambda t, w: f"{t:%Y-%m-%dT%H:%M:%S}.000Z,{w}"),
        table("timestamp,power (W)", lambda t, w: f"{t:%Y-%m-%d %H:%M}+00:00,{w}"),
        table("time,House 1", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}"),
        table("", lambda t, w: f"{t.timestamp():.0f} {w}"),
        table("unix;kW", lambda t, w: f"{t.timestamp() * 1000:.0f};{w / 1000}".replace(".", ",")),
        table("Date;Time;Global_active_power;Voltage", lambda t, w: f"{t.day}/{t.month}/{t.year};{t:%H:%M:%S};{w / 1000};230"),
        table("Date,use [kW]", lambda t, w: f"{t:%m/%d/%Y} {t:%H:%M:%S},{w / 1000}").replace("06/01", "06/13"),
        table("Time\tWatts", lambda t, w: f'"{t:%Y-%m-%d %H:%M:%S}"\t{w}'),
        table("\ufefftime,watts", lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{w}").replace("\n", "\r\n"),
        table("Time,Unix,Aggregate,Appliance1,Issues", lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{t.timestamp():.0f},{w},5,0"),
        table("entity_id,state,last_changed", lambda t, w: f"sensor.power,{w},{t:%Y-%m-%dT%H:%M:%S}.000Z"),
    ],
    ids=range(12),
)  # fmt: skip
def test_all_makes_say_the_same(text: str, recorded: Callable[..., Recording]) -> None:
    found = recorded(text)
    series = found.grid.series
    assert series.step == 60
    assert series.start % 86_400 == 0
    assert series.watts == pytest.approx(WATTS)
    assert found.bad_rows == 0
    assert found.rows == 120


def test_appliances_are_those_columns_that_are_nothing_else(
    recorded: Callable[..., Recording],
) -> None:
    text = table(
        "Time,Unix,Aggregate,Kettle,Fridge Freezer,Issues",
        lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{t.timestamp():.0f},{w},{w / 2},,0",
    )
    grid = recorded(text).grid
    assert list(grid.appliances) == ["Kettle"]
    assert grid.appliances["Kettle"] == pytest.approx(np.array(WATTS) / 2)


def test_packed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "power.bin"
    text = table("Time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{w}")
    path.write_bytes(gzip.compress(text.encode()))
    assert len(read(path, Layout()).grid.series) == 120
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Unreadable, match="damaged"):
        read(path, Layout())


def test_a_zone_makes_utc_the_wall_clock(recorded: Callable[..., Recording]) -> None:
    text = table("unix,W", lambda t, w: f"{t.timestamp():.0f},{w}")
    assert recorded(text).utc
    found = recorded(text, zone=ZoneInfo("Europe/Rome"))
    assert not found.utc
    assert found.grid.series.start == UNIX + 7200
    written = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M:%S},{w}")
    assert recorded(written, zone=ZoneInfo("Europe/Rome")).grid.series.start == UNIX


def test_a_sample_holds_for_thirty_seconds(recorded: Callable[..., Recording]) -> None:
    times = [0, 6, 12, 18, 100, 106, 112, 118]
    text = "time,W\n" + "".join(f"{UNIX + at},{100 + at}\n" for at in times)
    series = recorded(text).grid.series
    assert series.step == 6
    assert series.watts[:9] == pytest.approx(
        [100, 106, 112, 118, 118, 118, 118, 118, np.nan], nan_ok=True
    )
    assert np.isnan(series.watts[9:16]).all()
    assert series.watts[17] == pytest.approx((4 * 200 + 2 * 206) / 6)


def test_what_is_unavailable_ends_a_sample(recorded: Callable[..., Recording]) -> None:
    states = ["100", "101", "unavailable", "102", "103", "104"]
    text = "entity_id,state,last_changed\n" + "".join(
        f"sensor.p,{state},{START + timedelta(seconds=10 * at):%Y-%m-%dT%H:%M:%S.000Z}\n"
        for at, state in enumerate(states)
    )
    assert recorded(text).grid.series.watts[:4] == pytest.approx(
        [100, 101, np.nan, 102], nan_ok=True
    )


def test_one_of_many_entities_has_to_be_chosen(
    recorded: Callable[..., Recording],
) -> None:
    text = table(
        "entity_id,state,last_changed",
        lambda t, w: (
            f"sensor.a,{w},{t:%Y-%m-%dT%H:%M:%SZ}\nsensor.b,{w + 1},{t:%Y-%m-%dT%H:%M:%SZ}"
        ),
    )
    with pytest.raises(Unreadable, match=r"sensor\.a, sensor\.b"):
        recorded(text)
    assert recorded(text, power="sensor.b").grid.series.watts[0] == 201
    with pytest.raises(Unreadable, match="Choose"):
        recorded(text, power="sensor.c")


def test_nought_is_no_data(recorded: Callable[..., Recording]) -> None:
    watts = [*WATTS[:50], *[0.0] * 20, *WATTS[70:]]
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}", watts=watts)
    grid = recorded(text).grid
    assert np.isnan(grid.series.watts[50:70]).all()
    assert grid.zeros == 20
    kept = recorded(text, keep_zeros=True).grid
    assert (kept.series.watts[50:70] == 0).all()
    assert kept.zeros == 0


def test_what_was_filled_forward_is_no_data(recorded: Callable[..., Recording]) -> None:
    watts = [*WATTS, *[333.3] * 180, *WATTS]
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}", watts=watts)
    grid = recorded(text).grid
    assert grid.stuck == ((UNIX + 7200, UNIX + 7200 + 180 * 60),)
    assert np.isnan(grid.series.watts[120:300]).all()
    assert np.isfinite(grid.series.watts).sum() == 240


def test_clipping_is_told(recorded: Callable[..., Recording]) -> None:
    watts = [min(each, 250.0) for each in WATTS]
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}", watts=watts)
    assert recorded(text).grid.clipped == 250
    smooth = [200 + at / 10 for at in range(120)]
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}", watts=smooth)
    assert recorded(text).grid.clipped is None


def test_order_and_repetition_do_not_matter(recorded: Callable[..., Recording]) -> None:
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}")
    header, *rows = text.split()[0:1] + text.strip().split("\n")[1:]
    found = recorded("\n".join([header, *reversed(rows), rows[3]]))
    assert found.grid.series.watts == pytest.approx(WATTS)
    assert found.grid.repeated == 1


def test_bad_rows_are_counted(recorded: Callable[..., Recording]) -> None:
    text = table("time,W", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w}")
    bad = "yesterday,5\n2024-06-01 00:30,lots\n1970-01-01 00:00,5\nonly\n2024-06-01 00:31,9e9\n\n"
    found = recorded(text + bad)
    assert found.bad_rows == 5
    assert found.grid.series.watts == pytest.approx(WATTS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "columns"),
        ("time,W\n", "no rows"),
        ("time\n2024-01-01\n", "columns"),
        ("a,b,c\n1,2,3\n", "--time"),
        ("time,b,c\n2024-06-01 00:00:00,2,3\n", "--power"),
        ("time,kWh\n2024-06-01 00:00:00,0.2\n", "energy"),
        ("time,W\nyesterday,2\n", "aren't understood"),
        ("time,W\n2024-06-01 00:00:00,x\n2024-06-01 00:01:00,y\n", "rows"),
        ("time,W\n2024-06-01 00:00:00,\n2024-06-01 00:01:00,\n", "no readings"),
        ("time,W\n2024-06-01 00:00:00,200\n2024-06-01 01:00:00,100\n", "apart"),
        ("time,W\n2024-06-01 00:00:00,0.2\n2024-06-01 00:01:00,1.5\n", "--unit kW"),
        ("time,W\n" + "9" * 70_000, "line"),
        ("time,W\n2024\0", "line"),
        ("time,W\n" + "".join(f"{t},200\n" for t in (UNIX, UNIX + 1, UNIX + 2, 4e9)), "years"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_table_is_refused(
    text: str, reason: str, recorded: Callable[..., Recording]
) -> None:
    with pytest.raises(Unreadable, match=reason):
        recorded(text)


def test_columns_can_be_named(recorded: Callable[..., Recording]) -> None:
    text = table("when,first,second", lambda t, w: f"{t:%Y-%m-%d %H:%M},{w},{w + 1}")
    found = recorded(text, time="when", power="second")
    assert found.grid.series.watts == pytest.approx(np.array(WATTS) + 1)
    assert found.power == "second"
    with pytest.raises(Unreadable, match="no column 'third'"):
        recorded(text, time="when", power="third")
    with pytest.raises(Unreadable, match="W or kW"):
        recorded(text, time="when", power="second", unit="hp")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="folder"):
        read(tmp_path, Layout())


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_file_does_harm(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(b"time,W\n2024-06-01 00:00,200\n" + content)
    try:
        found = read(path, Layout())
    except Unreadable:
        return
    assert len(found.grid.series) >= 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded houses are not here")
def test_a_recorded_house() -> None:
    found = read(SHARED / "ideal_house65_1min_3months.csv.gz", Layout())
    grid = found.grid
    assert list(grid.appliances) == ["Shower", "WashingMachine", "Dishwasher"]
    assert (found.bad_rows, grid.zeros, len(grid.stuck)) == (0, 3866, 49)
    assert grid.series.coverage == pytest.approx(0.243, abs=0.001)
