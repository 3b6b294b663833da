"""What follows one bill: hours from the recorder's statistics, and what came since.

Nothing is kept that the statistics have: after a restart all is read again. Only prices
that an entity showed are stored, because nothing else keeps them for as long as a bill.
"""

import asyncio
from decimal import Decimal
from functools import partial
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import (
    EVENT_HOMEASSISTANT_STARTED,
    EVENT_RECORDER_5MIN_STATISTICS_GENERATED,
    EVENT_RECORDER_HOURLY_STATISTICS_GENERATED,
    Platform,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .bill_price import price_of
from .bill_statistics import HOUR, Known, energy_of, read_statistics
from .bill_terms import CONF_ENERGY, CONF_PRICE_ENTITY, terms_of
from .const import DOMAIN
from .coordinator import CurrentCostConfigEntry
from .metering import (
    Basis,
    Bill,
    Figures,
    SeenPrices,
    bill_at,
    cost_so_far,
    figures,
    since,
)
from .report_source import WHOLE_HOUSE

# As Home Assistant does with states. A crash loses no energy, only how the latest hour's
# energy was spread over its prices.
STORE_DELAY: Final = 900.0
NO_SOURCE: Final = "no_source"
NO_RECORDER: Final = "no_recorder"
BASES: Final = [*Basis, NO_SOURCE, NO_RECORDER]

type PriceStore = Store[dict[str, list[float]]]


def price_store(hass: HomeAssistant, subentry_id: str) -> PriceStore:
    """Return the file that keeps the prices that a bill's entity showed."""
    return Store(hass, 1, f"{DOMAIN}.prices.{subentry_id}", private=True)


class BillTracker:
    """Follows the energy, and the price where an entity shows it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: CurrentCostConfigEntry,
        subentry: ConfigSubentry,
    ) -> None:
        """Take the bill's subentry; nothing is read yet."""
        self.subentry = subentry
        self.basis: str = Basis.NO_ENERGY
        self.figures: Figures | None = None
        self.cost: Decimal | None = None
        self._hass = hass
        self._entry = entry
        self._prices = SeenPrices()
        self._store = price_store(hass, subentry.subentry_id)
        self._terms = terms_of(hass, subentry.data, self._prices)
        self._known = Known()
        self._listeners: list[CALLBACK_TYPE] = []
        self._stops: list[CALLBACK_TYPE] = []
        self._following: CALLBACK_TYPE | None = None
        self._source: str | None = None
        self._reading = asyncio.Lock()

    @property
    def bill(self) -> Bill:
        """The running bill."""
        return bill_at(
            int(dt_util.utcnow().timestamp()),
            billing_day=self._terms.billing_day,
            zone=self._terms.zone,
        )

    @property
    def price_entity(self) -> str | None:
        """The entity that shows the price, None with prices by time."""
        entity: str | None = self.subentry.data.get(CONF_PRICE_ENTITY)
        return entity

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener after each change."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def async_start(self) -> None:
        """Recall the prices and begin to follow."""
        if self.price_entity is not None:
            self._prices = SeenPrices.from_dict(await self._store.async_load())
            self._terms = terms_of(self._hass, self.subentry.data, self._prices)
            self._stops.append(
                async_track_state_change_event(
                    self._hass, self.price_entity, self._async_price_changed
                )
            )
        for event in (
            EVENT_HOMEASSISTANT_STARTED,
            EVENT_RECORDER_HOURLY_STATISTICS_GENERATED,
        ):
            self._stops.append(self._hass.bus.async_listen(event, self._async_refresh))
        self._stops.append(
            self._hass.bus.async_listen(
                EVENT_RECORDER_5MIN_STATISTICS_GENERATED, self._async_time_passed
            )
        )
        await self._async_refresh()

    async def async_stop(self) -> None:
        """Follow no longer; forget the prices if the bill was deleted."""
        while self._stops:
            self._stops.pop()()
        self._unfollow()
        if self.price_entity is None:
            return
        if self.subentry.subentry_id in self._entry.subentries:
            await self._store.async_save(self._prices.to_dict())
        else:
            await self._store.async_remove()

    @callback
    def _resolve(self) -> str | None:
        """Return the energy sensor: the chosen one, or the whole house's."""
        chosen: str | None = self.subentry.data[CONF_ENERGY]
        return chosen or er.async_get(self._hass).async_get_entity_id(
            Platform.SENSOR, DOMAIN, f"{self._entry.entry_id}_{WHOLE_HOUSE}_energy"
        )

    async def _async_refresh(self, _event: Event | None = None) -> None:
        """Read the statistics and work the figures out anew."""
        async with self._reading:
            if not self._stops:
                return
            source = self._resolve()
            recorded = "recorder" in self._hass.config.components
            if source is None or not recorded:
                self.basis = NO_SOURCE if source is None else NO_RECORDER
                self._publish()
                return
            self._follow(source)
            now = dt_util.utcnow().timestamp()
            known = await get_instance(self._hass).async_add_executor_job(
                read_statistics, self._hass, source, self.price_entity, now
            )
            if (state := energy_of(self._hass.states.get(source))) is not None:
                known.count(state)
            self._known = known
            self._prices.set_means(known.prices)
            self._see(0.0)
            self.figures = await self._hass.async_add_executor_job(
                partial(figures, dict(known.hours), now=now, terms=self._terms)
            )
            self.basis = self.figures.basis
            self._publish()

    async def _async_time_passed(self, event: Event) -> None:
        """Look for a sensor that wasn't there; days and bills begin meanwhile."""
        if self._source is None:
            await self._async_refresh(event)
        else:
            self._publish()

    @callback
    def _follow(self, source: str) -> None:
        if source == self._source:
            return
        self._unfollow()
        self._source = source
        self._following = async_track_state_change_event(
            self._hass, source, self._async_energy_changed
        )

    @callback
    def _unfollow(self) -> None:
        self._source = None
        if self._following is not None:
            self._following()
            self._following = None

    @callback
    def _async_energy_changed(self, event: Event[EventStateChangedData]) -> None:
        """Count what was used, at the price of the moment."""
        energy = energy_of(event.data["new_state"])
        if energy is None:
            return
        used = self._known.count(energy)
        self._see(used)
        self._publish()

    @callback
    def _async_price_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Note the price, even if nothing is used."""
        self._see(0.0)
        self._publish()

    @callback
    def _see(self, used: float) -> None:
        """Note energy (kWh) at the price of the moment, if there is one."""
        if self.price_entity is None:
            return
        price = price_of(self._hass.states.get(self.price_entity))
        if price is None:
            return
        hour = int(dt_util.utcnow().timestamp()) // HOUR * HOUR
        self._prices.add(hour, used, price)
        self._store.async_delay_save(self._prices.to_dict, STORE_DELAY)

    @callback
    def _publish(self) -> None:
        """Work out the cost up to now and tell the entities."""
        now = dt_util.utcnow().timestamp()
        hours = dict(self._known.hours)
        start = max(hours) + HOUR if hours else int(now) // HOUR * HOUR
        if self._known.since:
            hours |= since(start, now, self._known.since)
        self.cost = cost_so_far(hours, now=now, terms=self._terms) if hours else None
        for listener in tuple(self._listeners):
            listener()
