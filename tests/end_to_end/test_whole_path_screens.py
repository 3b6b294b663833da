"""What a person sees in the browser: the integration's page, and the report's."""

import os
from pathlib import Path

import pytest

from demo.household import DOMAIN
from demo.provider import NAME, TITLE
from demo.system import System

from .browser import CHROMIUM, INSTALL, open_page
from .ledger import Ledger

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

PNG = b"\x89PNG\r\n\x1a\n"


async def test_pages(system: System, ledger: Ledger, tmp_path: Path) -> None:
    await ledger.settled(ledger.current_window())
    async with system.api.websocket() as websocket:
        entities = await websocket.call("config/entity_registry/list")
        device = next(
            entity["device_id"]
            for entity in entities
            if entity["entity_id"] == system.report.bucket
        )
    async with open_page(system.processes, system.home_assistant.url) as page:
        await page.log_in(system.api.token)
        await page.visit(
            f"/config/integrations/integration/{DOMAIN}",
            shows=["CurrentCost EnviR", NAME],
        )
        integration = await page.screenshot()
        await page.visit(
            f"/config/devices/device/{device}",
            shows=[TITLE, "Bucket", "Last report", "Pending reports"],
        )
        report = await page.screenshot()
    for name, picture in (("integration", integration), ("report", report)):
        (tmp_path / f"{name}.png").write_bytes(picture)
        assert picture.startswith(PNG)
        assert len(picture) > 20_000, "an empty page"
