"""Constants that the modules of the integration share."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "currentcost_private"
LOGGER = logging.getLogger(__package__)
PLATFORMS: Final = [Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR]

CONF_BAUDRATE: Final = "baudrate"

SUBENTRY_BILL: Final = "bill"
SUBENTRY_NET_POWER: Final = "net_power"
SUBENTRY_IMPULSE_METER: Final = "impulse_meter"
SUBENTRY_REPORT: Final = "report"

CONF_AGREED: Final = "agreed"
CONF_AGREEMENT_ID: Final = "agreement_id"
CONF_END: Final = "end"
CONF_FINGERPRINT: Final = "fingerprint"
CONF_MINIMUM_WIDTH: Final = "minimum_width"
CONF_PASSWORDS: Final = "passwords"
CONF_PLAN_ID: Final = "plan_id"
CONF_PROVIDER: Final = "provider"
CONF_SUBENTRY_ID: Final = "subentry_id"

CONF_IMPULSES_PER_UNIT: Final = "impulses_per_unit"
CONF_QUANTITY: Final = "quantity"
CONF_SENSOR: Final = "sensor"
CONF_START: Final = "start"
CONF_START_SET: Final = "start_set"

MANUFACTURER: Final = "Current Cost"

# The EnviR calls itself CC128, like the two displays before it.
MODELS: Final = {"CC02": "Classic", "CC128": "EnviR"}
