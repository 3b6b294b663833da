"""Constants that the modules of the integration share."""

from enum import StrEnum
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "currentcost_private"
LOGGER = logging.getLogger(__package__)
PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
]

PANEL: Final = "privacy-study"
"""Where in the frontend the studies of reports are shown."""

CONF_BAUDRATE: Final = "baudrate"
CONF_USB: Final = "usb"

SUBENTRY_BILL: Final = "bill"
SUBENTRY_NET_POWER: Final = "net_power"
SUBENTRY_IMPULSE_METER: Final = "impulse_meter"
SUBENTRY_REPORT: Final = "report"

CONF_AGREED: Final = "agreed"
CONF_ASK_EVERY: Final = "ask_every"
CONF_AGREEMENT_ID: Final = "agreement_id"
CONF_END: Final = "end"
CONF_ENTRY_ID: Final = "entry_id"
CONF_FINGERPRINT: Final = "fingerprint"
CONF_MINIMUM_WIDTH: Final = "minimum_width"
CONF_PASSWORDS: Final = "passwords"
CONF_PLAN_ID: Final = "plan_id"
CONF_PROVIDER: Final = "provider"
CONF_SUBENTRY_ID: Final = "subentry_id"
CONF_WAY_OUT: Final = "way_out"

CONF_IMPULSES_PER_UNIT: Final = "impulses_per_unit"
CONF_QUANTITY: Final = "quantity"
CONF_SENSOR: Final = "sensor"
CONF_START: Final = "start"
CONF_START_SET: Final = "start_set"

MANUFACTURER: Final = "Current Cost"

# The EnviR calls itself CC128, like the two displays before it.
MODELS: Final = {"CC02": "Classic", "CC128": "EnviR"}


class WayOut(StrEnum):
    """Where a repair issue leads a person."""

    ACCESS = "access"
    """A step of the report's own flow, as the next one."""

    AGREE_AGAIN = "agree_again"
    CHANGE_PORT = "change_port"
    CHOOSE_PORT = "choose_port"
    CHOOSE_SOURCE = "choose_source"
    READ = "read"
