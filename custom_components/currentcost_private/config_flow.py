"""Config flow: a meter on a serial port, or a home whose power is measured otherwise."""

from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_DEVICE
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
)
from homeassistant.helpers.typing import UNDEFINED

from .const import CONF_BAUDRATE, DOMAIN, MODELS
from .coordinator import CurrentCostConfigEntry
from .probe import ProbeError, async_probe

SECTION_LINE: Final = "line"
BAUDRATES: Final = ("57600", "9600", "2400")

METER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE): SerialPortSelector(),
        probatio.Required(SECTION_LINE): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_BAUDRATE, default=BAUDRATES[0]
                    ): SelectSelector(
                        SelectSelectorConfig(
                            options=list(BAUDRATES),
                            mode=SelectSelectorMode.DROPDOWN,
                            translation_key=CONF_BAUDRATE,
                        )
                    )
                }
            ),
            {"collapsed": True},
        ),
    }
)


class CurrentCostConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a meter, or reports without one."""

    VERSION = 1

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the readings come from."""
        return self.async_show_menu(step_id="user", menu_options=["meter", "no_meter"])

    async def async_step_no_meter(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  # the flow's signature
    ) -> ConfigFlowResult:
        """Create the one entry that has no meter, for reports of any power sensor."""
        data = {CONF_DEVICE: None}
        self._async_abort_entries_match(data)
        return self.async_create_entry(title="Power sensors", data=data)

    async def async_step_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the port, and listen there before an entry is created."""
        problem = None
        if user_input is not None:
            data = _entry_data(user_input)
            # Check before probing: an entry that holds the port makes it busy.
            self._async_abort_entries_match({CONF_DEVICE: data[CONF_DEVICE]})
            try:
                model = await async_probe(data[CONF_DEVICE], data[CONF_BAUDRATE])
            except ProbeError as err:
                problem = err
            else:
                return self.async_create_entry(title=_title(model), data=data)
        return self._show_meter_form("meter", user_input, problem)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the port, or give one to the entry that had none."""
        entry: CurrentCostConfigEntry = self._get_reconfigure_entry()
        problem = None
        if user_input is None:
            user_input = _user_input(entry)
        else:
            data = _entry_data(user_input)
            self._async_abort_entries_match({CONF_DEVICE: data[CONF_DEVICE]})
            # The entry holds its port, maybe under another name than the one chosen.
            if not await self.hass.config_entries.async_unload(entry.entry_id):
                return self.async_abort(reason="reconfigure_unload_failed")
            try:
                model = await async_probe(data[CONF_DEVICE], data[CONF_BAUDRATE])
            except ProbeError as err:
                problem = err
            else:
                had_none = entry.data[CONF_DEVICE] is None
                return self.async_update_and_abort(
                    entry, data=data, title=_title(model) if had_none else UNDEFINED
                )
            finally:
                # With the new settings, or with the old ones while the person retries.
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self._show_meter_form("reconfigure", user_input, problem)

    def _show_meter_form(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        problem: ProbeError | None,
    ) -> ConfigFlowResult:
        """Show the form with what was typed, and with what the probe found."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(METER_SCHEMA, user_input),
            errors={"base": problem.key} if problem else None,
            description_placeholders=problem.placeholders if problem else None,
        )


def _entry_data(user_input: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an entry for what was typed."""
    return {
        CONF_DEVICE: user_input[CONF_DEVICE],
        CONF_BAUDRATE: int(user_input[SECTION_LINE][CONF_BAUDRATE]),
    }


def _user_input(entry: CurrentCostConfigEntry) -> dict[str, Any]:
    """Return what has to be typed for the data that an entry has."""
    if entry.data[CONF_DEVICE] is None:
        return {}
    return {
        CONF_DEVICE: entry.data[CONF_DEVICE],
        SECTION_LINE: {CONF_BAUDRATE: str(entry.data[CONF_BAUDRATE])},
    }


def _title(model: str) -> str:
    """Return the title of a meter's entry."""
    return f"CurrentCost {MODELS.get(model, model)}"
