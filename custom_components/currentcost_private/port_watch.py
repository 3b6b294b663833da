"""Why the meter's port can't be opened: it moved, or something else has it.

A cable whose serial number tells it from others is followed to its new port. One
without is only suggested to a person: it may be another device's. A port that another
entry or add-on uses is never touched.
"""

import errno
from pathlib import Path
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant, callback

from .const import CONF_USB, LOGGER
from .meter_issues import MeterIssue, async_show_meter_issue
from .port import redact_address
from .usb_identity import (
    async_identity,
    async_other_users,
    async_ports_of,
    tells_apart,
)

# Seconds that a port may be taken before a person is told: whoever restarts Home
# Assistant, or tries another program, gives it back soon.
BUSY_PATIENCE: Final = 60.0


class MovedError(OSError):
    """Another cable than the meter's is at the meter's port."""

    def __init__(self) -> None:
        """Look like a port that is not there."""
        super().__init__(errno.ENODEV, "another cable is at this port")


class PortWatch:
    """Looks after one entry's port while it can't be opened."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Take the entry that names the port."""
        self._hass = hass
        self._entry = entry
        self._busy_since: float | None = None
        self._users: list[str] = []

    async def async_check(self) -> None:
        """Raise MovedError if the port's name is another cable's by now.

        Names such as /dev/ttyUSB0 are given in the order in which cables are found.
        """
        identity = self._entry.data.get(CONF_USB)
        if identity is None:
            return
        found = await async_identity(self._hass, self._entry.data[CONF_DEVICE])
        if found is not None and found != identity:
            raise MovedError

    async def async_failed(self, err: Exception) -> None:
        """Find out what is wrong with the port, and tell what a person can do."""
        is_busy = isinstance(err, OSError) and err.errno == errno.EBUSY
        if not is_busy:
            self._busy_since = None
        found = await self._async_busy() if is_busy else None
        if not is_busy and await self._async_is_away(err):
            found = await self._async_look()
        async_show_meter_issue(
            self._hass,
            found,
            self._entry,
            port=redact_address(self._entry.data[CONF_DEVICE]),
            user=", ".join(self._users),
        )

    @callback
    def async_heard(self) -> None:
        """Take away what was told: the meter is heard."""
        self._busy_since = None
        async_show_meter_issue(self._hass, None, self._entry)

    async def _async_is_away(self, err: Exception) -> bool:
        """Return whether the cable, which is known, isn't where it was."""
        if self._entry.data.get(CONF_USB) is None:
            return False
        device = Path(self._entry.data[CONF_DEVICE])
        return isinstance(
            err, MovedError
        ) or not await self._hass.async_add_executor_job(device.exists)

    async def _async_busy(self) -> MeterIssue | None:
        """Find out who has the port, once it is clear that it isn't given back."""
        now = self._hass.loop.time()
        if self._busy_since is None:
            self._busy_since = now
        if now - self._busy_since < BUSY_PATIENCE:
            return None
        device, entry_id = self._entry.data[CONF_DEVICE], self._entry.entry_id
        self._users = await async_other_users(self._hass, device, entry_id=entry_id)
        return MeterIssue.TAKEN if self._users else MeterIssue.BUSY

    async def _async_look(self) -> MeterIssue | None:
        """Go to where the cable is now, or suggest where it may be."""
        entry = self._entry
        identity = entry.data[CONF_USB]
        ports = await async_ports_of(self._hass, identity, entry_id=entry.entry_id)
        if len(ports) == 1 and tells_apart(identity):
            device = ports[0].device
            LOGGER.info("The cable of %s is at %s now", entry.title, device)
            self._hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_DEVICE: device}
            )
            return None
        return MeterIssue.MOVED if ports else None
