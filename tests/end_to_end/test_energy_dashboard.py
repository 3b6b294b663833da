"""Months before Home Assistant was installed, in its Energy dashboard.

A Home Assistant of its own hears a forced dump of a real display over a pseudo-terminal.
With PICTURES set to a folder, what the browser shows is kept there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
import os
from pathlib import Path
import re
import shutil
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, encode_basic_auth
from currentcost_envir.line import SerialLine
import pytest

from demo.api import Api
from demo.home_assistant import HomeAssistant
from demo.household import DOMAIN, set_up_meter
from demo.processes import Processes

from .browser import CHROMIUM, INSTALL, Page, open_page
from .waiting import until

DUMP: Final = (
    Path(__file__).parents[3]
    / "shared"
    / "envir"
    / "captures"
    / "linkdd"
    / "history_v1.29_dsb786.xml"
)
ENERGY: Final = "sensor.whole_house_energy"
POWER: Final = "sensor.whole_house_power"
PASSWORD: Final = "correct horse"  # noqa: S105  # of a server that lives for a minute

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
    pytest.mark.skipif(
        not DUMP.exists(), reason="the captures of real meters are not here"
    ),
]

# Home Assistant's page keeps what it shows in an object of its connection; a person
# chooses the time in a calendar.
SHOW: Final = """
(() => {
  const connection = document.querySelector("home-assistant").hass.connection;
  const keys = Object.keys(connection).filter((key) => key.startsWith("_energy"));
  for (const key of keys.filter((key) => connection[key].setPeriod)) {
    connection[key].setPeriod(new Date("START"), new Date("END"));
    connection[key].refresh();
  }
  return keys.join();
})()
"""


class Display:
    """A display on a pseudo-terminal, whose clock is right."""

    def __init__(self, line: SerialLine, zone: ZoneInfo) -> None:
        self._line = line
        self._zone = zone
        # Nobody wants to wait; the rate that the client has to set stays.
        line.baudrate = 230_400

    def _now(self, line: bytes) -> bytes:
        shown = f"<time>{datetime.now(self._zone):%H:%M:%S}</time>".encode()
        return re.sub(rb"<time>[\d:]+</time>", shown, line)

    async def live(self) -> None:
        """Send readings until it is stopped."""
        while True:
            await self._line.send(
                self._now(
                    b"<msg><src>CC128-v1.29</src><dsb>00786</dsb><time>0</time>"
                    b"<tmpr>20.0</tmpr><sensor>0</sensor><id>00077</id><type>1</type>"
                    b"<ch1><watts>00193</watts></ch1></msg>\r\n"
                )
            )
            await asyncio.sleep(1)

    async def dump(self) -> None:
        """Send all that it remembers, as when two buttons are held."""
        for line in DUMP.read_bytes().splitlines(keepends=True):
            while not await self._line.send(self._now(line)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)


def midnight() -> ZoneInfo:
    """Return a zone where the day has just begun, as it had when the dump was made."""
    behind = datetime.now(UTC).hour
    return ZoneInfo(f"Etc/GMT{behind:+}" if behind <= 12 else f"Etc/GMT{behind - 24}")


@asynccontextmanager
async def home(
    folder: Path, zone: ZoneInfo
) -> AsyncIterator[tuple[Processes, HomeAssistant, Api]]:
    """A new Home Assistant with a person who has just created their user."""
    async with Processes(folder, keep=True) as processes, ClientSession() as session:
        server = HomeAssistant(processes)
        shutil.copytree(
            Path(__file__).with_name("hurry"),
            server.folder / "custom_components" / "hurry",
        )
        with (server.folder / "configuration.yaml").open("a") as file:
            file.write("  login_attempts_threshold: 5\nhurry:\n")
            file.write(f"homeassistant:\n  time_zone: {zone.key}\n")
        await server.start()
        api = Api(session, server.url)
        await api.onboard(name="Ada", username="ada", password=PASSWORD)
        await api.running()
        yield processes, server, api


async def test_months_before_home_assistant(tmp_path: Path) -> None:
    zone = midnight()
    async with (
        SerialLine(baudrate=57600) as line,
        home(tmp_path, zone) as (processes, server, api),
    ):
        display = Display(line, zone)
        living = asyncio.create_task(display.live())
        entry_id = await set_up_meter(api, Path(line.address))
        async with api.websocket() as websocket, asyncio.timeout(30):
            await websocket.wait_for_states(
                [POWER], lambda states: states.get(POWER) == "193"
            )
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living
        await display.dump()
        living = asyncio.create_task(display.live())
        rows = await imported(api)
        assert len(rows) > 18_800
        assert min(row["change"] for row in rows) >= 0
        assert sum(row["change"] for row in rows) == pytest.approx(12475.724, rel=1e-3)

        await check_dashboard_takes_the_sensors(api)
        await check_password(api, server, entry_id)
        async with open_page(processes, server.url) as page:
            await page.log_in(api.token)
            first, last = (
                datetime.fromtimestamp(rows[at]["start"] / 1000, UTC) for at in (0, -1)
            )
            await show(page, first, last, Path(os.environ.get("PICTURES", tmp_path)))
        living.cancel()


async def imported(api: Api) -> list[dict[str, Any]]:
    """Have it imported, and return the hours of the past."""

    async def is_done() -> bool:
        # The recorder has to have something of its own first.
        await api.post("services/hurry/compile", {})
        answer = await api.post(f"services/{DOMAIN}/import_history?return_response", {})
        sensor = answer["service_response"]["sensors"]["0"]
        assert sensor["complete"]
        return sensor["problem"] is None

    await until(is_done, within=60, every=0.5)
    async with api.websocket() as websocket:
        found = await websocket.call(
            "recorder/statistics_during_period",
            start_time="2000-01-01T00:00:00Z",
            statistic_ids=[ENERGY],
            period="hour",
            units={"energy": "kWh"},
            types=["change"],
        )
    rows: list[dict[str, Any]] = found[ENERGY]
    return rows


async def check_dashboard_takes_the_sensors(api: Api) -> None:
    """Set up the Energy dashboard with what it finds; it has nothing to complain of."""
    async with api.websocket() as websocket:
        await websocket.call(
            "energy/save_prefs",
            energy_sources=[
                {
                    "type": "grid",
                    "stat_energy_from": ENERGY,
                    "stat_rate": POWER,
                    "cost_adjustment_day": 0,
                }
            ],
        )
        validation = await websocket.call("energy/validate")
        assert validation["energy_sources"] == [[]]


async def check_password(api: Api, server: HomeAssistant, entry_id: str) -> None:
    """Switch passwords on as a person does, and read with one."""
    kind = "config/config_entries/options/flow"
    flow = await api.start_flow(kind, entry_id)
    await api.submit(kind, flow, {"passwords": True})
    headers = {"Authorization": encode_basic_auth("ada", PASSWORD)}

    async def is_read() -> bool:
        async with (
            ClientSession(headers=headers) as session,
            session.get(f"{server.url}/api/{DOMAIN}/readings") as response,
        ):
            if not response.ok:
                return False
            (meter,) = (await response.json())["meters"]
            return bool(meter["heard"]) and meter["sensors"][0]["power"] == 193

    await until(is_read, within=20, every=1)


async def show(page: Page, first: datetime, last: datetime, folder: Path) -> None:
    """Look at the months in the Energy dashboard."""
    await page.visit("/energy", shows=["Electricity"])
    await page.visit("/energy/electricity", shows=["kWh"])
    script = SHOW.replace("START", first.isoformat()).replace("END", last.isoformat())

    async def is_shown() -> bool:
        await page.run(script)
        await asyncio.sleep(1)
        text = await page.text()
        return "12,475" in text or "12,476" in text

    await until(is_shown, within=20, every=0.5)
    picture = await page.screenshot()
    (folder / "energy.png").write_bytes(picture)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) > 20_000, "an empty page"
