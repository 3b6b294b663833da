"""From a repair issue to its way out, in the browser, as a person clicks through it."""

from collections.abc import AsyncIterator
import json
import os
from pathlib import Path

import pytest
import pytest_asyncio

from demo.api import SUBENTRY_FLOW
from demo.household import power_entity, set_up_report
from demo.provider import NAME, TITLE, USER, Provider
from demo.system import System

from .browser import CHROMIUM, INSTALL, Page, open_page
from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("reloading"),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

HEATER = 1
"""Its sensor: the others are asked about already."""

# Elements that a selector means, through the nested shadow trees, that show a text.
_FIND = """
const found = (selector, text, root = document) => {
  const here = [...root.querySelectorAll("*")];
  return here.flatMap((element) => [
    ...(element.matches(selector) && element.textContent.includes(text) ? [element] : []),
    ...(element.shadowRoot ? found(selector, text, element.shadowRoot) : []),
  ]);
};
"""


async def click(page: Page, selector: str, text: str = "") -> None:
    """Click on the last element that a selector means, once it is there."""
    wanted = f"{json.dumps(selector)}, {json.dumps(text)}"
    script = f"(() => {{ {_FIND} const it = found({wanted}).pop();"

    async def is_clicked() -> bool:
        return bool(await page.run(f"{script} it?.click(); return !!it; }})()"))

    await until(is_clicked, within=30, every=0.3)


async def shows(page: Page, *texts: str) -> None:
    """Wait until all of the texts stand on the page."""

    async def is_shown() -> bool:
        shown = " ".join((await page.text()).split())
        return all(text in shown for text in texts)

    await until(is_shown, within=30, every=0.3)


async def fill(page: Page, selector: str, text: str) -> None:
    """Type a text into a field."""
    wanted = json.dumps(selector)
    await page.run(f"(() => {{ {_FIND} found({wanted}, '').pop().focus(); }})()")
    await page._call("Input.insertText", text=text)


async def asked_anew(system: System, provider: Provider, report: str) -> str:
    """Let the provider have another plan; go up to the consent to it."""
    window = f"--window={2 * system.window}"
    more = (window, "--threshold=500", "--threshold=1500", f"--title={TITLE}")
    await provider.command("plan", "create", "night", *more)
    enrol = ("household", "enrol", "house-8", "--plan", "night", "--json")
    sheet = json.loads(await provider.command(*enrol))
    menu = await system.api.post(
        SUBENTRY_FLOW,
        {
            "handler": [system.entry_id, "report"],
            "subentry_id": report,
        },
    )
    step = {"next_step_id": "agree_again"}
    form = await system.api.submit(SUBENTRY_FLOW, menu, step)
    typed = {"url": f"http://127.0.0.1:{provider.port}", "username": "house-8"}
    typed["password"] = sheet["password"]
    consent = await system.api.submit(SUBENTRY_FLOW, form, typed)
    return str(consent["flow_id"])


@pytest_asyncio.fixture(loop_scope="session")
async def provider(system: System) -> AsyncIterator[Provider]:
    """A provider of its own, so that nothing happens to the others' reports."""
    provider = Provider(system.processes, window=system.window, name="Repairs-provider")
    await provider.create()
    await provider.start()
    yield provider
    await provider.process.stop()


async def test_from_a_rejected_access_to_a_new_agreement(
    system: System, provider: Provider, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{provider.port}"
    source = await power_entity(system.api, system.entry_id, sensor=HEATER)
    await set_up_report(
        system.api,
        system.entry_id,
        url=url,
        enrolment=provider.enrolment,
        source=source,
    )
    async with system.api.websocket() as websocket:
        report = (
            await websocket.call(
                "config_entries/subentries/list", entry_id=system.entry_id
            )
        )[-1]["subentry_id"]
        reset = await provider.command("household", "reset", USER, "--json")
        password = json.loads(reset)["password"]

        async def is_told() -> bool:
            issues = (await websocket.call("repairs/list_issues"))["issues"]
            return any(
                issue["issue_id"] == f"token_rejected_{report}" for issue in issues
            )

        await until(is_told, within=90, every=1)
        async with open_page(system.processes, system.home_assistant.url) as page:
            await page.log_in(system.api.token)
            await page.visit("/config/repairs", shows=[f"rejects the report {NAME}"])
            await click(
                page,
                "ha-list-item, ha-md-list-item, ha-list-item-button",
                "rejects the report",
            )
            await shows(page, "type it in: that comes next")
            (tmp_path / "repair.png").write_bytes(await page.screenshot())
            await click(page, "ha-button", "Submit")
            # On into the report's own flow, at the right step.
            await shows(page, "Address and access", "New one-time password")
            (tmp_path / "access.png").write_bytes(await page.screenshot())
            await fill(page, "input[type=password]", password)
            await click(page, "ha-button", "Submit")
            await shows(page, "Reconfiguration was successful")

            async def is_over() -> bool:
                return not await is_told()

            await until(is_over, within=60, every=1)
            flow = await asked_anew(system, provider, report)
            # The same window goes on with another flow.
            await page.run(
                f"(() => {{ {_FIND} const it = found('dialog-data-entry-flow', '')[0];"
                f"it.showDialog({{...it._params, continueFlowId: {json.dumps(flow)} }});"
                "})()"
            )
            await shows(
                page,
                *("Do you agree?", "Different from then:", "What it learns"),
                *("What never leaves your home", "How often", "Until when"),
                *("How to stop", "For checking: code and fingerprint", "I agree"),
            )
            await page.run("document.documentElement.style.zoom = 0.55")
            (tmp_path / "consent.png").write_bytes(await page.screenshot())
            await click(page, "#summary")
            await shows(page, "Code of the question")
            (tmp_path / "details.png").write_bytes(await page.screenshot())
            await click(page, "ha-checkbox")
            await click(page, "ha-button", "Submit")
            await shows(page, "The report goes on with the new agreement")
        await websocket.call(
            "config_entries/subentries/delete",
            entry_id=system.entry_id,
            subentry_id=report,
        )
