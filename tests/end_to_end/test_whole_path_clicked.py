"""A meter, a report and an automation that a person sets up by clicking.

With PICTURES set to a folder, what the browser shows is kept there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
import json
import os
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from demo.household import DOMAIN
from demo.meter import Meter
from demo.provider import TITLE, USER, Provider
from demo.system import System

from .browser import CHROMIUM, INSTALL, open_page
from .conftest import WINDOW
from .person import Person
from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

BLUEPRINT: Final = "Shed a load when the bucket rises"
BOILER: Final = "input_boolean.boiler"
COMPANY: Final = "Nordlicht"
METER: Final = "CurrentCost EnviR 2"
OVERVIEW: Final = f"/config/integrations/integration/{DOMAIN}"


@dataclass(frozen=True, kw_only=True)
class Home:
    """What this person has beside what others have set up: a meter, a letter, a boiler."""

    system: System
    meter: Meter
    provider: Provider
    person: Person
    pictures: Path

    async def picture(self, name: str) -> None:
        """Keep what the browser shows."""
        path = self.pictures / f"{name}.png"
        path.write_bytes(await self.person.page.screenshot())


@pytest_asyncio.fixture(loop_scope="session")
async def home(system: System, tmp_path: Path) -> AsyncIterator[Home]:
    meter = Meter(system.processes, seed=161, interval=0.1, name="second-meter")
    await meter.start()
    provider = Provider(
        system.processes, window=WINDOW, name="Clicks-provider", company=COMPANY
    )
    await provider.create()
    await provider.start()
    async with system.api.websocket() as websocket:
        await websocket.call("input_boolean/create", name="Boiler")
    async with open_page(system.processes, system.home_assistant.url) as page:
        await page.log_in(system.api.token)
        home = Home(
            system=system,
            meter=meter,
            provider=provider,
            person=Person(page),
            pictures=Path(os.environ.get("PICTURES", tmp_path)),
        )
        yield home
        # Of a test that fails: where.
        await home.picture("clicked-last")
    await provider.process.stop()
    await meter.kill()


async def test_home_is_set_up_by_clicking(home: Home) -> None:
    await add_meter(home)
    await add_report(home)
    await add_automation(home)
    await renew_access(home)


async def add_meter(home: Home) -> None:
    """From the list of integrations to a meter that is heard."""
    person = home.person
    await person.page.visit("/config/integrations/dashboard", shows=["CurrentCost"])
    await person.click("Add integration")
    await person.write("CurrentCost")
    await person.click("CurrentCost Private")
    await person.sees("Where do the readings come from?")
    await home.picture("add-meter-1")
    await person.click("Meter on a serial port")
    await person.click("Serial port")
    await person.click("Enter manually")
    # Not the one in which ports are searched.
    await person.click_on("wa-input[required]")
    await person.write(str(home.meter.port))
    await home.picture("add-meter-2")
    await person.click("Submit")
    await person.sees("Name and assign")
    await home.picture("add-meter-3")
    await person.click("Skip and finish")
    await person.page.visit(OVERVIEW, shows=[METER, "Appliance 3"])


async def add_report(home: Home) -> None:
    """From the integration's page, past the consent, to the first bucket."""
    person, letter = home.person, home.provider.enrolment
    await person.click("Add report")
    await person.click(METER)
    await person.fill("Provider's address", f"http://127.0.0.1:{home.provider.port}")
    await person.fill("User name", letter["user"])
    await person.fill("One-time password", letter["password"])
    await person.fill("Provider's fingerprint", letter["fingerprint"])
    await home.picture("add-report-1")
    await person.click("Submit")
    await person.sees("Do you agree?", TITLE, "What never leaves your home")
    await home.picture("add-report-2")
    await person.click("I agree")
    await home.picture("add-report-3")
    await person.click("Submit")
    await person.sees(f"Created configuration for {COMPANY}.")
    await person.click("Finish")


async def add_automation(home: Home) -> None:
    """Of a blueprint: a bucket turns the boiler off."""
    api, person = home.system.api, home.person
    await api.post("services/input_boolean/turn_on", {"entity_id": BOILER})
    await person.page.visit("/config/blueprint/dashboard", shows=[BLUEPRINT])
    await person.click(BLUEPRINT)
    await person.click("Select an entity", at=0)
    await person.write(COMPANY)
    await person.click(COMPANY)
    await person.click("Select an entity")
    await person.click("Boiler")
    await person.click_on("ha-selector-text")
    await person.write("bucket 1")
    await home.picture("blueprint-1")
    await person.click("Save")
    await person.sees("Traces")

    async def is_off() -> bool:
        return bool((await api.get(f"states/{BOILER}"))["state"] == "off")

    await until(is_off, within=120, every=0.5)
    (run,) = [
        state
        for state in await api.get("states")
        if state["attributes"].get("friendly_name") == BLUEPRINT
    ]
    assert run["attributes"]["last_triggered"]


async def renew_access(home: Home) -> None:
    """The provider rejects the old access: the person types in the new one."""
    person = home.person
    reset = await home.provider.command("household", "reset", USER, "--json")
    await person.page.visit(OVERVIEW, shows=["Needs attention"])
    await person.click("Reconfigure")
    await person.sees("The provider doesn't accept the access of the report Nordlicht")
    await home.picture("access-1")
    await person.fill("One-time password", json.loads(reset)["password"])
    await person.click("Submit")
    await person.sees("Re-authentication was successful")
    await home.picture("access-2")
    said = await last_report(home)

    async def goes_on() -> bool:
        return await last_report(home) != said

    await until(goes_on, within=60, every=0.2)


async def last_report(home: Home) -> str:
    """Return the end of the latest window with an answer."""
    state = await home.system.api.get("states/sensor.nordlicht_last_report")
    return str(state["state"])
