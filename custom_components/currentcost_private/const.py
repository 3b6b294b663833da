"""Constants that the modules of the integration share."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "currentcost_private"
LOGGER = logging.getLogger(__package__)
PLATFORMS: Final = [Platform.SENSOR]

CONF_BAUDRATE: Final = "baudrate"

MANUFACTURER: Final = "Current Cost"

# The EnviR calls itself CC128, like the two displays before it.
MODELS: Final = {"CC02": "Classic", "CC128": "EnviR"}
