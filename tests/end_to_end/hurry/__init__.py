"""Home Assistant's statistics of five minutes, before the five minutes are over.

An integration of the tests: nobody wants to wait for the first ones.
"""

from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util


async def async_setup(
    hass: HomeAssistant,
    config: ConfigType,  # noqa: ARG001  # Home Assistant's signature
) -> bool:
    """Register the action."""

    async def compile_now(call: ServiceCall) -> None:  # noqa: ARG001
        """Compile the statistics of the running five minutes."""
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        get_instance(hass).queue_task(StatisticsTask(start, fire_events=True))

    hass.services.async_register("hurry", "compile", compile_now)
    return True
