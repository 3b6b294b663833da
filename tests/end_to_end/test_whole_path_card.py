"""The card and the dashboard in a browser, on a home that reports.

With PICTURES set to a folder, what the browser shows is kept there.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from demo.household import DOMAIN
from demo.provider import NAME, TITLE
from demo.system import System

from .accessibility import complaints
from .browser import CHROMIUM, INSTALL, Page, open_page
from .day import add_dashboard, dashboard_of
from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason=f"needs: {INSTALL}"
    ),
]

CARD: Final = "currentcost-private-card"
HOSTILE: Final = "<img src=x onerror=window.hacked=1>"
MANIFEST: Final = (
    Path(__file__).parents[2] / "custom_components" / DOMAIN / "manifest.json"
)
MODULES: Final = f"/{DOMAIN}/{json.loads(MANIFEST.read_text())['version']}"

SHOWN: Final = [TITLE, "At home now", f"{NAME} knows", "bits given away today"]

# Five minutes of 100 W, then 200 W for one, then nothing that is known.
BINNED: Final = f"""
import("{MODULES}/day.js").then(({{ binned, meanOf }}) => {{
  const states = [[0, 0.1], [300, 0.2], [360, NaN]].map(
    ([time, value]) => ({{ time, value }})
  );
  const bins = binned(states, 1000, 900);
  return [bins.map((bin) => [bin.start, bin.end, bin.mean]), meanOf(bins, 0, 450)];
}})
"""
WORDS: Final = f"""
import("{MODULES}/values.js").then(({{ wordsFor }}) => {{
  const words = (language, format) => wordsFor({{
    config: {{ time_zone: "Europe/Rome" }},
    locale: {{ language, number_format: "language", time_format: format }},
  }});
  return [
    words("it", "24").time(1795478400),
    words("en", "12").time(1795478400),
    words("de", "24").power(12345),
    words("fr", "24").text("provider_knows", {{ provider: "EDF" }}),
    words("es", "24").count("waiting", 1),
    words("pt-BR", "24").text("today"),
  ];
}})
"""

# Homes with nothing, and with two of everything that this one has.
HOMES: Final = """
(async () => {
  const { hass } = document.querySelector("home-assistant");
  const strategy = customElements.get("ll-strategy-dashboard-currentcost-private");
  const count = async (entities, devices) => {
    const { views } = await strategy.generate({}, { ...hass, entities, devices });
    return views.map(({ sections }) => sections.length);
  };
  const twin = (all, change) => Object.assign(
    {}, all,
    ...Object.entries(all).map(([id, each]) => ({ [`${id}_2`]: change(each) }))
  );
  return [
    await count({}, {}),
    await count(
      twin(hass.entities, (each) => ({ ...each, device_id: `${each.device_id}_2` })),
      twin(hass.devices, (each) => ({ ...each, id: `${each.id}_2` }))
    ),
  ];
})()
"""


async def test_card_and_dashboard(system: System, tmp_path: Path) -> None:
    folder = Path(os.environ.get("PICTURES", tmp_path))
    card = {"type": f"custom:{CARD}"}
    await add_dashboard(
        system.api,
        "the-card",
        dashboard_of(card, card | {"entity": "sensor.gone", "title": HOSTILE}),
    )
    strategy = {"type": "custom:currentcost-private"}
    await add_dashboard(system.api, "current-cost", {"strategy": strategy})
    async with open_page(system.processes, system.home_assistant.url) as page:
        await page.watch()
        await page.log_in(system.api.token)
        await check_card(page)
        await check_looks(page, folder)
        await check_modules(page)
        await check_editor(page, system)
        await check_dashboard(page, folder)
        assert [told for event in page.events if (told := complaint(event))] == []


def complaint(event: dict[str, Any]) -> str:
    """Return what a browser's event says went wrong in a script, "" if nothing."""
    match event:
        case {"method": "Runtime.exceptionThrown", "params": parameters}:
            return json.dumps(parameters)[:500]
        case {
            "method": "Runtime.consoleAPICalled",
            "params": {"type": "error"} as parameters,
        }:
            return json.dumps(parameters)[:500]
    return ""


async def check_card(page: Page) -> None:
    """The card shows what is there, by hand and by key; another one says what isn't."""
    await page.visit("/the-card/0", shows=[*SHOWN, "This report is not there", HOSTILE])
    assert await page.run("window.hacked ?? null") is None
    drawn = "find('.line')?.getAttribute('d').includes('L') && !!find('svg rect[fill]')"
    await until_true(page, drawn)
    await page.run("find('.scrub').focus()")
    await page.press("End")
    said = await page.run("find('.scrub').getAttribute('aria-valuetext')")
    assert isinstance(said, str)
    assert "W → " in said
    assert await page.run("find('.readout').textContent") == said
    await page.press("ArrowLeft")
    now, most = [
        int(str(await page.run(f"find('.scrub').getAttribute('aria-value{name}')")))
        for name in ("now", "max")
    ]
    assert now == max(0, most - 1)
    summary = str(await page.run("find('#summary').textContent"))
    assert summary.startswith("Power today between ")
    assert f"{NAME} was told: " in summary


async def check_looks(page: Page, folder: Path) -> None:
    """Light, dark and on a phone it can be read by everybody."""
    for scheme, width, height in (
        ("light", 1280, 1000),
        ("dark", 1280, 1000),
        ("dark", 360, 740),
    ):
        await page.appear(width=width, height=height, scheme=scheme)
        # The card fades from one scheme to the other.
        ground = f"getComputedStyle(find('{CARD}').shadowRoot.firstChild).background"
        seen = "rgb(255, 255, 255)" if scheme == "light" else "rgb(28, 28, 28)"
        await until_true(page, f"{ground}.startsWith('{seen}')")
        assert await complaints(page, f"find('{CARD}')") == []
        overflow = f"find('{CARD}').scrollWidth - find('{CARD}').clientWidth"
        assert await page.run(overflow) == 0
        picture = await page.screenshot()
        (folder / f"card-{scheme}-{width}.png").write_bytes(picture)
    await page.appear(width=1280, height=1000, scheme="dark")


async def check_modules(page: Page) -> None:
    """Parts that a picture doesn't show."""
    assert await page.run(BINNED) == [[[0, 300, 100], [300, 600, 200]], 400 / 3]
    assert await page.run(WORDS) == [
        "01:00",
        "1:00 AM",
        "12,35 kW",
        "EDF sait",
        "Un informe está guardado y se enviará más tarde.",
        "Today",
    ]


async def check_editor(page: Page, system: System) -> None:
    """The card is offered where it fits, and its editor has a form."""
    offered = await page.run(
        f"""(() => {{
          const {{ hass }} = document.querySelector("home-assistant");
          const {{ getEntitySuggestion: suggest }} = window.customCards.find(
            (card) => card.type === "{CARD}"
          );
          return [
            suggest(hass, "{system.report.bucket}").config,
            suggest(hass, "sun.sun"),
            suggest(hass, "{system.report.pending}"),
            customElements.get("{CARD}").getStubConfig(hass),
          ];
        }})()"""
    )
    config = {"entity": system.report.bucket}
    assert offered == [{"type": f"custom:{CARD}"} | config, None, None, config]
    await page.visit("/the-card/0?edit=1", shows=SHOWN)
    await until_true(page, "!!find('hui-card-edit-mode')")
    await page.run(
        """find("hui-card-edit-mode").dispatchEvent(new CustomEvent("ll-edit-card", {
          bubbles: true, composed: true, detail: { path: [0, 0, 0] },
        }))"""
    )
    await until_text(
        page, ["Power sensor", "Empty: the first report.", "Show today's line"]
    )


async def check_dashboard(page: Page, folder: Path) -> None:
    """It is made of what there is, and offered where dashboards are added."""
    await page.visit(
        "/current-cost/today",
        shows=[
            *SHOWN,
            "Last report",
            "Pending reports",
            "Energy by hour",
            "Appliance 1",
        ],
    )
    assert await complaints(page, f"find('{CARD}')") == []
    # A report and a meter each; the second view has no more sections for two.
    assert await page.run(HOMES) == [[1], [3, 2]]
    (folder / "dashboard.png").write_bytes(await page.screenshot())
    await page.visit(
        "/current-cost/history", shows=["Power of the last seven days", "Reports"]
    )
    await page.visit("/config/lovelace/dashboards", shows=["Add dashboard"])
    await page.run("find('ha-button[slot=fab]').click()")
    await until_text(page, ["Community dashboards", "Private reports, energy and bill"])


async def until_true(page: Page, script: str) -> None:
    async def is_true() -> bool:
        return await page.run(script) is True

    await until(is_true, within=20, every=0.2)


async def until_text(page: Page, shows: list[str]) -> None:
    async def is_shown() -> bool:
        text = await page.text()
        return all(wanted in text for wanted in shows)

    await until(is_shown, within=20, every=0.3)
