"""The entry's options: whether passwords are taken from those who read from afar."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import BooleanSelector

from .const import CONF_PASSWORDS
from .remote_auth import can_ban

SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_PASSWORDS, default=False): BooleanSelector()}
)


class RemoteOptionsFlow(OptionsFlow):
    """Switch HTTP Basic on or off."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask, and refuse as long as nobody would be banned for guessing."""
        errors = {}
        if user_input is not None:
            if not user_input[CONF_PASSWORDS] or can_ban(self.hass.http.app):
                return self.async_create_entry(data=user_input)
            errors[CONF_PASSWORDS] = "no_ban"
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                SCHEMA, user_input or self.config_entry.options
            ),
            errors=errors,
        )
