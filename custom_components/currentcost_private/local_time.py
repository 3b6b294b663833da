"""Times as people and automations read them."""

from homeassistant.util import dt as dt_util


def local_time(timestamp: float) -> str:
    """Return a time (UTC s) in the home's time zone, in ISO 8601."""
    return dt_util.as_local(dt_util.utc_from_timestamp(timestamp)).isoformat()
