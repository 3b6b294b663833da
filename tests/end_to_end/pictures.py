"""Makes the documentation's pictures of forms, card and dashboard from the real thing.

    python -m tests.end_to_end.pictures docs/images

A meter, a provider and a Home Assistant that remembers a day; it is evening there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any, Final

from aiohttp import ClientSession
from currentcost_study import (
    Asked,
    Report,
    Taken,
    Words,
    page as page_of,
    study_home,
    upper_bound,
)
from currentcost_study.simulated import simulate

from demo.api import SUBENTRY_FLOW, Api
from demo.home_assistant import HomeAssistant
from demo.household import DOMAIN, power_entity, set_up_meter, set_up_report
from demo.meter import Meter
from demo.processes import Processes
from demo.provider import THRESHOLDS, TITLE, Provider

from .browser import Page, open_page
from .day import (
    LABELS,
    PRICE,
    add_dashboard,
    dashboard_of,
    remember_month,
    remember_today,
    zone_at,
)
from .person import Person

COST: Final = "sensor.bill_cost_so_far"
ENERGY: Final = "sensor.whole_house_energy"
EVENING: Final = 20
SEED: Final = 7
STUDIED: Final = 3
TRANSLATIONS: Final = (
    Path(__file__).parents[2]
    / "custom_components"
    / "currentcost_private"
    / "translations"
)
WINDOW: Final = 900
BILL: Final = {
    "billing_day": "1",
    "pricing": "bands",
    "charges": {"standing_charge": 0.4, "tax": 10, "currency": "EUR"},
    "quiet": {"sleep_start": "01:00:00", "sleep_end": "05:00:00"},
}


@asynccontextmanager
async def evening(
    folder: Path, pictures: Path
) -> AsyncIterator[tuple[Processes, HomeAssistant, Api]]:
    """A home in the evening, with a report, a bill, a day behind it and dashboards."""
    zone = zone_at(EVENING)
    async with Processes(folder, keep=False) as processes, ClientSession() as session:
        provider = Provider(processes, window=WINDOW)
        labels = [f"--label={label}" for label in LABELS]
        edges = [f"--threshold={edge}" for edge in THRESHOLDS]
        await provider.create(f"--title={TITLE}", f"--window={WINDOW}", *edges, *labels)
        await provider.start()
        meter = Meter(processes, seed=161, interval=6)
        await meter.start()
        server = HomeAssistant(processes)
        shutil.copytree(
            Path(__file__).with_name("hurry"),
            server.folder / "custom_components" / "hurry",
        )
        with (server.folder / "configuration.yaml").open("a") as file:
            file.write(f"hurry:\nhomeassistant:\n  time_zone: {zone.key}\n")
            file.write("logbook:\n")
        await server.start()
        api = Api(session, server.url)
        await api.onboard(name="Ada", username="ada", password="correct horse")  # noqa: S106  # lives for a minute
        await api.running()
        entry_id = await set_up_meter(api, meter.port)
        async with open_page(processes, server.url) as page:
            await page.log_in(api.token)
            await take_forms(page, pictures, provider)
        report = await set_up_report(
            api,
            entry_id,
            url=f"http://127.0.0.1:{provider.port}",
            enrolment=provider.enrolment,
        )
        power = await power_entity(api, entry_id)
        await remember_month(api, seed=SEED, power=power, energy=ENERGY, cost=COST)
        form = await api.start_flow(SUBENTRY_FLOW, [entry_id, "bill"])
        form = await api.submit(SUBENTRY_FLOW, form, BILL)
        await api.submit(SUBENTRY_FLOW, form, {"price": PRICE, "bands": []})
        # The recorder knows an entity once it has written a state of it.
        await asyncio.sleep(12)
        await remember_today(
            api,
            zone=zone,
            seed=SEED,
            window=WINDOW,
            power=power,
            outcome=report.bucket,
            last_report=report.last_report,
        )
        card = {"type": "custom:currentcost-private-card", "entity": report.bucket}
        await add_dashboard(api, "card-only", dashboard_of(card))
        strategy = {"type": "custom:currentcost-private"}
        await add_dashboard(
            api, "current-cost", {"strategy": strategy}, title="CurrentCost"
        )
        yield processes, server, api


async def place_of(page: Page, selector: str, *, margin: float = 8) -> dict[str, float]:
    """Return where an element is on the page, with a little room around it."""
    place: Any = await page.run(
        f"find({json.dumps(selector)}).getBoundingClientRect().toJSON()"
    )
    return {
        "x": place["x"] - margin,
        "y": place["y"] - margin,
        "width": place["width"] + 2 * margin,
        "height": place["height"] + 2 * margin,
    }


async def take_forms(page: Page, folder: Path, provider: Provider) -> None:
    """Take pictures of what a person is asked, and agree to nothing."""
    person, letter = Person(page), provider.enrolment
    await page.appear(width=700, height=1100, scheme="light")
    await page.visit("/config/integrations/dashboard", shows=["CurrentCost"])
    await person.click("Add integration")
    await person.write("CurrentCost")
    await person.click("CurrentCost Private")
    await person.click("Meter on a serial port")
    await person.click("Serial port")
    await person.click("Enter manually")
    await person.click_on("wa-input[required]")
    await person.write("/dev/serial/by-id/usb-Prolific_USB-Serial-if00-port0")
    (folder / "add-meter.png").write_bytes(await dialog_of(page))
    await page.visit(
        f"/config/integrations/integration/{DOMAIN}", shows=["Whole house"]
    )
    await person.click("Add report")
    await person.fill("Provider's address", f"http://127.0.0.1:{provider.port}")
    await person.fill("User name", letter["user"])
    await person.fill("One-time password", letter["password"])
    await person.fill("Provider's fingerprint", letter["fingerprint"])
    await person.click("Submit")
    await person.sees("Do you agree?")
    (folder / "consent-report.png").write_bytes(await dialog_of(page))


async def dialog_of(page: Page) -> bytes:
    """Return a picture of the dialog on the page, once it has stopped moving."""
    await asyncio.sleep(1)
    return await page.screenshot(area=await place_of(page, "dialog[open]", margin=0))


async def take(page: Page, folder: Path) -> None:
    """Take all pictures."""
    for scheme in ("light", "dark"):
        await page.appear(width=640, height=900, scheme=scheme)
        await page.visit("/card-only/0", shows=["given away"])
        await asyncio.sleep(2)
        area = await place_of(page, "currentcost-private-card")
        (folder / f"card-{scheme}.png").write_bytes(
            await page.screenshot(area=area, scale=1.5)
        )
        await page.appear(width=1280, height=1000, scheme=scheme)
        await page.visit("/current-cost/today", shows=["given away"])
        await asyncio.sleep(3)
        (folder / f"dashboard-{scheme}.png").write_bytes(await page.screenshot())
        await take_study(page, folder, scheme)
    await page.appear(width=390, height=844, scheme="light")
    await page.visit("/card-only/0", shows=["given away"])
    await asyncio.sleep(2)
    (folder / "card-phone.png").write_bytes(await page.screenshot())


async def take_study(page: Page, folder: Path, scheme: str) -> None:
    """Take the words of a simulated home's study; it needs no Home Assistant."""
    series = simulate(STUDIED, days=31).series
    end = series.start + 31 * 86_400
    texts = json.loads((TRANSLATIONS / "en.json").read_text())["selector"]
    asked = Asked(WINDOW, Taken.MEAN, 4, 100.0)
    report = Report(
        provider="Example Energy",
        question=TITLE,
        source="your home",
        made=end,
        bits_at_most=upper_bound(4, WINDOW),
    )
    home = study_home(
        series.between(end - 10 * 86_400, end), series.coarser(3600), asked
    )
    words = Words(texts["privacy_study"]["options"])
    file = folder / "study.html"
    file.write_text(page_of(home, report, words, language="en"))
    await page.appear(width=1000, height=1120, scheme=scheme)
    await page.show(file)
    (folder / f"study-{scheme}.png").write_bytes(await page.screenshot())
    await page.run("document.querySelectorAll('section')[1].scrollIntoView()")
    (folder / f"study-pictures-{scheme}.png").write_bytes(await page.screenshot())
    file.unlink()


async def main(folder: Path) -> None:
    """Make the pictures."""
    work = Path(tempfile.mkdtemp(prefix="currentcost-pictures-"))
    async with (
        evening(work, folder) as (processes, server, api),
        open_page(processes, server.url) as page,
    ):
        await page.log_in(api.token)
        await page.zone(zone_at(EVENING).key)
        await take(page, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
