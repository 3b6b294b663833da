"""Debian's Chromium without a window, driven by its own DevTools protocol."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
from pathlib import Path
import shutil
import time
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse

from demo.processes import Processes

from .waiting import until

INSTALL: Final = "sudo apt-get install --yes chromium"
CHROMIUM: Final = shutil.which("chromium")

# Home Assistant's page is made of nested shadow trees; innerText stops at each.
_TEXT: Final = """
(function text(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (["STYLE", "SCRIPT"].includes(node.nodeName)) return "";
  const inside = node.assignedNodes?.() ?? [];
  const nodes = [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes, ...inside];
  return nodes.map(text).join(" ");
})(document.body)
"""

# The first element that a selector means, through the nested shadow trees.
_FIND: Final = """
window.find = (selector, root = document) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.matches(selector)) return element;
    const found = element.shadowRoot && find(selector, element.shadowRoot);
    if (found) return found;
  }
  return null;
};
"""


class Page:
    """One page of the browser."""

    def __init__(self, connection: ClientWebSocketResponse, url: str) -> None:
        """Take the page's connection, and the address of the service that is shown."""
        self.events: list[dict[str, Any]] = []
        """What the browser told of by itself, since `watch`."""
        self._connection = connection
        self._last_id = 0
        self._url = url

    async def log_in(self, token: str) -> None:
        """Have every page find the login that the browser would keep."""
        tokens = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 86_400,
            "refresh_token": "",
            "hassUrl": self._url,
            "clientId": f"{self._url}/",
            "expires": (int(time.time()) + 86_400) * 1000,
        }
        script = f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))})"
        await self._call("Page.enable")
        for source in (script, _FIND):
            await self._call("Page.addScriptToEvaluateOnNewDocument", source=source)

    async def visit(self, path: str, *, shows: list[str]) -> None:
        """Open a page and wait until all of the texts stand there."""
        await self._call("Page.navigate", url=f"{self._url}{path}")

        async def is_shown() -> bool:
            text = await self.text()
            return all(wanted in text for wanted in shows)

        await until(is_shown, within=40, every=0.3)

    async def open(self, path: str) -> None:
        """Open a page that is whole when it is loaded."""
        url = f"{self._url}{path}"
        await self._call("Page.navigate", url=url)
        loaded = "document.readyState === 'complete' && location.href === "

        async def is_loaded() -> bool:
            return bool(await self.run(loaded + json.dumps(url)))

        await until(is_loaded, within=40, every=0.03)

    async def show(self, file: Path) -> None:
        """Open a file, by its absolute path."""
        await self._call("Page.navigate", url=file.as_uri())
        loaded = "document.readyState === 'complete' && location.protocol === 'file:'"

        async def is_loaded() -> bool:
            return bool(await self.run(loaded))

        await until(is_loaded, within=40, every=0.03)

    async def text(self) -> str:
        """Return all text of the page."""
        return str(await self.run(_TEXT) or "")

    async def run(self, script: str) -> object:
        """Run a script in the page and return its plain value, or its promise's."""
        answer = await self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    async def screenshot(
        self,
        *,
        whole: bool = False,
        area: Mapping[str, float] | None = None,
        scale: float = 1,
    ) -> bytes:
        """Return the page as a PNG: what the window shows, the whole of it, or an area.

        An area is of x, y, width and height, and may be made larger.
        """
        clip = {"clip": {**area, "scale": scale}} if area else {}
        answer = await self._call(
            "Page.captureScreenshot", captureBeyondViewport=whole, **clip
        )
        return base64.b64decode(answer["data"])

    async def watch(self) -> None:
        """Have the browser tell of errors, of the page's policy among others."""
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable")

    async def appear(self, *, width: int, height: int, scheme: str) -> None:
        """Show the page as on another screen, to somebody who wants it light or dark."""
        await self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self._call("Emulation.setEmulatedMedia", features=[feature])

    async def zone(self, name: str) -> None:
        """Show times as somewhere else."""
        await self._call("Emulation.setTimezoneOverride", timezoneId=name)

    async def press(self, key: str) -> None:
        """Press a key that writes nothing, such as "Tab" or "ArrowLeft"."""
        for kind in ("rawKeyDown", "keyUp"):
            await self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        await self._connection.send_json(
            {"id": self._last_id, "method": method, "params": parameters}
        )
        while (message := await self._connection.receive_json()).get(
            "id"
        ) != self._last_id:
            self.events.append(message)
        result: dict[str, Any] = message["result"]
        return result


@asynccontextmanager
async def open_page(processes: Processes, url: str) -> AsyncIterator[Page]:
    """Start the browser and open one empty page; end the browser afterwards."""
    if CHROMIUM is None:
        raise RuntimeError(f"there is no Chromium: {INSTALL}")
    profile: Path = processes.folder / "chromium"
    browser = await processes.start(
        "Chromium",
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--window-size=1280,1000",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
        ],
    )
    try:
        ready = await browser.ready(r"ws://(127\.0\.0\.1:\d+)/", timeout=40)
        async with ClientSession() as session:
            async with session.get(f"http://{ready[1]}/json/list") as response:
                targets = await response.json()
            page = next(target for target in targets if target["type"] == "page")
            async with session.ws_connect(
                page["webSocketDebuggerUrl"], max_msg_size=0
            ) as connection:
                yield Page(connection, url)
    finally:
        await browser.stop()
