"""The flow that sets up a billing meter whose impulses the display passes on."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util

from .const import (
    CONF_IMPULSES_PER_UNIT,
    CONF_QUANTITY,
    CONF_SENSOR,
    CONF_START,
    CONF_START_SET,
    SUBENTRY_IMPULSE_METER,
)
from .envir import Reading
from .impulse_sensor import QUANTITIES

DEFAULT_IMPULSES_PER_UNIT: Final = 1000
SENSORS: Final = [str(number) for number in range(10)]

_START: Final = NumberSelector(
    NumberSelectorConfig(min=0, max=1e9, step="any", mode=NumberSelectorMode.BOX)
)
_FIELDS: Final = {
    probatio.Required(CONF_SENSOR): SelectSelector(
        SelectSelectorConfig(options=SENSORS, mode=SelectSelectorMode.DROPDOWN)
    ),
    probatio.Required(CONF_QUANTITY): SelectSelector(
        SelectSelectorConfig(
            options=list(QUANTITIES),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_QUANTITY,
        )
    ),
    probatio.Required(CONF_IMPULSES_PER_UNIT): NumberSelector(
        NumberSelectorConfig(
            min=0.001, max=1e6, step="any", mode=NumberSelectorMode.BOX
        )
    ),
}
USER_SCHEMA: Final = probatio.Schema(
    {**_FIELDS, probatio.Required(CONF_START, default=0): _START}
)
RECONFIGURE_SCHEMA: Final = probatio.Schema(
    {**_FIELDS, probatio.Optional(CONF_START): _START}
)


class ImpulseMeterFlow(ConfigSubentryFlow):
    """Set up a billing meter, or set its reading right."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what the meter counts and what it shows now."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._errors(user_input, None)
            if not errors:
                return self.async_create_entry(
                    title=QUANTITIES[user_input[CONF_QUANTITY]].title,
                    data=_data(user_input),
                )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                USER_SCHEMA, user_input or self._heard()
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the settings; the reading goes on unless another one is typed."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._errors(user_input, subentry)
            if not errors:
                data = dict(subentry.data) | _data(user_input)
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=data
                )
        known = {**subentry.data, CONF_SENSOR: str(subentry.data[CONF_SENSOR])}
        del known[CONF_START]
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                RECONFIGURE_SCHEMA, user_input or known
            ),
            errors=errors,
        )

    @callback
    def _errors(
        self, typed: dict[str, Any], subentry: ConfigSubentry | None
    ) -> dict[str, str]:
        """Return what is wrong with what was typed, by field."""
        others = (
            other
            for other in self._get_entry().get_subentries_of_type(
                SUBENTRY_IMPULSE_METER
            )
            if other is not subentry
        )
        if any(other.data[CONF_SENSOR] == int(typed[CONF_SENSOR]) for other in others):
            return {CONF_SENSOR: "sensor_taken"}
        if (
            subentry is not None
            and typed[CONF_QUANTITY] != subentry.data[CONF_QUANTITY]
            and CONF_START not in typed
        ):
            return {CONF_START: "start_needed"}
        return {}

    @callback
    def _heard(self) -> dict[str, Any]:
        """Return what the display says of the first impulse meter that it hears."""
        per_unit, sensor = DEFAULT_IMPULSES_PER_UNIT, None
        data = getattr(self._get_entry(), "runtime_data", None)
        meter = data.meter if data is not None else None
        transmitters = {} if meter is None else meter.data.transmitters
        for number, transmitter in sorted(transmitters.items()):
            match transmitter.reading:
                case Reading(impulses=impulses) if impulses is not None:
                    per_unit = impulses.per_unit or per_unit
                    sensor = str(number)
                    break
        return {CONF_IMPULSES_PER_UNIT: per_unit, CONF_SENSOR: sensor}


def _data(typed: dict[str, Any]) -> dict[str, Any]:
    """Return a subentry's data; without a start reading, that is left as it is."""
    data = {**typed, CONF_SENSOR: int(typed[CONF_SENSOR])}
    if CONF_START in typed:
        data[CONF_START_SET] = dt_util.utcnow().isoformat()
    return data
