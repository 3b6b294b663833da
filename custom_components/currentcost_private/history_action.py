"""The action that imports again what a display was heard to remember."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .history_importer import Imported
from .history_keeper import HistoryKeeper
from .local_time import local_time
from .metering import HOUR, Grain

ACTION: Final = "import_history"
SCHEMA: Final = probatio.Schema({probatio.Optional(ATTR_CONFIG_ENTRY_ID): str})


@callback
def async_setup_history_action(hass: HomeAssistant) -> None:
    """Register the action."""

    async def import_history(call: ServiceCall) -> ServiceResponse:
        """Import what the display was heard to remember, and say what became of it."""
        keeper = _keeper(hass, call.data.get(ATTR_CONFIG_ENTRY_ID))
        now = dt_util.utcnow().timestamp()
        if not keeper.is_recording:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="no_recorder"
            )
        if not keeper.memory.tracks:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="no_history"
            )
        if not keeper.clock.is_trusted(now):
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="clock_off"
            )
        imported = await keeper.async_import(keeper.sensors)
        return {
            "clock_deviation": round(keeper.clock.deviation(now)),
            "sensors": {
                str(sensor): _description(keeper, sensor, item)
                for sensor, item in imported.items()
            },
        }

    hass.services.async_register(
        DOMAIN,
        ACTION,
        import_history,
        schema=SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


def _keeper(hass: HomeAssistant, entry_id: str | None) -> HistoryKeeper:
    """Return the keeper of an entry, or of the only meter."""
    keepers = {
        entry.entry_id: keeper
        for entry in _entries(hass)
        if entry.state is ConfigEntryState.LOADED
        and (keeper := entry.runtime_data.history) is not None
        and entry_id in (None, entry.entry_id)
    }
    if not keepers:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_meter"
        )
    if len(keepers) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="which_meter"
        )
    return next(iter(keepers.values()))


def _entries(hass: HomeAssistant) -> list[CurrentCostConfigEntry]:
    return hass.config_entries.async_entries(DOMAIN)


def _description(
    keeper: HistoryKeeper, sensor: int, imported: Imported
) -> dict[str, Any]:
    """Return what was imported, from when to when, and what was left out and why."""
    hours, pieces = imported.hours, imported.line.pieces
    return {
        "entity_id": imported.entity_id,
        "problem": imported.problem,
        "complete": keeper.memory.is_complete(sensor),
        "heard": {
            "start": local_time(pieces[0].start) if pieces else None,
            "end": local_time(pieces[-1].end) if pieces else None,
        },
        "imported": {
            "hours": len(hours),
            "energy": round(sum(hour.energy for hour in hours.values()), 3),
            "start": local_time(min(hours) * HOUR) if hours else None,
            "end": local_time((max(hours) + 1) * HOUR) if hours else None,
            "hours_by_grain": {
                grain.value: sum(hour.grain is grain for hour in hours.values())
                for grain in Grain
            },
        },
        "left_out": {
            "doubtful": imported.line.doubtful,
            "overflowed": imported.line.overflowed,
        },
        "repaired": imported.line.repaired,
    }
