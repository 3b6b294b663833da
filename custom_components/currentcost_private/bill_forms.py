"""The forms that a bill is set up with."""

from typing import Final

import probatio

from homeassistant.components.sensor import (
    SensorDeviceClass,
)
from homeassistant.const import Platform
from homeassistant.data_entry_flow import section
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)

from .bill_terms import (
    CONF_BANDS,
    CONF_BILLING_DAY,
    CONF_CURRENCY,
    CONF_DAYS,
    CONF_EMPTY_DAYS,
    CONF_EMPTY_END,
    CONF_EMPTY_START,
    CONF_END,
    CONF_ENERGY,
    CONF_PRICE,
    CONF_PRICE_ENTITY,
    CONF_SLEEP_END,
    CONF_SLEEP_START,
    CONF_STANDING,
    CONF_START,
    CONF_TAX,
    WEEKDAYS,
)
from .metering import LAST_DAY

CONF_PRICING: Final = "pricing"
PRICING_BANDS: Final = "bands"
PRICING_ENTITY: Final = "entity"
SECTION_CHARGES: Final = "charges"
SECTION_QUIET: Final = "quiet"
MOST_BANDS: Final = 50
HIGHEST_PRICE: Final = 100_000

_WEEKDAYS: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(WEEKDAYS), multiple=True, translation_key="weekday"
    )
)
# Without bounds: a form begins with the lowest number that it allows.
_PRICE: Final = NumberSelector(
    NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX)
)


def _amount(most: float) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=0, max=most, step="any", mode=NumberSelectorMode.BOX)
    )


METER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_ENERGY): EntitySelector(
            EntitySelectorConfig(
                domain=Platform.SENSOR, device_class=SensorDeviceClass.ENERGY
            )
        ),
        probatio.Required(CONF_BILLING_DAY, default="1"): SelectSelector(
            SelectSelectorConfig(
                options=[*map(str, range(1, 29)), str(LAST_DAY)],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_BILLING_DAY,
            )
        ),
        probatio.Required(CONF_PRICING, default=PRICING_BANDS): SelectSelector(
            SelectSelectorConfig(
                options=[PRICING_BANDS, PRICING_ENTITY],
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_PRICING,
            )
        ),
        probatio.Required(SECTION_CHARGES): section(
            probatio.Schema(
                {
                    probatio.Required(CONF_STANDING, default=0): _amount(100_000),
                    probatio.Required(CONF_TAX, default=0): _amount(100),
                    probatio.Required(CONF_CURRENCY): SelectSelector(
                        SelectSelectorConfig(
                            options=sorted(ACTIVE_CURRENCIES),
                            mode=SelectSelectorMode.DROPDOWN,
                        )
                    ),
                }
            ),
            {"collapsed": False},
        ),
        probatio.Required(SECTION_QUIET): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_SLEEP_START, default="01:00:00"
                    ): TimeSelector(),
                    probatio.Required(
                        CONF_SLEEP_END, default="05:00:00"
                    ): TimeSelector(),
                    probatio.Optional(CONF_EMPTY_DAYS): _WEEKDAYS,
                    probatio.Optional(CONF_EMPTY_START): TimeSelector(),
                    probatio.Optional(CONF_EMPTY_END): TimeSelector(),
                }
            ),
            {"collapsed": True},
        ),
    }
)

BANDS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_PRICE): _PRICE,
        probatio.Optional(CONF_BANDS): ObjectSelector(
            ObjectSelectorConfig(
                fields={
                    CONF_PRICE: {"selector": _PRICE, "required": True},
                    CONF_START: {"selector": TimeSelector(), "required": True},
                    CONF_END: {"selector": TimeSelector(), "required": True},
                    CONF_DAYS: {"selector": _WEEKDAYS},
                },
                multiple=True,
                label_field=CONF_PRICE,
                description_field=CONF_START,
                translation_key="band",
            )
        ),
    }
)

ENTITY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_PRICE_ENTITY): EntitySelector(
            EntitySelectorConfig(
                domain=[Platform.SENSOR, Platform.NUMBER, "input_number"]
            )
        )
    }
)
