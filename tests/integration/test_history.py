"""A display's memory in Home Assistant's own statistics, with a real recorder."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
import logging
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import (
    RecorderInstanceContextManager,
)

from custom_components.currentcost_private import (
    coordinator,
    history_importer,
    history_statistics,
)
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.coordinator import MeterCoordinator
from custom_components.currentcost_private.history_importer import HistoryImporter
from custom_components.currentcost_private.history_ledger import Ledger
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import (
    compile_missing_statistics,
    statistics_during_period,
)
from homeassistant.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..envir.meter_lines import CLASSIC_HISTORY
from .meter import Meter, async_advance, async_until, reading
from .test_captures import CAPTURES

DUMP = CAPTURES / "linkdd" / "history_v1.29_dsb786.xml"
ENERGY = "sensor.whole_house_energy"
POWER = "sensor.whole_house_power"

pytestmark = [
    pytest.mark.freeze_time("2026-11-23T22:30:00+00:00"),
    pytest.mark.usefixtures("patience", "recorder_mock", "london", "loaded_entry"),
]

needs_captures = pytest.mark.skipif(
    not DUMP.exists(), reason="the captures of real meters are not here"
)


@pytest.fixture
def mock_recorder_before_hass(
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    """Prepare a database before Home Assistant starts."""


@pytest.fixture
def enable_statistics() -> bool:
    return True


@pytest.fixture
async def london(hass: HomeAssistant) -> AsyncGenerator[None]:
    before = dt_util.get_default_time_zone()
    await hass.config.async_set_time_zone("Europe/London")
    yield
    dt_util.set_default_time_zone(before)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a reading in five minutes be enough, and don't log each hour's SQL."""
    monkeypatch.setattr(
        logging.getLogger("sqlalchemy.engine"), "level", logging.WARNING
    )
    monkeypatch.setattr(coordinator, "SILENCE", 1e6)


class Home:
    """Time that goes by in a home with a meter and a recorder."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        meter: Meter,
    ) -> None:
        self.hass = hass
        self.days = 786
        self.slow = 0
        self._freezer = freezer
        self._meter = meter
        self._watts = 2000

    @property
    def meter(self) -> MeterCoordinator:
        """The coordinator that hears the display."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        meter: MeterCoordinator = entry.runtime_data.meter
        return meter

    @property
    def shown(self) -> datetime:
        """What the display shows."""
        return dt_util.now() - timedelta(seconds=self.slow)

    async def async_live(self, until: str, *, heard: bool = True) -> None:
        """Let five minutes after five minutes pass; two readings in each are heard."""
        end = datetime.fromisoformat(until).replace(tzinfo=dt_util.UTC)
        while (start := dt_util.utcnow()) < end:
            if heard:
                await self.async_hear()
                await async_advance(self.hass, self._freezer, 6)
                await self.async_hear()
                await async_advance(self.hass, self._freezer, 31)
            start = start.replace(minute=start.minute // 5 * 5, second=0)
            self._freezer.move_to(start + timedelta(minutes=5))
            await async_advance(self.hass, self._freezer, 0)
            do_adhoc_statistics(self.hass, start=start)
            self.hass.bus.async_fire(EVENT_RECORDER_5MIN_STATISTICS_GENERATED)
            await async_wait_recording_done(self.hass)
            await self.hass.async_block_till_done()

    async def async_hear(self) -> None:
        """Hear one reading."""
        self._watts ^= 1
        line = reading(self._watts, time=f"{self.shown:%H:%M:%S}")
        self._meter.send(line.replace(b"00017", b"%05d" % self.days))
        await async_until(partial(self.hass.states.is_state, POWER, str(self._watts)))

    async def async_dump(self, stream: bytes) -> None:
        """Hear a forced dump, and what becomes of it."""
        parts = 0

        def count(*_: Any) -> None:
            nonlocal parts
            parts += 1

        unsubscribe = self.meter.async_add_history_listener(count)
        await self._meter.async_send(stream)
        await async_until(lambda: parts == stream.count(b"<hist>"))
        unsubscribe()
        await async_advance(self.hass, self._freezer, 61)
        await async_wait_recording_done(self.hass)
        await self.hass.async_block_till_done()

    async def async_import(self) -> dict[str, Any]:
        """Call the action."""
        response = await self.hass.services.async_call(
            DOMAIN, "import_history", {}, blocking=True, return_response=True
        )
        assert response is not None
        await async_wait_recording_done(self.hass)
        return response

    async def async_changes(self, period: str = "hour") -> dict[str, float]:
        """Return what the Energy dashboard asks for, by the beginning in UTC."""
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period,
            self.hass,
            dt_util.utc_from_timestamp(0),
            None,
            {ENERGY},
            period,
            {"energy": "kWh"},
            {"change", "sum"},
        )
        rows = found.get(ENERGY, [])
        sums = [row["sum"] or 0.0 for row in rows]
        assert all(after >= before - 1e-9 for before, after in pairwise(sums))
        return {
            f"{dt_util.utc_from_timestamp(row['start']):%Y-%m-%d %H}": row["change"]
            or 0.0
            for row in rows
        }


@pytest.fixture
def home(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    meter: Meter,
) -> Home:
    return Home(hass, freezer, meter)


def history(home: Home, **values: float) -> bytes:
    """Return a part of a history, of sensor 0."""
    data = "".join(
        f"<data><sensor>{sensor}</sensor>"
        + "".join(
            f"<{tag}>{0 if sensor else kwh:.3f}</{tag}>" for tag, kwh in values.items()
        )
        + "</data>"
        for sensor in range(10)
    )
    return (
        f"<msg><src>CC128-v1.29</src><dsb>{home.days:05}</dsb>"
        f"<time>{home.shown:%H:%M:%S}</time><hist><dsw>{home.days + 2:05}</dsw>"
        f"<type>1</type><units>kwhr</units>{data}</hist></msg>\r\n"
    ).encode()


def young(home: Home) -> bytes:
    """Return all that a display of two days remembers: 1 kWh an hour."""
    home.days = 2
    hours = {f"h{index:03}": 2.0 for index in range(50, 2, -2)}
    return history(home, **hours) + history(home, d003=24.0, d002=24.0, d001=24.0)


@needs_captures
async def test_26_months_before_home_assistant(hass: HomeAssistant, home: Home) -> None:
    await home.async_live("2026-11-24T00:05:00")
    own = await home.async_changes()
    assert list(own) == ["2026-11-23 22", "2026-11-23 23"]
    home._freezer.move_to("2026-11-24T00:08:24+00:00")
    stream = await hass.async_add_executor_job(DUMP.read_bytes)
    await home.async_dump(stream)

    hours = await home.async_changes()
    first, *_, last = hours
    # 26 blocks of 30 days end at 23:00 on the 17th; then days and hours.
    assert first == "2024-09-28 22"
    assert last == "2026-11-23 23"
    assert len(hours) == (26 * 30 + 6) * 24 + 2
    assert min(hours.values()) >= 0
    assert hours[last] == pytest.approx(own[last])
    # h004 is 0.737 kWh; of its second hour, half was recorded.
    assert hours["2026-11-23 21"] + hours["2026-11-23 22"] == pytest.approx(0.737)
    assert hours["2026-11-23 22"] >= own["2026-11-23 22"]
    assert sum(hours.values()) - own[last] == pytest.approx(12475.724, abs=0.01)
    # m026 is 317.75 kWh, with an hour more at the end of summer time.
    assert sum(list(hours.values())[:721]) == pytest.approx(317.75)

    assert (await home.async_import())["sensors"]["0"] == {
        "entity_id": ENERGY,
        "problem": None,
        "complete": True,
        "heard": {
            "start": "2024-09-28T23:00:00+01:00",
            "end": "2026-11-23T23:00:00+00:00",
        },
        "imported": {
            "hours": 0,
            "energy": 0,
            "start": None,
            "end": None,
            "hours_by_grain": {"two_hourly": 0, "daily": 0, "monthly": 0},
        },
        "left_out": {"doubtful": 0, "overflowed": 0},
        "repaired": 0,
    }
    assert await home.async_changes() == hours

    # Life goes on: the recorder's own sums run on from what was imported.
    await home.async_live("2026-11-24T02:05:00")
    later = await home.async_changes()
    assert {hour: later[hour] for hour in hours} == hours
    assert later.keys() - hours.keys() == {"2026-11-24 00", "2026-11-24 01"}
    assert 0 < later["2026-11-24 01"] == pytest.approx(own[last], rel=0.01)


@pytest.mark.parametrize("lost", ["home_assistant", "meter"])
async def test_an_outage(  # noqa: PLR0917
    hass: HomeAssistant,
    recorder_mock: Recorder,
    home: Home,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    lost: str,
) -> None:
    home.days = 2
    await home.async_live("2026-11-24T00:05:00")
    before = await home.async_changes()
    if lost == "meter":
        # Its entities become unavailable, and nothing is recorded of them.
        assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    home._freezer.move_to("2026-11-24T05:05:00+00:00")
    await async_wait_recording_done(hass)
    # What the recorder does when it starts again.
    await recorder_mock.async_add_executor_job(
        compile_missing_statistics, recorder_mock
    )
    if lost == "meter":
        assert await hass.config_entries.async_setup(loaded_entry.entry_id)
        await meter.async_opened()
    await home.async_live("2026-11-24T07:10:00")
    own = await home.async_changes()
    # There is no record, or the recorder says that the meter stood still.
    assert not own.get("2026-11-24 03")
    home.days = 3
    await home.async_dump(young(home))
    hours = await home.async_changes()
    assert list(own)[-1] == list(hours)[-1] == "2026-11-24 06"
    # Two hours of two kWh each, to the end of the newest bin.
    assert {
        hour: hours[f"2026-11-24 {hour:02}"] for hour in range(1, 5)
    } == pytest.approx(dict.fromkeys(range(1, 5), 1.0))
    assert min(hours.values()) >= 0
    assert sum(hours.values()) >= sum(before.values()) + 4
    again = await home.async_import()
    assert again["sensors"]["0"]["imported"]["hours"] == 0
    assert await home.async_changes() == hours


async def test_what_is_new_is_enough(recorder_mock: Recorder, home: Home) -> None:
    home.days = 2
    await home.async_live("2026-11-23T23:20:00")
    await home.async_dump(young(home))
    before = await home.async_changes()
    assert len(before) == 72
    home._freezer.move_to("2026-11-24T05:05:00+00:00")
    await recorder_mock.async_add_executor_job(
        compile_missing_statistics, recorder_mock
    )
    await home.async_live("2026-11-24T07:10:00")
    await home.async_dump(young(home))
    hours = await home.async_changes()
    assert {hour: hours[hour] for hour in before} == pytest.approx(before)
    assert {
        hour: hours[f"2026-11-24 {hour:02}"] for hour in range(1, 5)
    } == pytest.approx(dict.fromkeys(range(1, 5), 1.0))
    assert (await home.async_import())["sensors"]["0"]["imported"]["hours"] == 0

    # When a person has deleted the statistics, the action imports all of it again.
    recorder_mock.async_clear_statistics([ENERGY])
    await async_wait_recording_done(home.hass)
    assert await home.async_changes() == {}
    await home.async_live("2026-11-24T09:10:00")
    await home.async_import()
    assert len(await home.async_changes()) > 72


async def test_a_crash_between_writing_and_raising(
    hass: HomeAssistant,
    home: Home,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home.days = 2
    await home.async_live("2026-11-23T23:20:00")
    with monkeypatch.context() as crash:
        crash.setattr(history_statistics, "async_settle", AsyncMock())
        crash.setattr(HistoryImporter, "_async_settled", AsyncMock())
        await home.async_dump(young(home))
    halfway = await home.async_changes()
    assert sum(halfway.values()) == pytest.approx(72.0, abs=0.01)
    assert await hass.config_entries.async_reload(loaded_entry.entry_id)
    await meter.async_opened()
    await home.async_live("2026-11-24T01:10:00")
    hours = await home.async_changes()
    assert min(hours.values()) >= 0
    assert {hour: hours[hour] for hour in halfway} == pytest.approx(halfway)
    assert sum(hours.values()) == pytest.approx(72.0 + 0.4, abs=0.1)


async def test_a_clock_that_is_off(hass: HomeAssistant, home: Home) -> None:
    issues = ir.async_get(hass)
    home.days, home.slow = 2, 3 * 3600 + 20 * 60
    await home.async_live("2026-11-23T23:20:00")
    issue = issues.async_get_issue(DOMAIN, "clock_off_01JMETER")
    assert issue is not None
    assert issue.translation_placeholders == {
        "meter": "CurrentCost EnviR",
        "hours": "3",
        "minutes": "20",
    }
    before = await home.async_changes()
    await home.async_dump(young(home))
    assert await home.async_changes() == before
    with pytest.raises(ServiceValidationError) as error:
        await home.async_import()
    assert error.value.translation_key == "no_history"

    home.slow = 0
    await home.async_live("2026-11-24T00:20:00")
    assert issues.async_get_issue(DOMAIN, "clock_off_01JMETER") is None
    await home.async_dump(young(home))
    assert len(await home.async_changes()) > 48


async def test_before_there_is_a_record_it_waits(home: Home) -> None:
    home.days = 2
    await home.async_hear()
    await home.async_hear()
    await home.async_hear()
    await home.async_dump(young(home))
    assert await home.async_changes() == {}
    assert (await home.async_import())["sensors"]["0"]["problem"] == "not_recorded"
    await home.async_live("2026-11-23T23:20:00")
    assert len(await home.async_changes()) >= 48


async def test_a_dump_before_anything_else(home: Home) -> None:
    home.days = 2
    await home.async_dump(young(home))
    await home.async_live("2026-11-23T23:20:00")
    assert len(await home.async_changes()) >= 48


async def test_what_was_heard_outlives_a_reload(
    hass: HomeAssistant, home: Home, loaded_entry: MockConfigEntry, meter: Meter
) -> None:
    home.days = 2
    await home.async_hear()
    await home.async_dump(young(home))
    before = loaded_entry.runtime_data.history
    assert await hass.config_entries.async_reload(loaded_entry.entry_id)
    await meter.async_opened()
    after = loaded_entry.runtime_data.history
    assert after is not before
    assert after.memory == before.memory
    assert after.clock.settings == before.clock.settings


async def test_a_classic_tells_nothing_that_could_be_placed(
    home: Home, meter: Meter
) -> None:
    await home.async_hear()
    accepted = home.meter.parser.counts.accepted
    await meter.async_send(CLASSIC_HISTORY + b"\r\n")
    await async_until(lambda: home.meter.parser.counts.accepted > accepted)
    with pytest.raises(ServiceValidationError) as error:
        await home.async_import()
    assert error.value.translation_key == "no_history"


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda _: None, "no_history"),
        (lambda hass: hass.config.components.remove("recorder"), "no_recorder"),
    ],
)
async def test_the_action_says_why_not(
    hass: HomeAssistant,
    home: Home,
    break_it: Callable[[HomeAssistant], None],
    reason: str,
) -> None:
    break_it(hass)
    with pytest.raises(ServiceValidationError) as error:
        await home.async_import()
    assert error.value.translation_key == reason
    hass.config.components.add("recorder")


async def test_the_action_needs_a_meter(
    hass: HomeAssistant, home: Home, loaded_entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(loaded_entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await home.async_import()
    assert error.value.translation_key == "no_meter"


async def test_the_action_wants_to_know_which_meter(
    hass: HomeAssistant, home: Home
) -> None:
    other = MockConfigEntry(
        domain=DOMAIN, data={"device": "/dev/none-such", "baudrate": 57600}
    )
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await home.async_import()
    assert error.value.translation_key == "which_meter"
    # A port that is still being opened can't be let go quietly.
    await async_until(lambda: not other.runtime_data.meter.last_update_success)
    assert await hass.config_entries.async_unload(other.entry_id)


async def test_the_action_needs_a_clock_that_is_right(
    home: Home, loaded_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = loaded_entry.runtime_data.history
    with monkeypatch.context() as patched:
        patched.setattr(keeper, "memory", SimpleNamespace(tracks=["heard"]))
        off = SimpleNamespace(is_trusted=lambda _now: False)
        patched.setattr(keeper, "clock", off)
        with pytest.raises(ServiceValidationError) as error:
            await home.async_import()
    assert error.value.translation_key == "clock_off"


def found(*records: Any) -> history_statistics.Recorded:
    """Return what the recorder has, up to an hour that isn't over."""
    metadata: Any = {"unit_of_measurement": "kWh"}
    following: Any = SimpleNamespace(start=3600.0 * 100, sum=1.0)
    return history_statistics.Recorded(
        metadata=metadata, records=records, following=following
    )


@pytest.mark.parametrize(
    ("sensor", "reads", "problem"),
    [
        (7, [], "no_entity"),
        # Somebody has deleted what was there: all of it is looked at again.
        (0, [found(), None], "not_recorded"),
        # ... or deletes it in the middle of the work.
        (0, [found("a record"), None], None),
    ],
)
async def test_statistics_that_are_deleted_meanwhile(
    hass: HomeAssistant,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    *,
    sensor: int,
    reads: list[history_statistics.Recorded | None],
    problem: str | None,
) -> None:
    await home.async_hear()
    importer = HistoryImporter(hass, "01JMETER", ledger=Ledger(), save=AsyncMock())
    importer._seen[0] = 0.0
    line: Any = SimpleNamespace(pieces=[])
    hour: Any = "an hour"
    with monkeypatch.context() as patched:
        patched.setattr(history_statistics, "async_read", AsyncMock(side_effect=reads))
        patched.setattr(history_importer, "_missing", lambda *_: {5: hour})
        imported = await importer.async_import(sensor, line, complete=False, full=False)
    assert imported.problem == problem


@pytest.mark.parametrize("known", [None, 0.0])
async def test_recorder_that_is_busy_or_has_lost_the_hour(
    hass: HomeAssistant,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    known: float | None,
) -> None:
    await home.async_hear()
    joint: Any = SimpleNamespace(start=3600, change=1.0)
    with monkeypatch.context() as patched:
        patched.setattr(history_statistics, "_change", lambda *_: known)
        patched.setattr(history_statistics, "PATIENCE", 0.0)
        if known is None:
            await history_statistics.async_settle(hass, ENERGY, [joint])
            return
        with pytest.raises(HomeAssistantError) as error:
            await history_statistics.async_settle(hass, ENERGY, [joint])
    assert error.value.translation_key == "recorder_busy"
