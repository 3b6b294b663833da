"""CurrentCost meters in Home Assistant, and private reports to an energy provider.

A config entry is one display on a serial port, or none for a home whose power is
measured otherwise. The meter's coordinator owns the port. Setting up an entry never
fails because of the meter: an unplugged cable makes its entities unavailable and
leaves everything else running.
"""

from datetime import datetime
from functools import partial
from typing import Final

from homeassistant.const import CONF_DEVICE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .bill_tracker import price_store
from .const import (
    CONF_AGREEMENT_ID,
    DOMAIN,
    MANUFACTURER,
    MODELS,
    PLATFORMS,
    SUBENTRY_BILL,
    SUBENTRY_REPORT,
)
from .coordinator import (
    CurrentCostConfigEntry,
    CurrentCostData,
    MeterCoordinator,
    meter_store,
)
from .entity import async_sensor_of_device
from .envir import Reading
from .frontend_api import async_setup_frontend_api
from .frontend_files import async_setup_frontend_files, async_update_panel
from .history_action import async_setup_history_action
from .history_keeper import HistoryKeeper, history_store
from .impulse_meter import async_create_impulse_meters, impulse_store
from .leftovers import async_agreements_of, async_delete_leftovers
from .privacy_study import study_store
from .remote_view import async_setup_remote
from .renaming import async_follow_renames
from .report_actions import async_setup_report_actions
from .report_issues import async_clear_issues, async_raise_issue
from .report_recall import LostAgreementError, async_recall_reporter
from .reporter import Reporter
from .storage import ReportStorage
from .study_api import async_setup_study_api

CONFIG_SCHEMA: Final = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what is there whatever entries are loaded, and clean up.

    A crash left set-ups that never came to their end, or half files.
    """
    async_follow_renames(hass)
    async_setup_frontend_api(hass)
    await async_setup_frontend_files(hass)
    async_setup_history_action(hass)
    async_setup_report_actions(hass)
    async_setup_remote(hass)
    async_setup_study_api(hass)
    agreement_ids = {
        subentry.data[CONF_AGREEMENT_ID]
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_REPORT)
    }
    await async_delete_leftovers(hass, agreement_ids)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: CurrentCostConfigEntry) -> bool:
    """Set up an entry, with its meter if it has one."""
    meter = history = None
    if entry.data[CONF_DEVICE] is not None:
        meter = await _async_create_meter(hass, entry)
        history = HistoryKeeper(hass, entry, meter)
        await history.async_load()
    reporters = await _async_create_reporters(hass, entry)
    await async_update_panel(hass)
    entry.runtime_data = CurrentCostData(
        meter=meter,
        reporters=reporters,
        history=history,
        impulse_meters=await async_create_impulse_meters(hass, entry, meter),
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Before the reports start: one may go over to another agreement at once.
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    for reporter in reporters.values():
        await reporter.async_start(meter)
    if history is not None:
        history.async_start()
    if meter is not None:
        meter.async_start()
    return True


async def async_unload_entry(
    hass: HomeAssistant, entry: CurrentCostConfigEntry
) -> bool:
    """Unload an entry; the coordinator frees the port."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    for subentry_id, reporter in entry.runtime_data.reporters.items():
        await reporter.async_stop()
        await _async_forget(hass, entry, subentry_id, reporter)
    return True


async def _async_forget(
    hass: HomeAssistant,
    entry: CurrentCostConfigEntry,
    subentry_id: str,
    reporter: Reporter,
) -> None:
    """Delete what a report kept that was deleted, or has another agreement now."""
    subentry = entry.subentries.get(subentry_id)
    if subentry is None:
        await reporter.async_remove()
        await study_store(hass, subentry_id).async_remove()
        return
    kept = await async_agreements_of(hass, subentry.data[CONF_AGREEMENT_ID])
    if reporter.storage.agreement_id not in kept:
        await reporter.storage.async_remove()


async def async_remove_entry(
    hass: HomeAssistant, entry: CurrentCostConfigEntry
) -> None:
    """Delete what the entry stored."""
    await meter_store(hass, entry.entry_id).async_remove()
    await history_store(hass, entry.entry_id).async_remove()
    await impulse_store(hass, entry.entry_id).async_remove()
    for subentry in entry.get_subentries_of_type(SUBENTRY_REPORT):
        await ReportStorage(hass, subentry.data[CONF_AGREEMENT_ID]).async_remove()
        await study_store(hass, subentry.subentry_id).async_remove()
    await async_update_panel(hass)
    for subentry in entry.get_subentries_of_type(SUBENTRY_BILL):
        await price_store(hass, subentry.subentry_id).async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
    entry: CurrentCostConfigEntry,
    device: dr.DeviceEntry,
) -> bool:
    """Let a person delete a transmitter that is silent."""
    meter = entry.runtime_data.meter
    if meter is None:
        return False
    sensor = async_sensor_of_device(meter, device)
    if sensor is None or meter.data.transmitters[sensor].reading is not None:
        return False
    meter.async_forget(sensor)
    return True


async def _async_reload(hass: HomeAssistant, entry: CurrentCostConfigEntry) -> None:
    """Start again with the entry's new settings."""
    await hass.config_entries.async_reload(entry.entry_id)


async def _async_create_reporters(
    hass: HomeAssistant, entry: CurrentCostConfigEntry
) -> dict[str, Reporter]:
    """Recall the reports, none of them running yet, by their subentries' ids."""
    reporters = {}
    for subentry in entry.get_subentries_of_type(SUBENTRY_REPORT):
        entry.async_on_unload(partial(async_clear_issues, hass, subentry))
        try:
            reporter = await async_recall_reporter(hass, entry, subentry)
        except LostAgreementError as err:
            async_raise_issue(hass, err.issue, subentry)
            continue
        reporters[subentry.subentry_id] = reporter
        entry.async_on_unload(
            hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, reporter.async_stop)
        )
    return reporters


async def _async_create_meter(
    hass: HomeAssistant, entry: CurrentCostConfigEntry
) -> MeterCoordinator:
    """Register the display and make its coordinator, not yet listening."""
    device_registry = dr.async_get(hass)
    hub = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        manufacturer=MANUFACTURER,
        name=entry.title,
    )
    meter = MeterCoordinator(hass, entry, hub_id=hub.id)
    await meter.async_load()

    @callback
    def identify_display(reading: Reading, _now: datetime) -> None:
        """Write down what the display says of itself; unchanged, it costs nothing."""
        device_registry.async_update_device(
            hub.id,
            model=MODELS.get(reading.model, reading.model),
            sw_version=reading.firmware,
        )

    async def free_port(_event: Event) -> None:
        """Free the port: a stopping Home Assistant doesn't unload its entries."""
        await meter.async_shutdown()

    meter.async_add_reading_listener(identify_display)
    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, free_port)
    )
    return meter
