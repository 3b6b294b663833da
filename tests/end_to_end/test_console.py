"""The provider's console in a real browser, on the real service.

What the browser shows is kept in the test's folder; with PICTURES set to a folder (such
as `docs/images`), the pictures of the documentation are put there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import shutil
from typing import Any

import pytest

from currentcost_provider.credentials import hash_chosen, new_password
from currentcost_provider.operating.operators import Operators
from currentcost_provider.settings import read_settings
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import Role
from currentcost_provider.storage.vault import Vault
from demo.processes import Processes
from tests.provider.process import Process, done

from .accessibility import complaints
from .browser import CHROMIUM, INSTALL, Page, open_page
from .console_fleet import fill
from .waiting import until

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

SCREENS = {"light": (1280, 900), "dark": (1280, 900), "phone": (360, 740)}
USERS = [f"home-{number:03}" for number in range(101, 165)]
PAGES = {
    "fleet": ("/", "In which bucket"),
    "households": ("/households", "home-101"),
    "late": ("/households?plan=evening&standing=late", "home-162"),
    "household": ("/households/home-101", "What you can do"),
    "known": ("/households/home-101/known", "How much the answers tell"),
    "plans": ("/plans", "spring"),
    "plan": ("/plans/evening", "still have to consent"),
    "draft": ("/plans/spring", "Sign and put into force"),
    "new-plan": ("/plans/new", "Make a draft"),
    "new-program": ("/plans/new?program=capacity_tier", "Upper limit"),
    "enrol": ("/enrol", "Many, from a list"),
    "results": ("/results", "All as a file"),
    "meters": ("/meters?household=home-101", "Compare all"),
    "audit": ("/audit", "console.sign-in"),
    "operators": ("/operators", "Add an operator"),
    "account": ("/account", "this one"),
    "nothing": ("/nothing", "Not found"),
}
PARTS = {"fleet", "household", "account", "results"}
"""Together they have every part that a page can have."""
SHOWN = {"console": "fleet-light", "console-household": "household-dark"}
"""Pictures of the documentation, and what they show."""
LONG = {"fleet", "households", "results"}

# What makes a page scroll sideways.
WIDE = """
document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")]
    .filter(each => !each.closest(".scroll") || each.matches(".scroll"))
    .filter(each => each.getBoundingClientRect().right > innerWidth)
    .map(each => each.outerHTML.slice(0, 120))
"""
SUBMIT = """
(fields => {
  for (const [id, value] of Object.entries(fields))
    document.getElementById(id).value = value;
  document.getElementById(Object.keys(fields)[0]).form.requestSubmit();
})(FIELDS)
"""


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a service with a fleet; yield its address, and the password of "ada"."""
    place = folder / "provider.db"
    done(place, "init", "--name", "Acme Power")
    yesterday = datetime.now(UTC) - timedelta(days=2)
    done(
        place,
        *("plan", "create", "evening", "--title", "How much power do you draw?"),
        *("--threshold", "1000", "--threshold", "2000", "--threshold", "3000"),
        *("--label", "very high", "--label", "low", "--label", "middle"),
        *("--label", "high", "--start", f"{yesterday:%Y-%m-%d}"),
    )
    settings = read_settings(place.with_suffix(".toml"), database=str(place))
    database = Database(settings.database_url, Vault(settings.key_source))
    await fill(database, "evening", USERS)
    operators, password = Operators(database), new_password()
    await operators.add("ada", Role.ADMIN, int(yesterday.timestamp()))
    await operators.set_password("ada", hash_chosen(password))
    await database.close()
    process = Process(place)
    await process.start()
    try:
        yield process.address, password
    finally:
        assert await process.stop() == 0


async def send(page: Page, shows: str, **fields: str) -> None:
    """Fill a form's fields, by their ids, and send it."""
    script = SUBMIT.replace("FIELDS", json.dumps(fields))

    async def is_shown() -> bool:
        return shows in await page.text()

    await page.run(script)
    await until(is_shown, within=20, every=0.1)


async def test_all_pages(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    async with (
        service(tmp_path) as (address, password),
        Processes(tmp_path, keep=True) as processes,
        open_page(processes, f"{address}/console") as page,
    ):
        await page.watch()
        await page.appear(width=1280, height=900, scheme="light")
        await page.open("/sign-in")
        problems = {"sign-in": await complaints(page)}
        (pictures / "sign-in.png").write_bytes(await page.screenshot())
        await send(page, "In which bucket", name="ada", password=password)
        await page.open("/plans/new")
        await send(
            page,
            "A draft: look at it once more",
            plan="spring",
            title="How much power do you draw in spring?",
            thresholds="500 1500 4000",
        )
        for screen, (width, height) in SCREENS.items():
            scheme = "dark" if screen == "dark" else "light"
            await page.appear(width=width, height=height, scheme=scheme)
            for name, (path, words) in PAGES.items():
                await page.open(path)
                assert words in await page.text()
                assert await page.run(WIDE) == [], f"{name} on {width} pixels"
                if screen == "light" or name in PARTS:
                    problems[f"{screen} {name}"] = await complaints(page)
                whole = name not in LONG
                picture = await page.screenshot(whole=whole)
                (pictures / f"{name}-{screen}.png").write_bytes(picture)
        await page.open("/account")
        await page.run("document.querySelector('.menu').open = true")
        (pictures / "menu.png").write_bytes(await page.screenshot())
        await page.open("/enrol")
        await send(page, "shown once", user="new-home")
        problems["sheet"] = await complaints(page)
        (pictures / "sheet.png").write_bytes(await page.screenshot(whole=True))
        await page.open("/households/home-101")
        await page.run(
            "document.querySelector('form[action$=\"/ask\"]').requestSubmit()"
        )

        async def is_asked() -> bool:
            return "may still answer" in await page.text()

        await until(is_asked, within=20, every=0.05)
        problems["asked"] = await complaints(page)
        (pictures / "asked.png").write_bytes(await page.screenshot(whole=True))
        await in_another_zone(page)
        assert {name: found for name, found in problems.items() if found} == {}
        assert [said(event) for event in page.events if said(event)] == []
    if folder := os.environ.get("PICTURES"):
        for name, shown in SHOWN.items():
            shutil.copy(pictures / f"{shown}.png", Path(folder) / f"{name}.png")


async def in_another_zone(page: Page) -> None:
    """Look at results where it is nine hours later: a form's times mean these."""
    await page.zone("Asia/Tokyo")
    await page.open("/results?since=2026-01-01T03:00Z")
    field = "document.getElementById('since')"
    assert await page.run(f"{field}.value") == "2026-01-01T12:00"
    assert "(Asia/Tokyo)" in await page.text()
    await page.run(f"{field}.form.requestSubmit()")

    async def is_sent() -> bool:
        return "since=2026-01-01T03%3A00Z&" in str(await page.run("location.search"))

    await until(is_sent, within=20, every=0.05)


def said(event: dict[str, Any]) -> str:
    """Return what a browser's event complains of, "" if of nothing."""
    match event:
        case {"method": "Runtime.exceptionThrown", "params": parameters}:
            return json.dumps(parameters)[:500]
        case {"method": "Runtime.consoleAPICalled", "params": parameters}:
            return json.dumps(parameters)[:500]
        case {"method": "Log.entryAdded", "params": {"entry": entry}}:
            # The page that isn't there is asked for on purpose.
            expected = "404" in entry["text"] and entry["url"].endswith("/nothing")
            return "" if expected else json.dumps(entry)[:500]
    return ""
