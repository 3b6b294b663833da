"""What differs between what a person agreed to and what they are asked now."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant

from .report_description import async_words

# Of what the consent form says, in its order; those with long texts are only named.
SHORT: Final = (
    "provider",
    "question",
    "measure",
    "window",
    "minimum_width",
    "bits",
    "until",
)
LONG: Final = (
    "fingerprint",
    "outcomes",
    "household",
    "values",
    "program",
    "policy_program",
)


async def async_changes(
    hass: HomeAssistant, before: Mapping[str, str], now: Mapping[str, str]
) -> str:
    """Return the beginning of a consent form for a report that there is already."""
    words = await async_words(hass)
    changed = [
        key for key in (*SHORT, *LONG) if before.get(key, "") != now.get(key, "")
    ]
    lines = []
    for key in changed:
        line = f"- {words[f'change.{key}']}"
        if key in SHORT and key in before and key in now:
            line += f": {before[key]} → {now[key]}"
        lines.append(line)
    heading = words["change.heading" if lines else "change.nothing"]
    return "\n\n".join([heading, "\n".join(lines), words["change.secret"], "---", ""])
