"""The flow that sets a bill up: what is metered, and what it costs."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.sensor import (
    ATTR_STATE_CLASS,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, CONF_DEVICE
from homeassistant.core import callback
from homeassistant.util.unit_conversion import EnergyConverter

from .bill_forms import (
    BANDS_SCHEMA,
    CONF_PRICING,
    ENTITY_SCHEMA,
    HIGHEST_PRICE,
    METER_SCHEMA,
    MOST_BANDS,
    PRICING_BANDS,
    PRICING_ENTITY,
    SECTION_CHARGES,
    SECTION_QUIET,
)
from .bill_price import price_of
from .bill_terms import (
    CONF_BANDS,
    CONF_BILLING_DAY,
    CONF_CURRENCY,
    CONF_EMPTY_DAYS,
    CONF_EMPTY_END,
    CONF_EMPTY_START,
    CONF_END,
    CONF_ENERGY,
    CONF_PRICE,
    CONF_PRICE_ENTITY,
    CONF_STANDING,
    CONF_START,
    band_span,
    money,
)
from .const import SUBENTRY_BILL
from .metering import micro, overlapping


class BillFlow(ConfigSubentryFlow):
    """Set a bill up, or change what it is made by."""

    def __init__(self) -> None:
        """Start without anything typed."""
        self._before: Mapping[str, Any] = {}
        self._data: dict[str, Any] = {}

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what is metered, and for what comes on top of the energy."""
        return await self._async_meter("user", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask again, with what the bill is made by now."""
        self._before = self._get_reconfigure_subentry().data
        return await self._async_meter("reconfigure", user_input)

    async def async_step_bands(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the prices by time."""
        errors: dict[str, str] = {}
        placeholders = {"currency": self._data[CONF_CURRENCY]}
        shown: Mapping[str, Any] = self._before
        if user_input is not None:
            found = user_input.get(CONF_BANDS, [])
            bands = found if isinstance(found, list) else [found]
            shown = {**user_input, CONF_BANDS: bands}
            errors, named = _band_errors(user_input[CONF_PRICE], bands)
            placeholders |= named
            if not errors:
                return self._async_done(
                    {CONF_PRICE: user_input[CONF_PRICE], CONF_BANDS: bands}
                )
        return self.async_show_form(
            step_id="bands",
            data_schema=self.add_suggested_values_to_schema(BANDS_SCHEMA, shown),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the entity that shows the price."""
        errors = {}
        if user_input is not None:
            state = self.hass.states.get(user_input[CONF_PRICE_ENTITY])
            if state is not None and price_of(state) is None:
                errors[CONF_PRICE_ENTITY] = "no_price"
            else:
                return self._async_done(user_input)
        return self.async_show_form(
            step_id="entity",
            data_schema=self.add_suggested_values_to_schema(
                ENTITY_SCHEMA, user_input or self._before
            ),
            errors=errors,
            description_placeholders={"currency": self._data[CONF_CURRENCY]},
        )

    async def _async_meter(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Show the first form, or go on to the prices."""
        errors = {}
        if user_input is not None:
            errors = self._meter_errors(user_input)
            if not errors:
                self._data = {
                    CONF_ENERGY: user_input.get(CONF_ENERGY),
                    CONF_BILLING_DAY: user_input[CONF_BILLING_DAY],
                    **user_input[SECTION_CHARGES],
                    **user_input[SECTION_QUIET],
                }
                if user_input[CONF_PRICING] == PRICING_ENTITY:
                    return await self.async_step_entity()
                return await self.async_step_bands()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                METER_SCHEMA, user_input or self._typed_before()
            ),
            errors=errors,
        )

    @callback
    def _meter_errors(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with the first form."""
        energy = user_input.get(CONF_ENERGY)
        quiet = user_input[SECTION_QUIET]
        if energy is None and self._get_entry().data[CONF_DEVICE] is None:
            return {CONF_ENERGY: "energy_required"}
        if energy is not None and (state := self.hass.states.get(energy)) is not None:
            if (
                state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
                not in EnergyConverter.VALID_UNITS
            ):
                return {CONF_ENERGY: "not_energy"}
            if state.attributes.get(ATTR_STATE_CLASS) not in {
                SensorStateClass.TOTAL,
                SensorStateClass.TOTAL_INCREASING,
            }:
                return {CONF_ENERGY: "not_counting"}
        if not _is_money(user_input[SECTION_CHARGES][CONF_STANDING]):
            return {"base": "bad_amount"}
        if quiet.get(CONF_EMPTY_DAYS) and not (
            quiet.get(CONF_EMPTY_START) and quiet.get(CONF_EMPTY_END)
        ):
            return {"base": "empty_times"}
        return {}

    @callback
    def _typed_before(self) -> dict[str, Any]:
        """Return what has to be typed for the data that the bill has."""
        if not (data := self._before):
            return {SECTION_CHARGES: {CONF_CURRENCY: self.hass.config.currency}}
        typed: dict[str, Any] = {
            CONF_ENERGY: data[CONF_ENERGY],
            CONF_BILLING_DAY: data[CONF_BILLING_DAY],
            CONF_PRICING: PRICING_BANDS if CONF_PRICE in data else PRICING_ENTITY,
        }
        for name in (SECTION_CHARGES, SECTION_QUIET):
            fields = {str(key) for key in METER_SCHEMA.schema[name].schema.schema}
            typed[name] = {key: data[key] for key in fields if key in data}
        return typed

    @callback
    def _async_done(self, prices: dict[str, Any]) -> SubentryFlowResult:
        """Create the bill, or change it."""
        data = {**self._data, **prices}
        if self._before:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), data=data
            )
        bills = len(self._get_entry().get_subentries_of_type(SUBENTRY_BILL))
        title = "Bill" if not bills else f"Bill {bills + 1}"
        return self.async_create_entry(title=title, data=data)


def _band_errors(
    price: float, bands: list[dict[str, Any]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is wrong with prices, and what the text about it names."""
    if not price and not bands:
        return {CONF_PRICE: "price_required"}, {}
    if not _is_money(price):
        return {CONF_PRICE: "bad_amount"}, {}
    if not all(_is_money(band[CONF_PRICE]) for band in bands):
        return {CONF_BANDS: "bad_amount"}, {}
    if len(bands) > MOST_BANDS:
        return {CONF_BANDS: "too_many"}, {"most": str(MOST_BANDS)}
    if found := overlapping(map(band_span, bands)):
        first, second = (bands[number] for number in found)
        return {CONF_BANDS: "overlap"}, {
            "first": _described(first),
            "second": _described(second),
        }
    return {}, {}


def _described(band: dict[str, Any]) -> str:
    """Return what a person recognises a band by."""
    return f"{band[CONF_START][:5]}-{band[CONF_END][:5]} ({band[CONF_PRICE]})"


def _is_money(value: float) -> bool:
    """Return whether an amount is one of whole millionths, and none out of reason."""
    if not abs(value) <= HIGHEST_PRICE:
        return False
    try:
        micro(money(value))
    except ValueError:
        return False
    return True
