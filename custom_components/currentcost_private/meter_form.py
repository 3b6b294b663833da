"""The form that asks for a meter's port."""

from collections.abc import Collection, Mapping
from itertools import chain, count
from typing import Any, Final

import probatio

from homeassistant.const import CONF_DEVICE
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
)

from .const import CONF_BAUDRATE, CONF_USB, MODELS
from .probe import Heard
from .usb_identity import Identity

SECTION_LINE: Final = "line"
BAUDRATES: Final = (57600, 9600, 2400)
"""In the order in which they are tried."""

AUTOMATIC: Final = "automatic"

METER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE): SerialPortSelector(),
        probatio.Required(SECTION_LINE): section(
            probatio.Schema(
                {
                    probatio.Required(CONF_BAUDRATE, default=AUTOMATIC): SelectSelector(
                        SelectSelectorConfig(
                            options=[AUTOMATIC, *map(str, BAUDRATES)],
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


def baudrates_of(typed: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the rates to listen at for what was typed."""
    chosen = typed[SECTION_LINE][CONF_BAUDRATE]
    return BAUDRATES if chosen == AUTOMATIC else (int(chosen),)


def entry_data(
    typed: Mapping[str, Any], heard: Heard, identity: Identity | None
) -> dict[str, Any]:
    """Return the data of an entry for what was typed and heard, at which cable."""
    data = {CONF_DEVICE: typed[CONF_DEVICE], CONF_BAUDRATE: heard.baudrate}
    return data if identity is None else {**data, CONF_USB: dict(identity)}


def typed_for(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to be typed for the data that an entry has; any rate may do."""
    if data[CONF_DEVICE] is None:
        return {}
    return {CONF_DEVICE: data[CONF_DEVICE], SECTION_LINE: {CONF_BAUDRATE: AUTOMATIC}}


def title_of(heard: Heard, taken: Collection[str]) -> str:
    """Return the title of a meter's entry, with a number if others have it already."""
    title = f"CurrentCost {MODELS.get(heard.model, heard.model)}"
    numbered = (f"{title} {number}" for number in count(2))
    return next(each for each in chain([title], numbered) if each not in taken)
