"""A person at the browser: looks for words, points at them, clicks and types."""

import json
from typing import Any, Final

from .browser import Page
from .waiting import until

WITHIN: Final = 30.0
"""Seconds until what a person waits for is there."""

# Where a person can click: the middle of what is meant, if nothing lies above it. It is
# looked for through the nested shadow trees, and scrolled to.
_PLACES: Final = r"""
window.everything ??= function* (root) {
  yield root;
  for (const child of [...(root.shadowRoot?.childNodes ?? []), ...root.childNodes]) {
    yield* everything(child);
  }
};
window.within ??= (inner, outer) => {
  for (let at = inner; at; at = at.assignedSlot ?? at.parentNode ?? at.host) {
    if (at === outer) return true;
  }
  return false;
};
window.above ??= (x, y, root = document) => {
  const found = root.elementFromPoint(x, y);
  if (found?.getRootNode() !== root) return null;
  return (found.shadowRoot && above(x, y, found.shadowRoot)) ?? found;
};
window.place ??= (target) => {
  const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
  const range = document.createRange();
  range.selectNodeContents(target);
  const middle = () => {
    const box = (target === element ? element : range).getBoundingClientRect();
    if (!box.width || !box.height) return null;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const seen = above(x, y);
    // A field lies above its own label.
    const field = seen?.matches("input, textarea") ? seen.getRootNode().host : seen;
    // What is scrolled out of a dialog lies under its backdrop, which is the dialog's.
    if (!seen || seen.matches("dialog")) return null;
    return within(seen, element) || within(element, field) ? [x, y] : null;
  };
  const place = middle();
  if (place) return place;
  let block = element;
  while (block.nodeName === "SLOT") block = block.assignedSlot ?? block.parentElement;
  block.scrollIntoView({ block: "center", behavior: "instant" });
  return middle();
};
window.places ??= (wanted) =>
  [...everything(document.body)].filter(wanted).map(place).filter(Boolean);
window.textIs ??= (text) => (node) =>
  node.nodeType === Node.TEXT_NODE &&
  node.textContent.trim().replace(/ ?\*$/, "") === text;
window.elementIs ??= (selector) => (node) =>
  node.nodeType === Node.ELEMENT_NODE && node.matches(selector);
window.focused ??= () => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
};
"""


class Person:
    """Somebody who clicks and types; what isn't there yet is waited for."""

    def __init__(self, page: Page) -> None:
        """Take the page that this person looks at."""
        self.page = page

    async def click(self, text: str, *, at: int = -1) -> None:
        """Click on a text that stands alone; on the last one, or another of many."""
        await self._click(f"textIs({json.dumps(text)})", at)

    async def click_on(self, selector: str, *, at: int = -1) -> None:
        """Click on something without words; on the last one, or another of many."""
        await self._click(f"elementIs({json.dumps(selector)})", at)

    async def write(self, text: str) -> None:
        """Write into the empty field where the cursor is."""

        async def can_write() -> bool:
            field = "focused()?.matches('input, textarea') && !focused().value"
            return bool(await self.page.run(f"{_PLACES}; {field}"))

        await until(can_write, within=WITHIN)
        await self.page._call("Input.insertText", text=text)

    async def fill(self, label: str, text: str) -> None:
        """Write into the empty field that has a label."""
        await self.click(label)
        await self.write(text)

    async def sees(self, *texts: str) -> None:
        """Wait until all of the texts stand on the page."""

        async def are_shown() -> bool:
            shown = " ".join((await self.page.text()).split())
            return all(text in shown for text in texts)

        await until(are_shown, within=WITHIN, every=0.2)

    async def _click(self, wanted: str, at: int) -> None:
        """Click where something is, once it has stopped moving."""
        x, y = await self._place(f"places({wanted}).at({at}) ?? null")
        for kind, buttons in (("mousePressed", 1), ("mouseReleased", 0)):
            await self.page._call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                buttons=buttons,
                clickCount=1,
            )

    async def _place(self, script: str) -> tuple[float, float]:
        before: Any = None

        async def is_still() -> bool:
            nonlocal before
            last, before = before, await self.page.run(f"{_PLACES}; {script}")
            return before is not None and before == last

        try:
            await until(is_still, within=WITHIN, every=0.1)
        except TimeoutError as err:
            raise TimeoutError(f"nothing to click on: {script}") from err
        x, y = before
        return x, y
