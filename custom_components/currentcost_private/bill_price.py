"""The price of a kWh, as entities of other integrations show it."""

from math import isfinite
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import State
from homeassistant.generated.currencies import ACTIVE_CURRENCIES

# What stands before the slash where a price is in hundredths.
HUNDREDTHS: Final = frozenset(
    {"c", "ct", "cent", "cents", "p", "øre", "öre", "¢", "gr"}
)
CURRENCIES: Final = ACTIVE_CURRENCIES | {"€", "$", "£"}
PER: Final = {"wh": 1000.0, "kwh": 1.0, "mwh": 0.001, "gwh": 0.000_001}


def price_of(state: State | None) -> float | None:
    """Return the price per kWh in the currency's own unit, None if there is none.

    A unit such as `EUR/MWh` or `ct/kWh` is converted; without one it is per kWh.
    """
    if state is None:
        return None
    try:
        value = float(state.state)
    except ValueError:
        return None
    factor = price_factor(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))
    return None if factor is None or not isfinite(value) else value * factor


def price_factor(unit: str | None) -> float | None:
    """Return what makes a price with this unit one per kWh, None for no price."""
    currency, slash, per = (unit or "").strip().partition("/")
    if not slash and currency and currency not in CURRENCIES:
        return None
    factor = PER.get(per.strip().lower()) if slash else 1.0
    if factor is None:
        return None
    return factor / 100 if currency.strip().lower() in HUNDREDTHS else factor
