"""The flow that sets a net power up: which sensors are added and which subtracted."""

from typing import Any, Final

import probatio

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, Platform
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .net_power import CONF_ADD, CONF_KIND, CONF_SUBTRACT, KIND_GRID, KINDS

_POWERS: Final = EntitySelector(
    EntitySelectorConfig(
        domain=Platform.SENSOR, device_class=SensorDeviceClass.POWER, multiple=True
    )
)

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_KIND, default=KIND_GRID): SelectSelector(
            SelectSelectorConfig(
                options=list(KINDS),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_KIND,
            )
        ),
        probatio.Required(CONF_ADD): _POWERS,
        probatio.Optional(CONF_SUBTRACT): _POWERS,
    }
)


class NetPowerFlow(ConfigSubentryFlow):
    """Set a net power up, or change its formula."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the formula and a name."""
        errors = {}
        if user_input is not None:
            errors = _errors(user_input)
            if not errors:
                name = user_input.pop(CONF_NAME)
                return self.async_create_entry(title=name, data=_data(user_input))
        schema = SCHEMA.extend({probatio.Required(CONF_NAME): TextSelector()})
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for another formula; what was counted so far stays."""
        subentry = self._get_reconfigure_subentry()
        errors = {}
        if user_input is not None:
            errors = _errors(user_input)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=_data(user_input)
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                SCHEMA, user_input or subentry.data
            ),
            errors=errors,
        )


def _errors(user_input: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with a formula."""
    added = user_input[CONF_ADD]
    subtracted = user_input.get(CONF_SUBTRACT, [])
    if not added:
        return {CONF_ADD: "nothing_added"}
    if len({*added, *subtracted}) < len(added) + len(subtracted):
        return {CONF_SUBTRACT: "twice"}
    return {}


def _data(user_input: dict[str, Any]) -> dict[str, Any]:
    return {CONF_SUBTRACT: [], **user_input}
