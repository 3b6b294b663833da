"""What axe-core has to say of a page."""

from pathlib import Path
from typing import Any, Final

from .browser import Page

AXE: Final = Path(__file__).with_name("axe.min.js")


async def complaints(page: Page, element: str = "document") -> list[str]:
    """Return what it finds that is serious or worse, in the element of a script."""
    await page.run(AXE.read_text() + ";0")
    found: Any = await page.run(
        f"axe.run({element}, {{resultTypes: ['violations']}}).then(result =>"
        " result.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)]))"
    )
    return [f"{i} {w} {n}"[:500] for i, w, n in found if i in {"serious", "critical"}]
