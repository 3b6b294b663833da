"""The panel of privacy studies in a browser, on a home with a month behind it.

With PICTURES set to a folder, what the browser shows is kept there.
"""

from datetime import UTC, datetime
import os
from pathlib import Path
from typing import Final

from currentcost_study.simulated import simulate
import pytest

from demo.provider import NAME, TITLE
from demo.system import System

from .accessibility import complaints
from .browser import CHROMIUM, INSTALL, Page, open_page
from .test_whole_path_card import complaint, until_text, until_true

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

DAY: Final = 86_400
POWER: Final = "sensor.whole_house_power"
PANEL: Final = "find('currentcost-private-study').shadowRoot"
FRAME: Final = f"{PANEL}.querySelector('iframe')"
MAKE: Final = f"{PANEL}.querySelector('button.make')"


async def test_study(system: System, tmp_path: Path) -> None:
    folder = Path(os.environ.get("PICTURES", tmp_path))
    await remember_hours(system)
    async with open_page(system.processes, system.home_assistant.url) as page:
        await page.watch()
        await page.log_in(system.api.token)
        await page.visit(
            "/privacy-study",
            shows=[
                "What your provider could know",
                "There is no study of this report yet",
            ],
        )
        assert await complaints(page, "find('currentcost-private-study')") == []
        await page.run(f"{MAKE}.click()")
        await until_text(page, ["Make it anew", "Download"])
        await until_true(page, f"{FRAME}.srcdoc.length > 1000")
        assert "allow-scripts" not in str(await page.run(f"{FRAME}.sandbox.value"))
        made = str(await page.run(f"{FRAME}.srcdoc"))
        await page.run(f"{FRAME}.remove()")
        assert await complaints(page, "find('currentcost-private-study')") == []
        # It is still there for who comes back, and through the report's device.
        await page.visit(
            f"/privacy-study/{await chosen(page)}", shows=["Make it anew", "Download"]
        )
        (folder / "study-panel.png").write_bytes(await page.screenshot())
        file = folder / "study.html"
        file.write_text(made)
        await check_page(page, file, folder)
        told = [said for event in page.events if (said := complaint(event))]
        # The login of `log_in` can't be put into the sandbox: so it should be.
        assert [said for said in told if "'localStorage'" not in said] == []


async def remember_hours(system: System) -> None:
    """Have Home Assistant remember the hours of a month, as an import does."""
    end = int(datetime.now(UTC).timestamp()) // 3600 * 3600
    midnight = end // DAY * DAY + DAY
    series = simulate(3, days=32, start=midnight - 32 * DAY).series
    hours = series.between(end - 31 * DAY, end).coarser(3600)
    rows = [
        {"start": datetime.fromtimestamp(time, UTC).isoformat(), "mean": watts}
        for time, watts in zip(hours.times.tolist(), hours.watts.tolist(), strict=True)
    ]
    async with system.api.websocket() as websocket:
        await websocket.call(
            "recorder/import_statistics",
            metadata={
                "has_sum": False,
                "mean_type": 1,
                "name": None,
                "source": "recorder",
                "statistic_id": POWER,
                "unit_class": "power",
                "unit_of_measurement": "W",
            },
            stats=rows,
        )


async def chosen(page: Page) -> object:
    """Return which report the panel shows."""
    return await page.run(f"{PANEL}.querySelector('select').value")


async def check_page(page: Page, file: Path, folder: Path) -> None:
    """The page that was downloaded says it all by itself, to everybody."""
    await page.show(file)
    text = await page.text()
    for wanted in (
        TITLE,
        f"What {NAME} could know of you",
        "In words",
        "One day",
        "bits",
    ):
        assert wanted in text
    for scheme, width, height in (
        ("light", 1000, 1400),
        ("dark", 1000, 1400),
        ("dark", 360, 740),
    ):
        await page.appear(width=width, height=height, scheme=scheme)
        assert await complaints(page) == []
        root = "document.documentElement"
        assert await page.run(f"{root}.scrollWidth - {root}.clientWidth") == 0
        picture = await page.screenshot(whole=True)
        (folder / f"study-{scheme}-{width}.png").write_bytes(picture)
