"""What a crash leaves on the disk and nobody would ever delete: it may hold seeds."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from .const import DOMAIN
from .storage import KINDS, ReportStorage

# A file's key stands at its beginning.
_BEGINNING: Final = 200
_KEY: Final = f'"key": "{DOMAIN}.'.encode()


async def async_delete_leftovers(
    hass: HomeAssistant, agreement_ids: Collection[str]
) -> None:
    """Delete files of ours that are unfinished, or of other agreements than these.

    Those that these took the place of are kept, until they are opened. The agreement is written before Home Assistant
    writes down the report that it belongs to. To be called before anything of ours is
    written.
    """
    kept: set[str] = set()
    for agreement_id in agreement_ids:
        kept |= await async_agreements_of(hass, agreement_id)
    for agreement_id in await hass.async_add_executor_job(_delete_unfinished, hass):
        if agreement_id not in kept:
            await ReportStorage(hass, agreement_id).async_remove_own()


async def async_agreements_of(hass: HomeAssistant, agreement_id: str) -> set[str]:
    """Return the ids of an agreement and of those that it took the place of."""
    found: set[str] = set()
    storage: ReportStorage | None = ReportStorage(hass, agreement_id)
    while storage is not None and storage.agreement_id not in found:
        found.add(storage.agreement_id)
        storage = await storage.async_load_earlier()
    return found


def _delete_unfinished(hass: HomeAssistant) -> set[str]:
    """Delete our unfinished files; return the ids of agreements with finished ones."""
    folder = Path(hass.config.path(STORAGE_DIR))
    for path in folder.glob("tmp*"):
        if path.is_file() and _KEY in _beginning(path):
            path.unlink(missing_ok=True)
    names = [path.name.split(".") for path in folder.glob(f"{DOMAIN}.*.*")]
    return {name[2] for name in names if len(name) == 3 and name[1] in KINDS}


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError:
        return b""
